/// \file
/// For tests: another host, on which nothing runs.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/facts.h"
#include "host/host.h"
#include "host/usage.h"

namespace unrig::chain {

/// Keeps what it is told. Every program is there, and none can be started.
class PlayedHost final : public host::Host {
 public:
  std::map<std::filesystem::path, std::string> files;  ///< a folder is an empty text
  std::vector<process::Command> started;
  std::vector<host::Endpoint> given;  ///< that were free
  bool somebody_takes_ports = false;  ///< before they are used
  std::string says;                   ///< of every program that is run

  Result<process::Process> start(const process::Command& command) override {
    started.push_back(command);
    return fail(ErrorKind::environment, "nothing runs on a played host");
  }
  Result<process::Output> run(const process::Command&, Duration) override {
    return process::Output{.exit = {}, .text = says};
  }
  std::optional<std::filesystem::path> find_program(const std::string& name) const override {
    return "/there/bin/" + name;
  }

  std::filesystem::path runtime() const override { return "/there/run"; }
  std::filesystem::path log(std::string_view component) const override {
    return "/there/logs/" + std::string(component);
  }
  std::optional<process::User> service_user() const override { return process::User{7, 8}; }
  Result<> make_service_folder(const std::filesystem::path& path) override {
    files[path] = "";
    return {};
  }
  Result<> write_service_file(const std::filesystem::path& path,
                              std::string_view content) override {
    files[path] = content;
    return {};
  }
  void remove(const std::filesystem::path& path) override { files.erase(path); }

  Result<host::Endpoint> next_port() override {
    given.push_back({"192.0.2.7", 4001 + static_cast<int>(given.size())});
    return given.back();
  }
  bool is_free(const host::Endpoint&) const override { return !somebody_takes_ports; }
  Result<> check_listens(pid_t, const host::Endpoint&) const override { return {}; }

  host::Facts facts() const override { return {}; }
  std::optional<std::int64_t> free_bytes(const std::filesystem::path&) const override {
    return std::nullopt;
  }
  std::optional<Duration> cpu_time(pid_t) const override { return std::nullopt; }
  host::Usage usage(std::span<const pid_t>) const override { return {}; }
  std::optional<std::int64_t> memory_of(pid_t) const override { return std::nullopt; }
};

}  // namespace unrig::chain
