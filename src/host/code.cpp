#include "host/code.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/file.h"
#include "base/number.h"
#include "host/as_owner.h"

namespace unrig::host {
namespace {

/// BEGIN-END RIGHTS OFFSET DEVICE INODE   PATH
std::optional<Code> parse_mapping(std::string_view line) {
  const auto blank = line.find(' ');
  const auto path = line.find('/');  // the first one: nothing before it has any
  if (blank == std::string_view::npos || path == std::string_view::npos || path < blank)
    return std::nullopt;
  constexpr std::size_t execute = 3;  // behind the blank: rwxp
  const auto range = line.substr(0, blank);
  const auto dash = range.find('-');
  if (dash == std::string_view::npos || blank + execute >= path || line[blank + execute] != 'x')
    return std::nullopt;
  const auto begin = to_number<std::uint64_t>(range.substr(0, dash), hexadecimal);
  const auto end = to_number<std::uint64_t>(range.substr(dash + 1), hexadecimal);
  if (!begin || !end) return std::nullopt;
  return Code{.begin = *begin, .end = *end, .file = std::string(line.substr(path))};
}

}  // namespace

std::vector<Code> parse_maps(std::string_view maps) {
  std::vector<Code> found;
  while (!maps.empty()) {
    const auto end = maps.find('\n');
    if (auto code = parse_mapping(maps.substr(0, end))) found.push_back(*std::move(code));
    maps.remove_prefix(end == std::string_view::npos ? maps.size() : end + 1);
  }
  return found;
}

std::vector<std::string> Image::files() const {
  std::vector<std::string> found;
  for (const Code& each : code) {
    if (std::ranges::find(found, each.file) == found.end()) found.push_back(each.file);
  }
  return found;
}

Result<Image> image_of(pid_t process) {
  const AsOwner eyes(process);
  const auto folder = fmt::format("/proc/{}/", process);
  const auto maps = read_file(folder + "maps");
  if (!maps) return std::unexpected(maps.error());
  std::error_code error;
  const auto program = std::filesystem::read_symlink(folder + "exe", error);
  if (error) return fail_errno(folder + "exe", error.value());
  return Image{.program = program.string(), .code = parse_maps(*maps)};
}

}  // namespace unrig::host
