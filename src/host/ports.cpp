#include "host/ports.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

namespace unrig::host {
namespace {

constexpr int lowest_port = 10000;  // below lie the ports that people give to services
constexpr int highest_port = 65535;

}  // namespace

std::vector<PortSpan> parse_port_spans(std::string_view text) {
  std::vector<PortSpan> spans;
  for (const auto& part : split(trim(text), ',')) {
    const auto dash = part.find('-');
    const auto first = to_number<int>(std::string_view(part).substr(0, dash));
    const auto last =
        dash == std::string::npos ? first : to_number<int>(std::string_view(part).substr(dash + 1));
    if (first && last) spans.emplace_back(*first, *last);
  }
  return spans;
}

bool is_free(const Endpoint& endpoint) {
  const auto address = socket_address(endpoint);
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  return socket && setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
         bind(socket.get(), address.get(), address.length) == 0 && listen(socket.get(), 1) == 0;
}

bool listens_at(pid_t process, const Endpoint& endpoint) {
  const auto queue = listen_queue(endpoint.port);
  if (!queue) return true;
  std::set<std::string> sockets;
  for (const auto inode : queue->inodes) sockets.insert(fmt::format("socket:[{}]", inode));
  std::error_code error;
  for (std::filesystem::directory_iterator it(fmt::format("/proc/{}/fd", process), error), end;
       !error && it != end; it.increment(error)) {
    std::error_code gone;
    if (sockets.contains(std::filesystem::read_symlink(it->path(), gone).string())) return true;
  }
  return static_cast<bool>(error);
}

Result<> check_listens(pid_t process, const Endpoint& endpoint) {
  if (listens_at(process, endpoint)) return {};
  return fail(ErrorKind::environment,
              fmt::format("another program listens at port {}", endpoint.port),
              fmt::format("which one it is: ss -ltnp 'sport = :{}'", endpoint.port));
}

Ports::Ports(RandomStream random, PortRange ephemeral, std::vector<PortSpan> reserved)
    : random_(random), ephemeral_(ephemeral), unavailable_(std::move(reserved)) {}

Result<Endpoint> Ports::next() {
  constexpr int attempts = 10000;
  for (int i = 0; i < attempts; ++i) {
    const int port = lowest_port + static_cast<int>(random_.below(highest_port - lowest_port + 1));
    auto endpoint = loopback(port);
    if (!allowed(port) || !is_free(endpoint)) continue;
    unavailable_.emplace_back(port, port);
    return endpoint;
  }
  return fail(ErrorKind::environment, "no free port found outside the ephemeral range",
              "look at net.ipv4.ip_local_port_range and net.ipv4.ip_local_reserved_ports");
}

bool Ports::allowed(int port) const {
  return (port < ephemeral_.low || port > ephemeral_.high) &&
         std::ranges::none_of(unavailable_, [port](const PortSpan& span) {
           return port >= span.first && port <= span.second;
         });
}

Ports local_ports() {
  const auto reserved = read_file("/proc/sys/net/ipv4/ip_local_reserved_ports");
  return {RandomStream(fresh_seed(), "ports"), ephemeral_ports(),
          parse_port_spans(reserved.value_or(""))};
}

}  // namespace unrig::host
