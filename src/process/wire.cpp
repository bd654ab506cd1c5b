#include "process/wire.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "base/number.h"
#include "base/text.h"

namespace unrig::process {
namespace {

constexpr char separator = '\0';
/// What no launch begins with: that is a path.
const std::string removal_head = std::string(1, separator);

template <class T>
T number(std::string_view text) {
  return to_number<T>(text).value();
}

/// Counts of its paths by kind, "2,1,0"; "" where there is none.
std::string shape_of(const std::optional<Fence>& fence) {
  if (!fence) return "";
  return fmt::format("{},{},{}", fence->writable.size(), fence->hidden.size(),
                     fence->readable.size());
}

/// 0, or an errno.
int send(int socket, const msghdr& message) {
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

/// Space for two descriptors, aligned as the kernel wants it.
union Ancillary {
  cmsghdr header;
  std::array<char, CMSG_SPACE(2 * sizeof(int))> bytes;
};

}  // namespace

std::string encode(const Removal& removal) {
  return removal_head + (removal.is_group ? removal_head : "") + removal.folder;
}

std::optional<Removal> decode_removal(std::string_view message) {
  if (!message.starts_with(removal_head)) return std::nullopt;
  message.remove_prefix(removal_head.size());
  const bool is_group = message.starts_with(removal_head);
  if (is_group) message.remove_prefix(removal_head.size());
  return Removal{std::string(message), is_group};
}

std::string encode(const Launch& launch) {
  const Command& command = launch.command;
  std::vector<std::string> parts = {
      launch.program,
      command.folder.string(),
      command.group.string(),
      std::to_string(command.farewell),
      command.user ? fmt::format("{}:{}", command.user->uid, command.user->gid) : "",
      fmt::format("{}", fmt::join(command.cpus, ",")),
      std::to_string(command.argv.size()),
      shape_of(command.fence)};
  parts.insert(parts.end(), command.argv.begin(), command.argv.end());
  if (command.fence) {
    const auto& [writable, hidden, readable] = *command.fence;
    for (const auto* paths : {&writable, &hidden, &readable})
      parts.insert(parts.end(), paths->begin(), paths->end());
  }
  parts.insert(parts.end(), command.environment.begin(), command.environment.end());
  return join(parts, std::string_view(&separator, 1));
}

Launch decode(std::string_view message) {
  const std::vector<std::string> parts = split(message, separator);
  constexpr std::size_t fixed = 8;
  assert(parts.size() >= fixed);
  Launch launch;
  launch.program = parts[0];
  Command& command = launch.command;
  command.folder = parts[1];
  command.group = parts[2];
  command.farewell = number<int>(parts[3]);
  if (!parts[4].empty()) {
    const auto ids = split(parts[4], ':');
    command.user = User{number<uid_t>(ids.at(0)), number<gid_t>(ids.at(1))};
  }
  if (!parts[5].empty()) {
    for (const auto& cpu : split(parts[5], ',')) command.cpus.push_back(number<int>(cpu));
  }
  auto next = parts.begin() + fixed;
  const auto take = [&](auto& list, std::string_view count) {
    const auto end = next + number<std::ptrdiff_t>(count);
    assert(end <= parts.end());
    list.assign(next, end);
    next = end;
  };
  take(command.argv, parts[6]);
  if (!parts[7].empty()) {
    const auto counts = split(parts[7], ',');
    auto& [writable, hidden, readable] = command.fence.emplace();
    take(writable, counts.at(0));
    take(hidden, counts.at(1));
    take(readable, counts.at(2));
  }
  command.environment.assign(next, parts.end());
  return launch;
}

std::optional<std::array<UniqueFd, 2>> socket_pair() {
  int raw[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, raw) != 0) return std::nullopt;
  const std::array<UniqueFd, 2> low = {UniqueFd(raw[0]), UniqueFd(raw[1])};
  // unrig may have been started with its standard descriptors closed; children get them replaced.
  std::array<UniqueFd, 2> pair = {UniqueFd(::fcntl(raw[0], F_DUPFD_CLOEXEC, 3)),
                                  UniqueFd(::fcntl(raw[1], F_DUPFD_CLOEXEC, 3))};
  if (!pair[0] || !pair[1]) return std::nullopt;
  return pair;
}

int send_message(int socket, std::string_view message, const std::array<int, 2>& descriptors) {
  if (message.size() > max_message) return EMSGSIZE;
  iovec part{const_cast<char*>(message.data()), message.size()};
  Ancillary ancillary{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = ancillary.bytes.data();
  header.msg_controllen = sizeof ancillary.bytes;
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof descriptors);
  std::memcpy(CMSG_DATA(rights), descriptors.data(), sizeof descriptors);
  return send(socket, header);
}

int send_message(int socket, std::string_view message) {
  if (message.size() > max_message) return EMSGSIZE;
  iovec part{const_cast<char*>(message.data()), message.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  return send(socket, header);
}

std::optional<Message> receive_message(int socket) {
  Message message;
  message.text.resize(max_message);
  iovec part{message.text.data(), message.text.size()};
  Ancillary ancillary{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = ancillary.bytes.data();
  header.msg_controllen = sizeof ancillary.bytes;
  ssize_t length = 0;
  do {
    length = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (length < 0 && errno == EINTR);
  if (length <= 0) return std::nullopt;
  message.text.resize(static_cast<std::size_t>(length));
  const cmsghdr* rights = CMSG_FIRSTHDR(&header);
  if (rights == nullptr) return message;
  if (rights->cmsg_len != CMSG_LEN(2 * sizeof(int))) return std::nullopt;
  std::array<int, 2> raw{};
  std::memcpy(raw.data(), CMSG_DATA(rights), sizeof raw);
  message.descriptors = {UniqueFd(raw[0]), UniqueFd(raw[1])};
  return message;
}

}  // namespace unrig::process
