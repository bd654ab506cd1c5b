#include "host/sockets.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <iterator>
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

/// Calls `take` with each answer. False: the kernel does not tell.
template <class Request>
bool for_each_answer(const Question<Request>& question,
                     const std::function<void(const nlmsghdr*)>& take) {
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
