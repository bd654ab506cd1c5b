#include "audit/tracing.h"

#include <algorithm>
#include <csignal>

#include "base/file.h"
#include "base/text.h"

namespace unrig::audit {
namespace {

constexpr Duration attach_limit = std::chrono::seconds(3);
constexpr Duration detach_limit = std::chrono::seconds(5);
constexpr std::size_t trace_limit = 16 << 20;

/// How many processes and threads strace says that it follows.
std::size_t attached_to(const std::filesystem::path& log) {
  const auto text = read_tail(log);
  std::size_t count = 0;
  for (const auto& line : split(text, '\n')) count += line.find(" attached") != std::string::npos;
  return count;
}

}  // namespace

Result<std::string> traced(std::span<const pid_t> processes,
                           const std::vector<std::string>& options,
                           const std::filesystem::path& folder, process::Guard& guard,
                           const Clock& clock, const std::function<void()>& meanwhile) {
  if (!process::find_program("strace"))
    return fail(ErrorKind::environment, "strace is not installed", "apt-get install strace");
  const auto table = folder / "strace.table";
  process::Command command{.argv = {"strace", "-f", "-o", table.string()},
                           .log = folder / "strace.log"};
  command.argv.insert(command.argv.end(), options.begin(), options.end());
  for (const pid_t process : processes)
    command.argv.insert(command.argv.end(), {"-p", std::to_string(process)});
  std::error_code ignored;
  for (const auto& file : {command.log, table}) std::filesystem::remove(file, ignored);
  auto strace = process::Process::start(command, guard);
  if (!strace) return std::unexpected(strace.error());
  const Instant deadline = clock.now() + attach_limit;
  while (attached_to(command.log) < processes.size() && !strace->poll() && clock.now() < deadline)
    clock.sleep_for(std::chrono::milliseconds(5));
  if (attached_to(command.log) < processes.size()) {
    const auto why = printable(last_lines(trim(read_tail(command.log)), 1));
    strace->stop(clock, detach_limit, SIGINT);
    return fail(ErrorKind::environment, why.empty() ? "strace does not attach" : why);
  }
  meanwhile();
  strace->stop(clock, detach_limit, SIGINT);
  return read_file(table, trace_limit);
}

}  // namespace unrig::audit
