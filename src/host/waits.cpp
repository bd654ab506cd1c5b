#include "host/waits.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "host/as_owner.h"

namespace unrig::host {
namespace {

/// Some architectures have only the newer ones.
constexpr auto epoll_calls = std::to_array<long>({
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
    SYS_epoll_pwait,
#ifdef SYS_epoll_pwait2
    SYS_epoll_pwait2,
#endif
});

/// The number of "0x7ffc68149220".
std::optional<std::uint64_t> address_of(std::string_view text) {
  constexpr std::string_view head = "0x";
  if (!text.starts_with(head)) return std::nullopt;
  return to_number<std::uint64_t>(text.substr(head.size()), hexadecimal);
}

bool is_c_library(std::string_view file) {
  const auto name = file.substr(file.rfind('/') + 1);
  return name.starts_with("libc.so") || name.starts_with("libc-") || name.starts_with("ld-") ||
         name.starts_with("libpthread");
}

/// What stands there in the memory of the process, as far as it can be read.
std::vector<std::uint64_t> words_at(pid_t process, std::uint64_t address) {
  const UniqueFd memory(::open(fmt::format("/proc/{}/mem", process).c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<std::uint64_t> words(stack_words);
  const ssize_t length =
      memory ? ::pread(memory.get(), words.data(), words.size() * sizeof words.front(),
                       static_cast<off_t>(address))
             : -1;
  words.resize(length > 0 ? static_cast<std::size_t>(length) / sizeof words.front() : 0);
  return words;
}

}  // namespace

std::optional<EpollCall> parse_epoll_call(std::string_view text) {
  const auto words = split(trim(text), ' ');
  // number, six arguments, stack pointer, instruction pointer
  constexpr std::size_t size = 9, argument = 1, pointer = 7;
  if (words.size() != size) return std::nullopt;
  const auto call = to_number<long>(words.front());
  const auto descriptor = address_of(words[argument]);
  const auto stack = address_of(words[pointer]);
  if (!call || !descriptor || !stack) return std::nullopt;
  if (std::ranges::find(epoll_calls, *call) == epoll_calls.end()) return std::nullopt;
  return EpollCall{.descriptor = static_cast<int>(*descriptor), .stack = *stack};
}

std::set<int> parse_watched(std::string_view fdinfo) {
  constexpr std::string_view head = "tfd:";
  std::set<int> found;
  for (const auto& line : split(fdinfo, '\n')) {
    if (!line.starts_with(head)) continue;
    const auto number = leading_number<int>(trim(std::string_view(line).substr(head.size())));
    if (number) found.insert(*number);
  }
  return found;
}

std::vector<std::string> code_on_stack(std::span<const std::uint64_t> words,
                                       std::span<const Code> code) {
  std::vector<std::string> found;
  for (const std::uint64_t word : words.first(std::min(words.size(), stack_words))) {
    const auto behind = std::ranges::find_if(
        code, [word](const Code& each) { return each.begin <= word && word < each.end; });
    if (behind == code.end() || is_c_library(behind->file)) continue;
    if (std::ranges::find(found, behind->file) == found.end()) found.push_back(behind->file);
  }
  return found;
}

Result<std::vector<Wait>> waits_of(pid_t process, const Sockets& sockets,
                                   std::span<const Code> code) {
  const AsOwner eyes(process);
  const auto folder = fmt::format("/proc/{}/", process);
  std::vector<Wait> found;
  std::error_code error;
  bool reads = false;
  int refused = ENOENT;
  for (std::filesystem::directory_iterator it(folder + "task", error), end; !error && it != end;
       it.increment(error)) {
    const UniqueFd file(::open((it->path() / "syscall").c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 256> text{};
    const ssize_t length = file ? ::read(file.get(), text.data(), text.size()) : -1;
    if (length <= 0) {
      refused = errno;
      continue;
    }
    reads = true;
    const auto call = parse_epoll_call({text.data(), static_cast<std::size_t>(length)});
    if (!call) continue;
    Wait wait{.code = code_on_stack(words_at(process, call->stack), code), .sockets = {}};
    const auto watched =
        parse_watched(read_file(fmt::format("{}fdinfo/{}", folder, call->descriptor)).value_or(""));
    for (const auto& [descriptor, inode] : sockets) {
      if (watched.contains(descriptor)) wait.sockets.insert(inode);
    }
    found.push_back(std::move(wait));
  }
  if (error) return fail_errno(folder + "task", error.value());
  if (!reads) return fail_errno(folder + "task/…/syscall", refused);
  return found;
}

}  // namespace unrig::host
