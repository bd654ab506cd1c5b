#include "chain/app.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "base/file.h"
#include "base/random.h"
#include "chain/ask.h"
#include "chain/postgres.h"
#include "stack/command_line.h"

namespace unrig::chain {

std::vector<std::string> app_command(const AppSettings& settings) {
  auto values = settings.program.placeholders;
  if (settings.here.is_socket()) {
    values.insert_or_assign("socket", settings.here.socket().string());
  } else {
    values.insert_or_assign("host", settings.here.host);
    values.insert_or_assign("port", std::to_string(settings.here.port));
  }
  values.insert_or_assign("workers", std::to_string(settings.workers));
  values.insert_or_assign("backlog", std::to_string(settings.scenario.listen_backlog));
  stack::Splices splices{{"extra", settings.vintage.extra}};
  if (const auto* listen = settings.spec.listening(settings.scenario.way_to_app()))
    splices.emplace("listen", *listen);
  return stack::fill_in(settings.spec.command, splices, values);
}

std::map<std::string, std::string> app_environment(const AppSettings& settings) {
  const auto& scenario = settings.scenario;
  auto variables = settings.spec.environment;
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
  set("UNRIG_BACKLOG", std::to_string(scenario.listen_backlog));
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
  return variables;
}

process::Fence app_fence(const AppSettings& settings) {
  // Shared memory, too: semaphores of Python's multiprocessing are files there.
  process::Fence fence{.writable = {settings.scratch, settings.temporary, "/dev/shm", "/dev/null",
                                    "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"},
                       .hidden = settings.hidden,
                       .readable = {settings.database.password_file}};
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
  command.folder = settings.scratch;
  command.log = log();
  command.user = host.service_user();
  command.cpus = settings.room.cpus;
  command.group = settings.room.group;
  command.fence = app_fence(settings);
  host.remove(command.log);
  auto process = host.start(command);
  if (!process) return std::unexpected(process.error());
  process_.emplace(std::move(*process));
  questions_.emplace(settings.scenario, settings.front, RandomStream(fresh_seed(), "ready"));
  const auto next = [&] { return questions_->to_application(settings.spec.health); };
  auto answered = wait_for_answer(settings.here, settings.spec, next, hopeless);
  if (answered) wait_until_at_rest();
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
  constexpr int ok = 200;
  const auto ask = [&]() -> Result<> {
    const auto reply = chain::ask(at, next(), context_.clock, std::chrono::seconds(5));
    // An answer with another status may have read its row as well.
    if (reply.sent && spec.health == measured_path) ++asked_.sent;
    if (!reply.complete()) return fail(ErrorKind::environment, reply.failure);
    if (reply.status == ok) {
      if (spec.health == measured_path) ++asked_.answered;
      return {};
    }
    return fail(ErrorKind::environment,
                fmt::format("GET {} is answered with status {}", spec.health, reply.status));
  };
  return wait_until_ready(*process_, spec.name, context_.clock, limit, ask, hopeless);
}

}  // namespace unrig::chain
