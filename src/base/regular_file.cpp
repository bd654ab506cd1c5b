#include "base/regular_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace unrig {
namespace {

constexpr int most_dots = 32;

/// The length of the text that begins at the start of `rest` with a quote; as far as it goes where
/// its end is missing.
std::size_t length_of_text(std::string_view rest) {
  const char quote = rest.front();
  const bool multi_line = rest.size() > 2 && rest[1] == quote && rest[2] == quote;
  const std::size_t quotes = multi_line ? 3 : 1;
  const std::string closing(quotes, quote);
  for (std::size_t i = quotes; i < rest.size(); ++i) {
    if (quote == '"' && rest[i] == '\\') {
      ++i;
    } else if (!multi_line && rest[i] == '\n') {
      return i;
    } else if (rest.substr(i).starts_with(closing)) {
      return i + quotes;
    }
  }
  return rest.size();
}

}  // namespace

Result<std::string> read_regular_file(const std::filesystem::path& path, std::size_t limit) {
  const auto refused = [&](std::string_view why) {
    return fail(ErrorKind::environment,
                fmt::format("cannot read {}: {}", printable(path.string()), why));
  };
  // Without O_NONBLOCK a pipe that nobody writes to would be waited for.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return fail_errno(fmt::format("cannot read {}", printable(path.string())), errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return refused("its kind is unknown");
  if (S_ISDIR(info.st_mode)) return refused("it is a folder");
  if (!S_ISREG(info.st_mode)) return refused("it is no regular file");
  if (info.st_size > static_cast<off_t>(limit))
    return refused(fmt::format("it is longer than {} bytes", limit));
  return read_file(fmt::format("/proc/self/fd/{}", fd.get()), limit);
}

Result<> check_key_depth(std::string_view toml, std::string_view name) {
  int line = 1;
  int dots = 0;
  for (std::size_t i = 0; i < toml.size(); ++i) {
    const char c = toml[i];
    if (c == '"' || c == '\'') {
      const auto text = toml.substr(i, length_of_text(toml.substr(i)));
      line += static_cast<int>(std::ranges::count(text, '\n'));
      i += text.size() - 1;
    } else if (c == '#') {
      i = std::min(toml.find('\n', i), toml.size()) - 1;
    } else if (c == '.') {
      if (++dots > most_dots) {
        return fail(ErrorKind::usage, fmt::format("{}:{}: a key of more than {} parts",
                                                  printable(name), line, most_dots));
      }
    } else if (c == '\n' || std::string_view("=,[]{}").find(c) != std::string_view::npos) {
      line += c == '\n' ? 1 : 0;
      dots = 0;
    }
  }
  return {};
}

}  // namespace unrig
