#include "chain/app.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "chain/ask.h"
#include "chain/postgres.h"
#include "host/connections.h"
#include "process/tree.h"
#include "stack/command_line.h"

namespace unrig::chain {
namespace {

namespace fs = std::filesystem;

/// Of an answer that is not the wanted one.
constexpr std::size_t shown_of_body = 200;

/// What {placeholders} stand for.
stack::Placeholders values_of(const AppSettings& settings) {
  auto values = settings.program.placeholders;
  if (settings.here.is_socket()) {
    values.insert_or_assign("socket", settings.here.socket().string());
  } else {
    values.insert_or_assign("host", settings.here.host);
    values.insert_or_assign("port", std::to_string(settings.here.port));
  }
  values.insert_or_assign("workers", std::to_string(settings.workers));
  values.insert_or_assign("backlog", std::to_string(settings.scenario.listen_backlog));
  return values;
}

/// What unrig's own database is to the application.
void tell_database(const AppSettings& settings, std::map<std::string, std::string>& variables) {
  const auto& scenario = settings.scenario;
  const auto set = [&](const char* name, std::string value) {
    variables.insert_or_assign(name, std::move(value));
  };
  set("UNRIG_DB_HOST", settings.database.at.host);
  set("UNRIG_DB_PORT", std::to_string(settings.database.at.port));
  set("UNRIG_DB_NAME", std::string(database_name));
  set("UNRIG_DB_USER", settings.database.user);
  set("UNRIG_DB_PASSWORD_FILE", settings.database.password_file.string());
  set("UNRIG_DB_DELAY", fmt::format("{}", seconds(scenario.db_delay)));
  set("UNRIG_DB_CONNECTION", std::string(scenario::to_text(scenario.db_connection)));
  set("UNRIG_DB_POOL",
      std::to_string(scenario::pool_of(settings.spec.worker, settings.workers, settings.sessions)));
  set("UNRIG_DRIVER", settings.spec.driver);
  set("UNRIG_DRIVER_TRANSACTION", scenario.driver_transaction ? "1" : "0");
  set("UNRIG_DRIVER_HSTORE", scenario.driver_hstore ? "1" : "0");
}

/// Where a server that has started its work elsewhere is to be found: for who waits in vain.
std::string where_it_listens(pid_t server, const host::Endpoint& wanted) {
  if (wanted.is_socket()) return {};
  std::vector<pid_t> processes;
  for (const auto& entry : process::tree(server)) processes.push_back(entry.pid);
  const auto ports = host::listening_ports(processes);
  if (!ports || ports->contains(wanted.port)) return {};
  const std::string told = "its command has to tell it {host} and {port}";
  if (ports->empty()) return "it listens at no port: " + told;
  return fmt::format("it listens at port {} instead of {}: {}", fmt::join(*ports, ", "),
                     wanted.port, told);
}

}  // namespace

std::vector<std::string> app_command(const AppSettings& settings) {
  stack::Splices splices{{"extra", settings.vintage.extra}};
  if (const auto* listen = settings.spec.listening(settings.scenario.way_to_app()))
    splices.emplace("listen", *listen);
  auto argv = stack::fill_in(settings.spec.command, splices, values_of(settings));
  // As a shell in that folder would find it.
  const fs::path& folder = settings.spec.directory;
  if (!folder.empty() && argv.front().contains('/'))
    argv.front() = (folder / argv.front()).lexically_normal().string();
  return argv;
}

std::map<std::string, std::string> app_environment(const AppSettings& settings) {
  auto variables = settings.spec.environment;
  const auto values = values_of(settings);
  for (auto& [name, value] : variables) value = stack::fill_in(value, values);
  const auto set = [&](const char* name, std::string value) {
    variables.insert_or_assign(name, std::move(value));
  };
  for (const auto& [name, value] : settings.program.variables) set(name.c_str(), value);
  set("LANG", "C.UTF-8");
  set("HOME", settings.scratch.string());
  set("TMPDIR", settings.temporary.string());
  if (settings.here.is_socket()) {
    set("UNRIG_SOCKET", settings.here.socket().string());
  } else {
    set("UNRIG_HOST", settings.here.host);
    set("UNRIG_PORT", std::to_string(settings.here.port));
  }
  set("UNRIG_WORKERS", std::to_string(settings.workers));
  set("UNRIG_BACKLOG", std::to_string(settings.scenario.listen_backlog));
  if (!settings.spec.own) tell_database(settings, variables);
  return variables;
}

process::Fence app_fence(const AppSettings& settings) {
  const bool own = settings.spec.own.has_value();
  // Shared memory, too: semaphores of Python's multiprocessing are files there.
  process::Fence fence{.writable = {settings.scratch, settings.temporary, "/dev/shm", "/dev/null",
                                    "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"},
                       .hidden = settings.hidden,
                       .readable = own ? std::vector<fs::path>{}
                                       : std::vector<fs::path>{settings.database.password_file}};
  if (settings.here.is_socket()) fence.writable.push_back(settings.here.socket().parent_path());
  return fence;
}

App::~App() {
  stop();
}

Result<> App::start(const AppSettings& settings, const Hopeless& hopeless) {
  stop();
  asked_ = {};
  auto& host = context_.host;
  host.remove(settings.scratch);
  if (const auto made = host.make_service_folder(settings.scratch); !made) return made;
  process::Command command;
  command.argv = app_command(settings);
  for (const auto& [name, value] : app_environment(settings))
    command.environment.push_back(fmt::format("{}={}", name, value));
  command.folder = settings.spec.directory.empty() ? settings.scratch : settings.spec.directory;
  command.log = log();
  command.user = host.service_user();
  command.cpus = settings.room.cpus;
  command.group = settings.room.group;
  command.fence = app_fence(settings);
  host.remove(command.log);
  auto process = host.start(command);
  if (!process) return std::unexpected(process.error());
  process_.emplace(std::move(*process));
  questions_.emplace(settings.scenario, settings.front, RandomStream(fresh_seed(), "ready"),
                     settings.spec.own);
  const auto next = [&] { return questions_->to_application(settings.spec.health); };
  auto answered = wait_for_answer(settings.here, settings.spec, next, hopeless);
  if (answered) {
    wait_until_at_rest();
  } else if (!process_->poll()) {
    if (const auto where = where_it_listens(process_->pid(), settings.here); !where.empty())
      answered.error().what += "\n" + where;
  }
  return answered;
}

/// The first worker answers while others may still be starting: a server that starts them one after
/// the other needs seconds for a hundred. A trial must not be spent on that.
void App::wait_until_at_rest() const {
  constexpr Duration interval = std::chrono::milliseconds(50);
  constexpr auto busy_fraction = 10;  // a tenth of one core
  const auto deadline = context_.clock.now() + std::chrono::seconds(20);
  auto before = context_.host.cpu_time(process_->pid());
  while (context_.clock.now() < deadline) {
    context_.clock.sleep_for(interval);
    const auto now = context_.host.cpu_time(process_->pid());
    if (!before || !now || *now - *before < interval / busy_fraction) return;
    before = now;
  }
}

void App::stop() {
  if (!process_) return;
  // Nobody waits for an answer any more, and some servers take seconds to see that.
  process_->stop(context_.clock, std::chrono::seconds(1));
  process_.reset();
}

Result<> App::wait_for_answer_at_front(const AppSettings& settings, const Hopeless& hopeless) {
  assert(questions_ && "it was started");
  const auto next = [&] { return questions_->to_front(settings.spec.health); };
  return wait_for_answer(settings.front, settings.spec, next, hopeless);
}

Result<> App::wait_for_answer(const host::Endpoint& at, const stack::StackSpec& spec,
                              const std::function<Question()>& next, const Hopeless& hopeless) {
  constexpr auto limit = std::chrono::minutes(1);
  const bool asks_own = spec.health.empty();  // which only a stack with its own request has
  const int wanted = stack::right_status(asks_own ? spec.own : std::nullopt);
  const bool counts = !spec.own && spec.health == measured_path;
  const auto ask = [&]() -> Result<> {
    const auto reply = chain::ask(at, next(), context_.clock, std::chrono::seconds(5));
    // An answer with another status may have read its row as well.
    if (reply.sent && counts) ++asked_.sent;
    if (!reply.complete()) return fail(ErrorKind::environment, reply.failure);
    if (reply.status == wanted) {
      if (counts) ++asked_.answered;
      return {};
    }
    return fail(
        ErrorKind::environment,
        fmt::format("{} is answered with status {}: {}",
                    name_of(asks_own ? spec.own->request : http::Request{.path = spec.health}),
                    reply.status, printable(reply.body.substr(0, shown_of_body))));
  };
  return wait_until_ready(*process_, spec.name, context_.clock, limit, ask, hopeless);
}

}  // namespace unrig::chain
