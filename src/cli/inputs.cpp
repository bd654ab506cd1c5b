#include "cli/inputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest = 64 << 20;

bool means_standard_input(const fs::path& file) {
  return file == "-" || file == "/dev/stdin" || file == "/dev/fd/0" || file == "/proc/self/fd/0";
}

/// What is left of an open descriptor, whose position belongs to whoever opened it.
Result<std::string> read_rest(int descriptor) {
  std::string content;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = ::read(descriptor, buffer.data(), buffer.size());
    if (n == 0) return content;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot read standard input", errno);
    content.append(buffer.data(), static_cast<std::size_t>(n));
    if (content.size() > longest) {
      return fail(ErrorKind::usage, fmt::format("it is longer than {} bytes", longest),
                  "send a shorter body");
    }
  }
}

}  // namespace

Result<std::string> Inputs::read(const std::string& option, const fs::path& file) {
  const bool standard = means_standard_input(file);
  const fs::path source = standard ? "-" : file;
  if (standard) {
    if (!took_standard_input_.empty() && took_standard_input_ != option) {
      return fail(
          ErrorKind::usage,
          fmt::format("{} and {} both ask for standard input", took_standard_input_, option),
          "only one option can have it: give the other one a file");
    }
    took_standard_input_ = option;
  }
  if (const auto known = read_.find(source); known != read_.end()) return known->second;
  auto content = standard ? read_rest(standard_input_) : read_file(source, longest);
  if (!content) {
    return fail(ErrorKind::usage, fmt::format("{} {}: {}", option, printable(file.string()),
                                              printable(content.error().what)));
  }
  return read_.emplace(source, std::move(*content)).first->second;
}

Result<> check_readable_again(const std::string& option, const fs::path& file) {
  std::error_code error;
  const auto status = fs::status(file, error);
  if (file.empty() || error || !fs::exists(status) || fs::is_regular_file(status)) return {};
  return fail(ErrorKind::usage,
              fmt::format("{} {}: it is read more than once, and this is no regular file", option,
                          printable(file.string())),
              "give a file");
}

}  // namespace unrig::cli
