#include "host/programs.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace unrig::host {

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
    // The proxy is given as many as there may be files.
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

}  // namespace

Want want_in(std::string_view log) {
  for (const auto& each : complaints) {
    if (log.find(each.words) != std::string_view::npos) return each;
  }
  return {};
}

std::string for_want(std::string_view output) {
  const auto want = want_in(output);
  return want.of.empty() ? "" : fmt::format(" for want of {}", want.of);
}

std::string version_in(std::string_view told) {
  constexpr std::string_view between = " /\t\n(";
  bool begins = true;
  for (std::size_t at = 0; at < told.size(); ++at) {
    if (begins && told[at] >= '0' && told[at] <= '9')
      return std::string(told.substr(at, told.find_first_of(" \t\n)", at) - at));
    begins = between.contains(told[at]);
  }
  return {};
}

Result<fs::path> require_program(const Host& host, const std::string& name,
                                 std::string_view package) {
  if (auto found = host.find_program(name)) return *found;
  return fail(ErrorKind::environment, fmt::format("the program {} is missing", name),
              fmt::format("apt-get install {}", package));
}

std::vector<std::string> plain_environment(const fs::path& home) {
  return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
          "HOME=" + home.string()};
}

Result<std::string> run_checked(const process::Command& command, Host& host, Duration limit) {
  const auto output = host.run(command, limit);
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

Result<std::string> ask_program(const fs::path& program, std::string_view option, Host& host) {
  process::Command command;
  command.argv = {program.string(), std::string(option)};
  command.environment = plain_environment("/");
  command.folder = "/";
  return run_checked(command, host, quick_answer_limit);
}

}  // namespace unrig::host
