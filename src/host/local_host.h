/// \file
/// The only host so far: this machine.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "host/folders.h"
#include "host/host.h"
#include "host/ports.h"

namespace unrig::host {

/// This machine.
class LocalHost final : public Host {
 public:
  /// Both must outlive it. Without folders nothing can be put, but looked for and run.
  LocalHost(process::Guard& guard, const Clock& clock, std::optional<Folders> folders = {});

  [[nodiscard]] Result<process::Process> start(const process::Command& command) override;
  [[nodiscard]] Result<process::Output> run(const process::Command& command,
                                            Duration limit) override;
  [[nodiscard]] std::optional<std::filesystem::path> find_program(
      const std::string& name) const override;

  [[nodiscard]] const Folders& folders() const { return folders_.value(); }
  [[nodiscard]] std::filesystem::path runtime() const override { return folders().runtime(); }
  [[nodiscard]] std::filesystem::path log(std::string_view component) const override;
  [[nodiscard]] std::optional<process::User> service_user() const override;
  [[nodiscard]] Result<> make_service_folder(const std::filesystem::path& path) override;
  [[nodiscard]] Result<> write_service_file(const std::filesystem::path& path,
                                            std::string_view content) override;
  void remove(const std::filesystem::path& path) override;

  [[nodiscard]] Result<Endpoint> next_port() override { return ports_.next(); }
  [[nodiscard]] bool is_free(const Endpoint& endpoint) const override;
  [[nodiscard]] Result<> check_listens(pid_t process, const Endpoint& endpoint) const override;

  [[nodiscard]] Facts facts() const override;
  [[nodiscard]] std::optional<std::int64_t> free_bytes(
      const std::filesystem::path& folder) const override;
  [[nodiscard]] std::optional<Duration> cpu_time(pid_t root) const override;
  [[nodiscard]] Usage usage(std::span<const pid_t> roots) const override;
  [[nodiscard]] std::optional<std::int64_t> memory_of(pid_t root) const override;

 private:
  process::Guard& guard_;
  const Clock& clock_;
  std::optional<Folders> folders_;
  Ports ports_ = local_ports();
};

}  // namespace unrig::host
