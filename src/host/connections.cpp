#include "host/connections.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/number.h"
#include "host/as_owner.h"

namespace unrig::host {
namespace {

/// The kernel's names of states, as these tables have them: include/net/tcp_states.h.
constexpr std::string_view tcp_established = "01";
constexpr std::string_view tcp_close_wait = "08";
constexpr std::string_view tcp_listen = "0A";
constexpr std::string_view unix_waiting = "02";  // connected, and not accepted
constexpr std::string_view unix_connected = "03";

/// Words of a row of /proc/net/tcp:
/// sl local remote state queues timer retransmits uid timeout inode …
constexpr std::size_t tcp_local = 1, tcp_remote = 2, tcp_state = 3, tcp_queues = 4, tcp_inode = 9;

/// At most `most` words of a line, and what follows them.
struct Line {
  std::vector<std::string_view> words;
  std::string_view rest;
};
Line words_of(std::string_view line, std::size_t most) {
  Line found;
  while (found.words.size() < most) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    found.words.push_back(line.substr(0, line.find(' ')));
    line.remove_prefix(found.words.back().size());
  }
  const auto begin = line.find_first_not_of(' ');
  if (begin != std::string_view::npos) found.rest = line.substr(begin);
  return found;
}

/// Calls `row` with each line of the table.
template <class Row>
void for_each_line(std::string_view table, Row row) {
  while (!table.empty()) {
    const auto end = table.find('\n');
    row(table.substr(0, end));
    table.remove_prefix(end == std::string_view::npos ? table.size() : end + 1);
  }
}

/// The port of "0100007F:1F90".
std::optional<int> port_of(std::string_view address) {
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return to_number<int>(address.substr(colon + 1), hexadecimal);
}

/// Of "SENT:RECEIVED" the bytes that nobody has read.
std::optional<std::uint32_t> unread_in(std::string_view queues) {
  const auto colon = queues.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return to_number<std::uint32_t>(queues.substr(colon + 1), hexadecimal);
}

template <class Parse>
auto of_file(const char* path, Parse parse) {
  const auto text = read_file(path);
  return text ? std::optional(parse(*text)) : std::nullopt;
}

}  // namespace

void Connections::add(const Connections& other) {
  listening.insert(other.listening.begin(), other.listening.end());
  accepted.insert(other.accepted.begin(), other.accepted.end());
  waiting += other.waiting;
}

Connections parse_tcp(std::string_view table, int port) {
  Connections found;
  for_each_line(table, [&](std::string_view line) {
    const auto words = words_of(line, tcp_inode + 1).words;
    if (words.size() <= tcp_inode || port_of(words[tcp_local]) != port) return;
    const auto number = to_number<Inode>(words[tcp_inode]);
    if (!number) return;
    if (words[tcp_state] == tcp_listen) {
      found.listening.insert(*number);
    } else if (words[tcp_state] == tcp_established || words[tcp_state] == tcp_close_wait) {
      // A connection that nobody has taken has no socket yet, and so no number.
      if (*number == 0) {
        ++found.waiting;
      } else {
        found.accepted.insert(*number);
      }
    }
  });
  return found;
}

Connections parse_unix(std::string_view table, std::string_view path) {
  // num count protocol flags type state inode path
  constexpr std::size_t flags = 3, state = 5, inode = 6;
  constexpr std::string_view listens = "00010000";  // __SO_ACCEPTCON of the kernel's net.h
  Connections found;
  for_each_line(table, [&](std::string_view line) {
    const auto [words, rest] = words_of(line, inode + 1);
    if (words.size() <= inode || rest != path) return;
    const auto number = to_number<Inode>(words[inode]);
    if (!number) return;
    // The end that connected has no name.
    if (words[flags] == listens) {
      found.listening.insert(*number);
    } else if (words[state] == unix_waiting) {
      ++found.waiting;
    } else if (words[state] == unix_connected) {
      found.accepted.insert(*number);
    }
  });
  return found;
}

bool has_one_of(const ConnectionEnd& end, std::span<const int> ports) {
  return std::ranges::any_of(ports,
                             [&](int port) { return port == end.port || port == end.peer_port; });
}

std::vector<ConnectionEnd> parse_ends(std::string_view table, std::span<const int> ports) {
  std::vector<ConnectionEnd> ends;
  for_each_line(table, [&](std::string_view line) {
    const auto words = words_of(line, tcp_inode + 1).words;
    if (words.size() <= tcp_inode || words[tcp_state] != tcp_established) return;
    const auto inode = to_number<Inode>(words[tcp_inode]);
    const auto port = port_of(words[tcp_local]), peer = port_of(words[tcp_remote]);
    const auto unread = unread_in(words[tcp_queues]);
    if (!inode || *inode == 0 || !port || !peer || !unread) return;
    const ConnectionEnd end{.inode = *inode, .port = *port, .peer_port = *peer, .unread = *unread};
    if (has_one_of(end, ports)) ends.push_back(end);
  });
  return ends;
}

std::map<Inode, int> parse_listening(std::string_view table) {
  std::map<Inode, int> found;
  for_each_line(table, [&](std::string_view line) {
    const auto words = words_of(line, tcp_inode + 1).words;
    if (words.size() <= tcp_inode || words[tcp_state] != tcp_listen) return;
    const auto inode = to_number<Inode>(words[tcp_inode]);
    const auto port = port_of(words[tcp_local]);
    if (inode && port) found.emplace(*inode, *port);
  });
  return found;
}

std::optional<Connections> connections_at(const Endpoint& here) {
  if (here.is_socket()) {
    return of_file("/proc/net/unix",
                   [&](std::string_view text) { return parse_unix(text, here.socket().string()); });
  }
  const auto of_port = [&](std::string_view text) { return parse_tcp(text, here.port); };
  auto found = of_file("/proc/net/tcp", of_port);
  // A server that listens for IPv6 takes IPv4 as well. Without IPv6 there is no such file.
  const auto more = of_file("/proc/net/tcp6", of_port);
  if (found && more) found->add(*more);
  return found ? found : more;
}

std::optional<Inode> parse_socket_link(std::string_view text) {
  constexpr std::string_view begin = "socket:[", end = "]";
  if (!text.starts_with(begin) || !text.ends_with(end)) return std::nullopt;
  text.remove_prefix(begin.size());
  text.remove_suffix(end.size());
  return to_number<Inode>(text);
}

Result<Sockets> sockets_of(pid_t process, const std::filesystem::path& proc) {
  const auto folder = proc / std::to_string(process) / "fd";
  const AsOwner eyes(process);
  Sockets found;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const auto number = to_number<int>(it->path().filename().string());
    std::error_code closed;  // meanwhile
    const auto inode =
        parse_socket_link(std::filesystem::read_symlink(it->path(), closed).string());
    if (number && inode) found.emplace(*number, *inode);
  }
  if (error) return fail_errno(folder.string(), error.value());
  return found;
}

std::optional<std::set<int>> listening_ports(std::span<const pid_t> processes) {
  auto listening = of_file("/proc/net/tcp", parse_listening);
  // Without IPv6 there is no such file.
  auto more = of_file("/proc/net/tcp6", parse_listening);
  if (!listening) return std::nullopt;
  if (more) listening->merge(*more);
  std::set<int> ports;
  for (const pid_t process : processes) {
    for (const auto& [fd, inode] : sockets_of(process).value_or(Sockets{})) {
      if (const auto own = listening->find(inode); own != listening->end())
        ports.insert(own->second);
    }
  }
  return ports;
}

}  // namespace unrig::host
