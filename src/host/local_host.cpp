#include "host/local_host.h"

#include <system_error>

namespace unrig::host {

namespace fs = std::filesystem;

LocalHost::LocalHost(process::Guard& guard, const Clock& clock, std::optional<Folders> folders)
    : guard_(guard), clock_(clock), folders_(std::move(folders)) {}

Result<process::Process> LocalHost::start(const process::Command& command) {
  return process::Process::start(command, guard_);
}
Result<process::Output> LocalHost::run(const process::Command& command, Duration limit) {
  return process::run(command, guard_, clock_, limit);
}
std::optional<fs::path> LocalHost::find_program(const std::string& name) const {
  return process::find_program(name);
}

fs::path LocalHost::log(std::string_view component) const {
  return folders().log(component);
}
std::optional<process::User> LocalHost::service_user() const {
  return folders().service_user();
}
Result<> LocalHost::make_service_folder(const fs::path& path) {
  return folders().make_service_folder(path);
}
Result<> LocalHost::write_service_file(const fs::path& path, std::string_view content) {
  return folders().write_service_file(path, content);
}
void LocalHost::remove(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

bool LocalHost::is_free(const Endpoint& endpoint) const {
  return host::is_free(endpoint);
}
Result<> LocalHost::check_listens(pid_t process, const Endpoint& endpoint) const {
  return host::check_listens(process, endpoint);
}

Facts LocalHost::facts() const {
  return host::facts();
}
std::optional<std::int64_t> LocalHost::free_bytes(const fs::path& folder) const {
  return host::free_bytes(folder);
}
std::optional<Duration> LocalHost::cpu_time(pid_t root) const {
  return host::cpu_time(root);
}
Usage LocalHost::usage(std::span<const pid_t> roots) const {
  return host::usage(roots);
}
std::optional<std::int64_t> LocalHost::memory_of(pid_t root) const {
  return host::memory_of(root);
}

}  // namespace unrig::host
