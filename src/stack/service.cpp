#include "stack/service.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace unrig::stack {

namespace fs = std::filesystem;

namespace {

std::string full_disk_hint(std::string_view output) {
  return output.find("No space left on device") == std::string_view::npos
             ? ""
             : "the disk is full: make room, or choose another folder with --home DIR";
}

/// What the C library, the loader, PostgreSQL and nginx say for want of something, and what that
/// is.
constexpr auto complaints = std::to_array<Want>({
    {"file descriptors (ulimit -n)", "Too many open files"},
    {"file descriptors (ulimit -n)", "No file descriptors available"},
    {"file descriptors (ulimit -n)", "insufficient file descriptors"},
    // proxy_config() gives it as many as there may be files.
    {"file descriptors (ulimit -n)", "worker_connections are not enough"},
    {"local ports (net.ipv4.ip_local_port_range)", "Cannot assign requested address"},
    {"processes or memory (ulimit -u, pids limit)", "Resource temporarily unavailable"},
    {"threads (ulimit -u, pids limit)", "can't start new thread"},
    {"memory", "Cannot allocate memory"},
    {"memory", "MemoryError"},
    {"memory", "failed to map segment from shared object"},
    {"shared memory (kernel.shmmni, kernel.shmall)", "could not create shared memory segment"},
    {"room on the disk", "No space left on device"},
});

/// " for want of memory", to stand behind what did not work.
std::string for_want(std::string_view output) {
  const auto want = want_in(output);
  return want.of.empty() ? "" : fmt::format(" for want of {}", want.of);
}

}  // namespace

Want want_in(std::string_view log) {
  for (const auto& each : complaints) {
    if (log.find(each.words) != std::string_view::npos) return each;
  }
  return {};
}

Result<fs::path> require_program(const std::string& name, std::string_view package) {
  if (auto found = process::find_program(name)) return *found;
  return fail(ErrorKind::environment, fmt::format("the program {} is missing", name),
              fmt::format("apt-get install {}", package));
}

std::vector<std::string> plain_environment(const fs::path& home) {
  return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
          "HOME=" + home.string()};
}

Result<std::string> run_checked(const process::Command& command, const Context& context,
                                Duration limit) {
  const auto output = process::run(command, context.guard, context.clock, limit);
  if (!output) return std::unexpected(output.error());
  if (output->exit.ok()) return output->text;
  constexpr std::size_t shown = 15;
  return fail(
      ErrorKind::environment,
      fmt::format("{} failed{} ({}):\n{}", fs::path(command.argv.front()).filename().string(),
                  for_want(last_lines(output->text, shown)), output->exit.text(),
                  printable(last_lines(output->text, shown))),
      full_disk_hint(output->text));
}

Error start_error(std::string_view name, std::string_view why, const fs::path& log) {
  constexpr std::size_t shown = 20;
  const auto tail = printable(trim(last_lines(read_tail(log), shown)));
  return {ErrorKind::environment,
          fmt::format("{} did not start{}: {}{}", name, for_want(tail), why,
                      tail.empty() ? "" : fmt::format("; the end of its log:\n{}", tail)),
          fmt::format("the log is {}", printable(log.string()))};
}

Result<> wait_until_ready(process::Process& process, std::string_view name, const Clock& clock,
                          Duration limit, const std::function<Result<>()>& ready,
                          const Hopeless& hopeless) {
  constexpr auto doubt_interval = std::chrono::milliseconds(250);
  const auto deadline = clock.now() + limit;
  Instant next_doubt = clock.now() + doubt_interval;
  while (true) {
    const auto answer = ready();
    // Asked after the answer: what answered may have been another program on the same port.
    if (const auto exit = process.poll())
      return std::unexpected(start_error(name, exit->text(), process.log()));
    if (answer) return {};
    // Now and then: it looks at all processes, and a server that starts answers no very often.
    const bool asks = hopeless && clock.now() >= next_doubt;
    if (asks) next_doubt = clock.now() + doubt_interval;
    if (auto why = asks ? hopeless() : std::nullopt) {
      return fail(ErrorKind::environment, fmt::format("{} cannot answer: {}", name, *why));
    }
    if (clock.now() >= deadline) {
      return std::unexpected(start_error(
          name, fmt::format("not ready after {} ({})", human(limit), answer.error().what),
          process.log()));
    }
    clock.sleep_for(std::chrono::milliseconds(5));
  }
}

process::Command service_command(const Context& context, std::string_view name,
                                 std::vector<std::string> argv, std::vector<int> cpus) {
  const auto& folders = context.folders;
  process::Command command;
  command.argv = std::move(argv);
  command.environment = plain_environment(folders.runtime());
  command.environment.push_back("TMPDIR=" + folders.temporary().string());
  command.folder = folders.runtime();
  command.log = folders.log(name);
  command.user = folders.service_user();
  command.cpus = std::move(cpus);
  std::error_code ignored;
  fs::remove(command.log, ignored);
  return command;
}

}  // namespace unrig::stack
