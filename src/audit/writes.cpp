#include "audit/writes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "base/number.h"
#include "base/text.h"

namespace unrig::audit {
namespace {

/// A byte or an eventfd's number, not a line of a log.
constexpr std::uint64_t wake_bytes = 16;

/// A call as its line begins: who wrote, to what.
struct Begun {
  std::string target;
  std::string sample;
  bool hands_on = false;  ///< an accepted connection goes with it
};

/// What stands between the first two quotes, escapes left as they are.
std::string first_text(std::string_view arguments) {
  const auto begin = arguments.find('"');
  if (begin == std::string_view::npos) return {};
  auto end = begin + 1;
  while (end < arguments.size() && arguments[end] != '"') end += arguments[end] == '\\' ? 2 : 1;
  return std::string(arguments.substr(begin + 1, std::min(end, arguments.size()) - begin - 1));
}

/// Whether it is a connection whose own end is the port: "TCP:[127.0.0.1:80->127.0.0.1:40000]".
bool is_accepted(std::string_view target, int port) {
  const auto own = target.substr(0, target.find("->"));
  return target.starts_with("TCP") && own.ends_with(fmt::format(":{}", port));
}

/// Whether descriptors go with the message, and the first of them is such a connection:
/// "{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[18<TCP:[…]>]}".
bool hands_on_connection(std::string_view arguments, int port) {
  constexpr std::string_view descriptors = "cmsg_type=SCM_RIGHTS, cmsg_data=[";
  const auto at = arguments.rfind(descriptors);  // what the message says stands before it
  if (at == std::string_view::npos) return false;
  const auto first = arguments.substr(at + descriptors.size());
  const auto begin = first.find('<');
  return begin != std::string_view::npos && is_accepted(first.substr(begin + 1), port);
}

/// "write(3</tmp/log>, "GET"..., 3" and so on.
std::optional<Begun> begun_call(std::string_view call, int port) {
  const auto open = call.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  const auto arguments = call.substr(open + 1);
  const auto begin = arguments.find('<');
  const auto end = std::min(arguments.find(">,"), arguments.find(">)"));
  const bool is_described = begin != std::string_view::npos && end != std::string_view::npos &&
                            begin < end && to_number<int>(arguments.substr(0, begin));
  if (!is_described) return std::nullopt;
  return Begun{.target = std::string(arguments.substr(begin + 1, end - begin - 1)),
               .sample = first_text(arguments.substr(end)),
               .hands_on = hands_on_connection(arguments.substr(end), port)};
}

/// What the call returned; 0 where it failed.
std::uint64_t result_of(std::string_view line) {
  constexpr std::string_view equals = " = ";
  const auto at = line.rfind(equals);
  if (at == std::string_view::npos) return 0;
  return leading_number<std::uint64_t>(line.substr(at + equals.size())).value_or(0);
}

Sink sink_of(std::string_view target, std::uint64_t bytes, int port) {
  if (target.starts_with('/')) return Sink::file;
  if (is_accepted(target, port)) return Sink::client;
  if (target.starts_with("UNIX-DGRAM") || target.starts_with("UNIX-SEQPACKET") ||
      target.starts_with("UDP"))
    return Sink::message;
  // What strace cannot name is a socket of some kind.
  if (target.starts_with("UNIX") || target.starts_with("socket:")) return Sink::stream;
  if (target.starts_with("NETLINK") || target.starts_with("anon_inode:")) return Sink::wake;
  if (target.starts_with("pipe:") && bytes <= wake_bytes) return Sink::wake;
  return Sink::other;
}

/// "TCP" of "TCP:[…]": connections come and go.
std::string kind_of(Sink sink, std::string_view target) {
  return std::string(sink == Sink::file ? target : target.substr(0, target.find(":[")));
}

class WritesReader {
 public:
  explicit WritesReader(int port) : port_(port) {}

  void read(std::string_view line) {
    const auto thread = leading_number<pid_t>(line);
    const auto blank = line.find(' ');
    if (!thread || blank == std::string_view::npos) return;
    const auto call = trim(line.substr(blank));
    constexpr std::string_view unfinished = "<unfinished ...>";
    if (call.starts_with("<... ")) {
      const auto waiting = waiting_.find(*thread);
      if (waiting == waiting_.end()) return;
      add(*thread, waiting->second, result_of(call));
      waiting_.erase(waiting);
      return;
    }
    auto begun = begun_call(call, port_);
    if (!begun) return;
    if (call.ends_with(unfinished)) {
      waiting_.insert_or_assign(*thread, std::move(*begun));
    } else {
      add(*thread, *begun, result_of(call));
    }
  }

  [[nodiscard]] std::vector<Writes> found() const {
    std::vector<Writes> all;
    for (const auto& [key, writes] : found_) all.push_back(writes);
    return all;
  }

 private:
  void add(pid_t thread, const Begun& begun, std::uint64_t bytes) {
    if (bytes == 0) return;
    const Sink sink = sink_of(begun.target, bytes, port_);
    const auto target = kind_of(sink, begun.target);
    Writes& writes = found_[{thread, sink, target}];
    if (writes.calls == 0)
      writes = {.sink = sink, .target = target, .process = thread, .sample = begun.sample};
    ++writes.calls;
    writes.bytes += bytes;
    if (begun.hands_on) ++writes.handed_on;
  }

  int port_;
  std::map<pid_t, Begun> waiting_;
  std::map<std::tuple<pid_t, Sink, std::string>, Writes> found_;
};

}  // namespace

std::vector<Writes> parse_writes(std::string_view trace, int port) {
  WritesReader reader(port);
  for (const auto& line : split(trace, '\n')) reader.read(line);
  return reader.found();
}

}  // namespace unrig::audit
