#include "stack/service.h"

#include <fmt/format.h>

#include "base/text.h"

namespace unrig::stack {

namespace fs = std::filesystem;

namespace {

std::string full_disk_hint(std::string_view output) {
  return output.find("No space left on device") == std::string_view::npos
             ? ""
             : "the disk is full: make room, or choose another folder with --home DIR";
}

}  // namespace

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
  return fail(ErrorKind::environment,
              fmt::format("{} failed ({}):\n{}", fs::path(command.argv.front()).filename().string(),
                          output->exit.text(), printable(last_lines(output->text, shown))),
              full_disk_hint(output->text));
}

Error start_error(std::string_view name, std::string_view why, const fs::path& log) {
  constexpr std::size_t shown = 20;
  const auto tail = printable(trim(last_lines(read_tail(log), shown)));
  return {ErrorKind::environment,
          fmt::format("{} did not start: {}{}", name, why,
                      tail.empty() ? "" : fmt::format("; the end of its log:\n{}", tail)),
          fmt::format("the log is {}", printable(log.string()))};
}

Result<> wait_until_ready(process::Process& process, std::string_view name, const Clock& clock,
                          Duration limit, const std::function<Result<>()>& ready) {
  const auto deadline = clock.now() + limit;
  while (true) {
    const auto answer = ready();
    // Asked after the answer: what answered may have been another program on the same port.
    if (const auto exit = process.poll())
      return std::unexpected(start_error(name, exit->text(), process.log()));
    if (answer) return {};
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
