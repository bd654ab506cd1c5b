#include "chain/service.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"

namespace unrig::chain {

namespace fs = std::filesystem;

Error start_error(std::string_view name, std::string_view why, const fs::path& log) {
  constexpr std::size_t shown = 20;
  const auto tail = printable(trim(last_lines(read_tail(log), shown)));
  return {ErrorKind::environment,
          fmt::format("{} did not start{}: {}{}", name, host::for_want(tail), why,
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

process::Command service_command(const host::Context& context, std::string_view name,
                                 std::vector<std::string> argv, std::vector<int> cpus) {
  const auto& folders = context.folders;
  process::Command command;
  command.argv = std::move(argv);
  command.environment = host::plain_environment(folders.runtime());
  command.environment.push_back("TMPDIR=" + folders.temporary().string());
  command.folder = folders.runtime();
  command.log = folders.log(name);
  command.user = folders.service_user();
  command.cpus = std::move(cpus);
  std::error_code ignored;
  fs::remove(command.log, ignored);
  return command;
}

}  // namespace unrig::chain
