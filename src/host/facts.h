/// \file
/// Facts of this machine. Linux: everything is read from /proc and /sys. What cannot be read is
/// empty, never guessed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
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
  /// sysctl(8) has for them. What this kernel lacks is left out.
  std::vector<std::pair<std::string, std::string>> settings;
};
[[nodiscard]] Facts facts();
/// The cores that this process may use, by number.
[[nodiscard]] std::vector<int> usable_cores();

/// The frequency of the fastest core at this moment, MHz. Empty where the kernel does not govern
/// frequencies, as in most virtual machines. `folder` is for tests.
[[nodiscard]] std::optional<double> core_mhz(
    const std::filesystem::path& folder = "/sys/devices/system/cpu/cpufreq");

}  // namespace unrig::host
