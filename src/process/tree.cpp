#include "process/tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

namespace unrig::process {
namespace {

template <class T>
bool read_number(std::string_view text, T& value) {
  const auto read = to_number<T>(text);
  if (read) value = *read;
  return read.has_value();
}

std::optional<Entry> read_entry(const std::string& pid) {
  const UniqueFd fd(::open(("/proc/" + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> buffer;  // 52 numbers and a name of 64 bytes at most
  const ssize_t length = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  if (length <= 0) return std::nullopt;
  return parse_stat(std::string_view(buffer.data(), static_cast<std::size_t>(length)));
}

void add_descendants(const Processes& children, pid_t root, std::vector<Entry>& found) {
  const auto add_children = [&](pid_t parent) {
    const auto [first, last] = children.equal_range(parent);
    std::transform(first, last, std::back_inserter(found), [](const auto& e) { return e.second; });
  };
  std::size_t next = found.size();
  add_children(root);
  // A number reused while we looked could close a circle, hence the second condition.
  for (; next < found.size() && found.size() <= children.size(); ++next) {
    add_children(found[next].pid);
  }
}

}  // namespace

std::optional<Entry> parse_stat(std::string_view stat) {
  // PID (NAME) STATE PARENT GROUP …: only the last parenthesis can be the name's end.
  const auto name_begin = stat.find(" (");
  const auto name_end = stat.rfind(") ");
  if (name_begin == std::string_view::npos || name_end == std::string_view::npos ||
      name_end < name_begin) {
    return std::nullopt;
  }
  // proc(5) counts from 1 and calls the state field 3: it is fields[0] here.
  const auto fields = split(stat.substr(name_end + 2), ' ');
  constexpr std::size_t parent = 4 - 3, group = 5 - 3, flags = 9 - 3, utime = 14 - 3;
  constexpr std::size_t stime = 15 - 3, cutime = 16 - 3, cstime = 17 - 3, threads = 20 - 3,
                        started = 22 - 3;
  constexpr std::uint64_t kernel_thread = 0x00200000;  // PF_KTHREAD of the kernel's sched.h
  Entry entry;
  std::int64_t user = 0, system = 0, reaped_user = 0, reaped_system = 0;
  std::uint64_t bits = 0;
  if (fields.size() <= started || fields[0].size() != 1 ||
      !read_number(stat.substr(0, name_begin), entry.pid) ||
      !read_number(fields[parent], entry.parent) || !read_number(fields[group], entry.group) ||
      !read_number(fields[flags], bits) || !read_number(fields[utime], user) ||
      !read_number(fields[stime], system) || !read_number(fields[cutime], reaped_user) ||
      !read_number(fields[cstime], reaped_system) || !read_number(fields[threads], entry.threads) ||
      !read_number(fields[started], entry.started)) {
    return std::nullopt;
  }
  entry.state = fields[0].front();
  entry.own_ticks = user + system;
  entry.reaped_ticks = reaped_user + reaped_system;
  entry.kernel = (bits & kernel_thread) != 0;
  entry.name = stat.substr(name_begin + 2, name_end - name_begin - 2);
  return entry;
}

Processes all_processes() {
  Processes found;
  std::error_code error;
  // Processes that end meanwhile cannot be read; they are no concern any more.
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    auto entry = read_entry(name);
    if (!entry) continue;
    const pid_t parent = entry->parent;
    found.emplace(parent, *std::move(entry));
  }
  return found;
}

std::optional<Entry> entry_of(pid_t process) {
  return read_entry(std::to_string(process));
}

std::vector<Entry> tree(const Processes& all, pid_t root) {
  const auto self = std::find_if(all.begin(), all.end(),
                                 [&](const auto& each) { return each.second.pid == root; });
  if (self == all.end()) return {};
  std::vector<Entry> found{self->second};
  add_descendants(all, root, found);
  return found;
}

std::vector<Entry> descendants(pid_t root) {
  std::vector<Entry> found;
  add_descendants(all_processes(), root, found);
  return found;
}

std::vector<Entry> tree(pid_t root) {
  return tree(all_processes(), root);
}

}  // namespace unrig::process
