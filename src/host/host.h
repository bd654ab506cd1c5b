/// \file
/// The machine that a part of the chain runs on, as the part needs it. Each part is told which host
/// is its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "host/endpoint.h"
#include "host/facts.h"
#include "host/usage.h"
#include "process/process.h"

namespace unrig::host {

/// Paths, process numbers and endpoints are the host's own. Not thread-safe, but for what is used.
class Host {
 public:
  virtual ~Host() = default;

  /// \name Programs
  /// Errors as those of process::Process::start and process::run.
  /// @{
  [[nodiscard]] virtual Result<process::Process> start(const process::Command& command) = 0;
  [[nodiscard]] virtual Result<process::Output> run(const process::Command& command,
                                                    Duration limit) = 0;
  /// Where it lies; empty: it is missing.
  [[nodiscard]] virtual std::optional<std::filesystem::path> find_program(
      const std::string& name) const = 0;
  /// @}

  /// \name Files of one run
  /// As Folders has them.
  /// @{
  [[nodiscard]] virtual std::filesystem::path runtime() const = 0;
  /// For temporary files of services.
  [[nodiscard]] std::filesystem::path temporary() const { return runtime() / "temporary"; }
  [[nodiscard]] virtual std::filesystem::path log(std::string_view component) const = 0;
  [[nodiscard]] virtual std::optional<process::User> service_user() const = 0;
  [[nodiscard]] virtual Result<> make_service_folder(const std::filesystem::path& path) = 0;
  [[nodiscard]] virtual Result<> write_service_file(const std::filesystem::path& path,
                                                    std::string_view content) = 0;
  /// With all that lies in it; nothing may be there.
  virtual void remove(const std::filesystem::path& path) = 0;
  /// @}

  /// \name Ports
  /// As Ports has them.
  /// @{
  [[nodiscard]] virtual Result<Endpoint> next_port() = 0;
  [[nodiscard]] virtual bool is_free(const Endpoint& endpoint) const = 0;
  [[nodiscard]] virtual Result<> check_listens(pid_t process, const Endpoint& endpoint) const = 0;
  /// @}

  /// \name What it is, and what is used of it
  /// As the functions of these names have it. From any thread.
  /// @{
  [[nodiscard]] virtual Facts facts() const = 0;
  [[nodiscard]] virtual std::optional<std::int64_t> free_bytes(
      const std::filesystem::path& folder) const = 0;
  [[nodiscard]] virtual std::optional<Duration> cpu_time(pid_t root) const = 0;
  [[nodiscard]] virtual Usage usage(std::span<const pid_t> roots) const = 0;
  [[nodiscard]] virtual std::optional<std::int64_t> memory_of(pid_t root) const = 0;
  /// @}
};

}  // namespace unrig::host
