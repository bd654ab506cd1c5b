/// \file
/// Facts of this machine. Linux: everything is read from /proc and /sys. What cannot be read is
/// empty, never guessed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unrig::host {

struct Facts {
  std::string hostname;
  std::string os;      ///< "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;  ///< release
  std::string cpu_model;
  int cores = 1;  ///< that this process may use (its affinity; a quota stands in the settings)
  std::int64_t memory_bytes = 0;  ///< 0: not known
  std::string virtualization;     ///< "kvm", "none", …; empty: not known
  /// Settings that change results, as they are: name, value. Kernel settings by the names that
  /// sysctl(8) has for them. What this kernel lacks is left out. And "landlock", its version or
  /// "none": what process::Fence can keep.
  std::vector<std::pair<std::string, std::string>> settings;

  /// \name As they were at this moment
  /// Not set: it cannot be read.
  /// @{
  std::optional<std::int64_t> open_files = {};  ///< that this process may have at most
  std::optional<std::int64_t> memory_available_bytes = {};
  std::optional<std::int64_t> swap_used_bytes = {};
  std::optional<std::int64_t> time_wait = {};  ///< TCP connections of this machine in TIME_WAIT
  /// What CPU quotas of the control groups around unrig leave it, in cores; 0: there is none.
  std::optional<double> quota_cpus = {};
  /// @}

  /// Of a setting; empty: this kernel lacks it.
  [[nodiscard]] std::string setting(std::string_view name) const;
};
[[nodiscard]] Facts facts();
/// The cores that this process may use, by number.
[[nodiscard]] std::vector<int> usable_cores();

/// The frequency of the fastest core at this moment, MHz. Empty where the kernel does not govern
/// frequencies, as in most virtual machines. `folder` is for tests.
[[nodiscard]] std::optional<double> core_mhz(
    const std::filesystem::path& folder = "/sys/devices/system/cpu/cpufreq");

/// Bytes that may still be written below the folder, which need not be there yet. Empty where
/// nothing of its path can be asked.
[[nodiscard]] std::optional<std::int64_t> free_bytes(const std::filesystem::path& folder);

}  // namespace unrig::host
