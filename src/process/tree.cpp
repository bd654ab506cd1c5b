#include "process/tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>

#include "base/file.h"
#include "base/text.h"

namespace unrig::process {
namespace {

template <class T>
bool read_number(std::string_view text, T& value) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

std::optional<Entry> read_entry(const std::string& pid) {
  const UniqueFd fd(::open(("/proc/" + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> buffer;  // 52 numbers and a name of 64 bytes at most
  const ssize_t length = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  if (length <= 0) return std::nullopt;
  return parse_stat(std::string_view(buffer.data(), static_cast<std::size_t>(length)));
}

std::multimap<pid_t, Entry> processes_by_parent() {
  std::multimap<pid_t, Entry> found;
  std::error_code error;
  // Processes that end meanwhile cannot be read; they are no concern any more.
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (const auto entry = read_entry(name)) found.emplace(entry->parent, *entry);
  }
  return found;
}

void add_descendants(const std::multimap<pid_t, Entry>& by_parent, pid_t root,
                     std::vector<Entry>& found) {
  const auto add_children = [&](pid_t parent) {
    const auto [first, last] = by_parent.equal_range(parent);
    std::transform(first, last, std::back_inserter(found), [](const auto& e) { return e.second; });
  };
  std::size_t next = found.size();
  add_children(root);
  // A number reused while we looked could close a circle, hence the second condition.
  for (; next < found.size() && found.size() <= by_parent.size(); ++next) {
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
  constexpr std::size_t parent = 4 - 3, group = 5 - 3, cutime = 16 - 3, cstime = 17 - 3;
  constexpr std::size_t threads = 20 - 3;
  Entry entry;
  std::int64_t user = 0;
  std::int64_t system = 0;
  if (fields.size() <= threads || !read_number(stat.substr(0, name_begin), entry.pid) ||
      !read_number(fields[parent], entry.parent) || !read_number(fields[group], entry.group) ||
      !read_number(fields[cutime], user) || !read_number(fields[cstime], system) ||
      !read_number(fields[threads], entry.threads)) {
    return std::nullopt;
  }
  entry.reaped_ticks = user + system;
  return entry;
}

std::vector<Entry> descendants(pid_t root) {
  std::vector<Entry> found;
  add_descendants(processes_by_parent(), root, found);
  return found;
}

std::vector<Entry> tree(pid_t root) {
  const auto by_parent = processes_by_parent();
  std::vector<Entry> found;
  for (const auto& [parent, entry] : by_parent) {
    if (entry.pid == root) found.push_back(entry);
  }
  if (!found.empty()) add_descendants(by_parent, root, found);
  return found;
}

}  // namespace unrig::process
