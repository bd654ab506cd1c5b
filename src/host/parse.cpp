#include "host/parse.h"

#include <array>
#include <utility>
#include <vector>

#include "base/number.h"
#include "base/text.h"

namespace unrig::host {
namespace {

/// The parts between white space, which may be wide.
std::vector<std::string> words(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  std::vector<std::string> found;
  for (;;) {
    const auto begin = text.find_first_not_of(white);
    if (begin == std::string_view::npos) return found;
    text.remove_prefix(begin);
    found.emplace_back(text.substr(0, text.find_first_of(white)));
    text.remove_prefix(found.back().size());
  }
}

/// The values of one line of /proc/stat, behind its name.
std::optional<MachineCpu> cpu_of(const std::vector<std::string>& fields, long ticks_per_second) {
  // cpu user nice system idle iowait irq softirq steal guest guest_nice
  if (fields.size() < 9) return std::nullopt;
  std::array<Duration, 9> values{};
  for (std::size_t i = 1; i < values.size(); ++i) {
    const auto ticks = to_number<std::int64_t>(fields[i]);
    if (!ticks) return std::nullopt;
    values[i] = Duration(*ticks * (std::nano::den / ticks_per_second));
  }
  const auto ticks = [&](std::size_t field) { return values[field]; };
  MachineCpu cpu;
  cpu.busy = ticks(1) + ticks(2) + ticks(3) + ticks(6) + ticks(7);
  cpu.idle = ticks(4) + ticks(5);
  cpu.steal = ticks(8);
  cpu.interrupts = ticks(6) + ticks(7);
  return cpu;
}

}  // namespace

std::string value_of(std::string_view text, std::string_view key, char separator) {
  for (const std::string& line : split(text, '\n')) {
    const auto end = line.find(separator);
    if (end == std::string::npos || trim(std::string_view(line).substr(0, end)) != key) continue;
    std::string_view value = trim(std::string_view(line).substr(end + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  return {};
}

std::int64_t kilobytes(std::string_view value) {
  const auto parts = words(value);
  if (parts.size() != 2 || parts[1] != "kB") return 0;
  return to_number<std::int64_t>(parts[0]).value_or(0) * 1024;
}

std::optional<std::int64_t> bytes_of(std::string_view meminfo, std::string_view key) {
  const std::string value = value_of(meminfo, key, ':');
  if (!value.ends_with(" kB")) return std::nullopt;
  return kilobytes(value);
}

std::string choice(std::string_view text) {
  const auto begin = text.find('[');
  const auto end = text.find(']', begin == std::string_view::npos ? 0 : begin);
  if (begin != std::string_view::npos && end != std::string_view::npos) {
    return std::string(text.substr(begin + 1, end - begin - 1));
  }
  return join(words(text), " ");
}

std::optional<MachineCpu> parse_machine_cpu(std::string_view stat, long ticks_per_second) {
  const auto fields = words(stat.substr(0, stat.find('\n')));
  if (fields.empty() || fields[0] != "cpu") return std::nullopt;
  return cpu_of(fields, ticks_per_second);
}

std::map<int, MachineCpu> parse_core_cpus(std::string_view stat, long ticks_per_second) {
  constexpr std::string_view head = "cpu";
  std::map<int, MachineCpu> cores;
  for (const std::string& line : split(stat, '\n')) {
    const auto fields = words(line);
    if (fields.empty() || !fields[0].starts_with(head)) continue;
    const auto number = to_number<int>(std::string_view(fields[0]).substr(head.size()));
    const auto cpu = cpu_of(fields, ticks_per_second);
    if (number && cpu) cores[*number] = *cpu;
  }
  return cores;
}

std::optional<std::uint64_t> socket_count(std::string_view text, std::string_view protocol,
                                          std::string_view name) {
  for (const std::string& line : split(text, '\n')) {
    const auto fields = words(line);
    if (fields.empty() || fields[0] != std::string(protocol) + ":") continue;
    for (std::size_t i = 1; i + 1 < fields.size(); i += 2) {
      if (fields[i] == name) return to_number<std::uint64_t>(fields[i + 1]);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> net_counter(std::string_view text, std::string_view protocol,
                                         std::string_view name) {
  const std::string head = std::string(protocol) + ":";
  std::vector<std::string> names;
  for (const std::string& line : split(text, '\n')) {
    const auto fields = words(line);
    if (fields.empty() || fields[0] != head) continue;
    if (names.empty()) {
      names = fields;
      continue;
    }
    for (std::size_t i = 1; i < names.size() && i < fields.size(); ++i) {
      if (names[i] == name) return to_number<std::uint64_t>(fields[i]);
    }
    return std::nullopt;
  }
  return std::nullopt;
}

PortRange parse_port_range(std::string_view text) {
  const auto parts = words(text);
  if (parts.size() != 2) return {};
  const auto low = to_number<int>(parts[0]);
  const auto high = to_number<int>(parts[1]);
  return low && high ? PortRange{*low, *high} : PortRange{};
}

std::string hypervisor_name(std::string_view signature) {
  static constexpr auto known = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"KVMKVMKVM", "kvm"},
      {"Linux KVM Hv", "kvm"},
      {"Microsoft Hv", "hyper-v"},
      {"VMwareVMware", "vmware"},
      {"XenVMMXenVMM", "xen"},
      {"VBoxVBoxVBox", "virtualbox"},
      {"TCGTCGTCGTCG", "qemu"},
      {"bhyve bhyve ", "bhyve"},
      {"ACRNACRNACRN", "acrn"},
  });
  for (const auto& [letters, name] : known) {
    if (signature == letters) return std::string(name);
  }
  return printable(signature);
}

}  // namespace unrig::host
