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

process::Command service_command(host::Host& host, std::string_view name,
                                 std::vector<std::string> argv, const Room& room) {
  process::Command command;
  command.argv = std::move(argv);
  command.environment = host::plain_environment(host.runtime());
  command.environment.push_back("TMPDIR=" + host.temporary().string());
  command.folder = host.runtime();
  command.log = host.log(name);
  command.user = host.service_user();
  command.cpus = room.cpus;
  command.group = room.group;
  host.remove(command.log);
  return command;
}

Result<> start_at_free_port(host::Host& host,
                            const std::function<Result<>(const host::Endpoint&)>& start_at,
                            const std::function<void()>& stop) {
  constexpr int attempts = 3;
  for (int attempt = 1;; ++attempt) {
    stop();
    const auto here = host.next_port();
    if (!here) return std::unexpected(here.error());
    const auto started = start_at(*here);
    if (started) return started;
    stop();
    if (attempt == attempts || host.is_free(*here)) return started;
  }
}

}  // namespace unrig::chain
