#include "host/sockets.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/number.h"
#include "host/connections.h"
#include "host/content.h"
#include "host/parse.h"

namespace unrig::host {
namespace {

/// What sock_diag(7) is asked.
template <class Request>
struct Question {
  nlmsghdr header{};
  Request request{};

  Question(std::uint16_t type, std::uint32_t states) {
    header.nlmsg_len = sizeof *this;
    header.nlmsg_type = type;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.idiag_states = states;
    request.idiag_ext = 1U << (INET_DIAG_SKMEMINFO - 1);
  }
};

/// For all TCP sockets in one of these states, whatever their version. It is the older way to ask,
/// but goes once through the kernel's table of connections, which takes some milliseconds.
Question<inet_diag_req> of_any_version(std::uint32_t states) {
  return {TCPDIAG_GETSOCK, states};
}

Question<inet_diag_req_v2> of_version(std::uint8_t family, std::uint32_t states) {
  Question<inet_diag_req_v2> question(SOCK_DIAG_BY_FAMILY, states);
  question.request.sdiag_family = family;
  question.request.sdiag_protocol = IPPROTO_TCP;
  return question;
}

/// How often one socket had no room, from the attributes that follow its message.
std::optional<std::uint64_t> drops_of(const nlmsghdr* header) {
  const auto* entry = static_cast<const inet_diag_msg*>(NLMSG_DATA(header));
  auto left = static_cast<unsigned>(NLMSG_PAYLOAD(header, sizeof *entry));
  for (auto* each = reinterpret_cast<const rtattr*>(entry + 1); RTA_OK(each, left);
       each = RTA_NEXT(each, left)) {
    if (each->rta_type != INET_DIAG_SKMEMINFO) continue;
    std::array<std::uint32_t, SK_MEMINFO_DROPS + 1> values{};
    if (RTA_PAYLOAD(each) < sizeof values) return std::nullopt;
    std::memcpy(values.data(), RTA_DATA(each), sizeof values);
    return values[SK_MEMINFO_DROPS];
  }
  return std::nullopt;
}

/// The same for Unix sockets that are listened at.
struct UnixQuestion {
  nlmsghdr header{};
  unix_diag_req request{};

  UnixQuestion() {
    header.nlmsg_len = sizeof *this;
    header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.sdiag_family = AF_UNIX;
    request.udiag_states = 1U << TCP_LISTEN;
    request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN;
  }
};

/// What an answer to that says of one socket.
struct UnixListener {
  std::string_view name;
  unix_diag_rqlen queue{};
};
UnixListener unix_listener(const nlmsghdr* header) {
  UnixListener found;
  const auto* entry = static_cast<const unix_diag_msg*>(NLMSG_DATA(header));
  auto left = static_cast<unsigned>(NLMSG_PAYLOAD(header, sizeof *entry));
  for (auto* each = reinterpret_cast<const rtattr*>(entry + 1); RTA_OK(each, left);
       each = RTA_NEXT(each, left)) {
    const auto size = RTA_PAYLOAD(each);
    if (each->rta_type == UNIX_DIAG_NAME) {
      found.name = {static_cast<const char*>(RTA_DATA(each)), size};
      if (found.name.ends_with('\0')) found.name.remove_suffix(1);
    } else if (each->rta_type == UNIX_DIAG_RQLEN && size >= sizeof found.queue) {
      std::memcpy(&found.queue, RTA_DATA(each), sizeof found.queue);
    }
  }
  return found;
}

/// Calls `take` with each answer. False: the kernel does not tell.
template <class Question>
bool for_each_answer(const Question& question, const std::function<void(const nlmsghdr*)>& take) {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket || ::send(socket.get(), &question, sizeof question, 0) != sizeof question)
    return false;
  for (;;) {
    alignas(nlmsghdr) std::array<char, 32768> buffer;
    const ssize_t length = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (length <= 0) return false;
    auto left = static_cast<unsigned>(length);
    for (auto* each = reinterpret_cast<const nlmsghdr*>(buffer.data()); NLMSG_OK(each, left);
         each = NLMSG_NEXT(each, left)) {
      if (each->nlmsg_type == NLMSG_DONE) return true;
      if (each->nlmsg_type == NLMSG_ERROR) return false;
      take(each);
    }
  }
}

/// Those of version 6 as well, which may speak version 4: all of a JVM do. Where the machine has no
/// version 6 there are none.
bool for_each_socket(std::uint32_t states, const std::function<void(const nlmsghdr*)>& take) {
  if (for_each_answer(of_any_version(states), take)) return true;
  if (!for_each_answer(of_version(AF_INET, states), take)) return false;
  static_cast<void>(for_each_answer(of_version(AF_INET6, states), take));
  return true;
}

/// By sock_diag, which some kernels lack.
std::optional<std::vector<ConnectionEnd>> ends_by_diag(std::span<const int> ports) {
  std::vector<ConnectionEnd> ends;
  const bool told = for_each_socket(1U << TCP_ESTABLISHED, [&](const nlmsghdr* each) {
    const auto* entry = static_cast<const inet_diag_msg*>(NLMSG_DATA(each));
    const ConnectionEnd end{.inode = entry->idiag_inode,
                            .port = ntohs(entry->id.idiag_sport),
                            .peer_port = ntohs(entry->id.idiag_dport),
                            .unread = entry->idiag_rqueue};
    if (end.inode != 0 && has_one_of(end, ports)) ends.push_back(end);
  });
  return told ? std::optional(std::move(ends)) : std::nullopt;
}

}  // namespace

std::optional<ListenQueue> listen_queue(int port) {
  std::optional<ListenQueue> found;
  const bool told = for_each_socket(1U << TCP_LISTEN, [&](const nlmsghdr* each) {
    const auto* entry = static_cast<const inet_diag_msg*>(NLMSG_DATA(each));
    if (ntohs(entry->id.idiag_sport) != port) return;
    if (!found) found.emplace();
    // For a listening socket these two are the queue and its limit.
    found->waiting += entry->idiag_rqueue;
    found->limit += entry->idiag_wqueue;
    found->inodes.push_back(entry->idiag_inode);
    const auto drops = drops_of(each);
    found->drops = drops && found->drops ? std::optional(*found->drops + *drops) : std::nullopt;
  });
  return told ? found : std::nullopt;
}

std::optional<ListenQueue> listen_queue(const std::filesystem::path& socket) {
  std::optional<ListenQueue> found;
  const bool told = for_each_answer(UnixQuestion(), [&](const nlmsghdr* each) {
    const auto [name, queue] = unix_listener(each);
    if (name != socket.native()) return;
    if (!found) found.emplace();
    found->waiting += queue.udiag_rqueue;
    found->limit += queue.udiag_wqueue;
    found->inodes.push_back(static_cast<const unix_diag_msg*>(NLMSG_DATA(each))->udiag_ino);
    found->drops.reset();  // nobody counts them
  });
  return told ? found : std::nullopt;
}

std::optional<std::vector<ConnectionEnd>> connection_ends(std::span<const int> ports) {
  if (auto ends = ends_by_diag(ports)) return ends;
  const auto table = read_file("/proc/net/tcp");
  if (!table) return std::nullopt;
  auto ends = parse_ends(*table, ports);
  std::ranges::copy(parse_ends(content("/proc/net/tcp6"), ports), std::back_inserter(ends));
  return ends;
}

NetCounters net_counters() {
  const std::string extended = content("/proc/net/netstat");
  return {.listen_overflows = net_counter(extended, "TcpExt", "ListenOverflows"),
          .listen_drops = net_counter(extended, "TcpExt", "ListenDrops"),
          .deferred_handshakes = net_counter(extended, "TcpExt", "TCPDeferAcceptDrop"),
          .retransmitted_segments = net_counter(content("/proc/net/snmp"), "Tcp", "RetransSegs")};
}

std::optional<std::uint64_t> connections_in_time_wait() {
  return socket_count(content("/proc/net/sockstat"), "TCP", "tw");
}

std::optional<int> longest_listen_queue() {
  return leading_number<int>(content("/proc/sys/net/core/somaxconn"));
}

PortRange ephemeral_ports() {
  return parse_port_range(content("/proc/sys/net/ipv4/ip_local_port_range"));
}

}  // namespace unrig::host
