#include "audit/http_probe.h"

#include <string>
#include <utility>

#include "http/request.h"

namespace unrig::audit {
namespace {

constexpr int plain_requests = 5;
/// On one connection: the kernel confirms at once at first, until it takes the two for a dialogue.
constexpr std::size_t requests_in_turn = 24;
constexpr std::size_t requests_in_one_piece = 3;
constexpr std::string_view other_paths[] = {"/", "/nothing-is-here"};

/// The questions, each on a connection of its own.
class Prober {
 public:
  Prober(const host::Endpoint& at, const Clock& clock, const ProbePatience& patience)
      : at_(at), clock_(clock), patience_(patience) {}

  [[nodiscard]] std::string request(std::string_view path, bool keep_alive = true,
                                    const char* method = "GET") const {
    return http::to_bytes({.method = method, .path = std::string(path)}, at_.text(), keep_alive)
        .value();
  }
  /// `once(connection)`, again where nothing complete came, as `answer_of(what it gave)` says.
  template <class Once, class AnswerOf>
  auto ask(Once once, AnswerOf answer_of) const {
    using Seen = decltype(once(std::declval<RawConnection&>()));
    Seen seen{};
    for (int i = 0; i < patience_.tries; ++i) {
      auto connection = RawConnection::open(at_, clock_, in(patience_.answer));
      if (connection) {
        seen = once(*connection);
      } else {
        seen = {};
        answer_of(seen).failure = connection.error().what;
      }
      if (answer_of(seen).complete()) break;
    }
    return seen;
  }
  /// One request, and its answer on the same connection.
  [[nodiscard]] RawAnswer exchange(RawConnection& connection, std::string_view bytes,
                                   bool to_head = false) const {
    const auto sent = connection.send(bytes, in(patience_.answer));
    auto answer = connection.read_answer(to_head, in(patience_.answer));
    if (!sent && !answer.complete()) answer.failure = sent.error().what;
    return answer;
  }
  [[nodiscard]] RawAnswer alone(std::string_view bytes) const {
    return ask([&](RawConnection& connection) { return exchange(connection, bytes); },
               [](RawAnswer& answer) -> RawAnswer& { return answer; });
  }

  [[nodiscard]] Cut cut(std::string_view bytes, std::size_t after) const;
  [[nodiscard]] Pipelined pipelined(std::string_view bytes) const;
  [[nodiscard]] Kept kept(std::string_view bytes) const;
  [[nodiscard]] LastOne last_one(std::string_view bytes) const;
  [[nodiscard]] ToHead to_head(std::string_view bytes) const;
  [[nodiscard]] std::vector<RawAnswer> in_turn(std::string_view bytes) const;

 private:
  [[nodiscard]] Instant in(Duration time) const { return clock_.now() + time; }
  /// Of what has been answered: whether the server ends it.
  [[nodiscard]] ConnectionEnd end_of(RawConnection& connection, const RawAnswer& answer) const {
    return answer.end == ConnectionEnd::open ? connection.wait_for_end(in(patience_.end))
                                             : answer.end;
  }

  const host::Endpoint& at_;
  const Clock& clock_;
  const ProbePatience& patience_;
};

Cut Prober::cut(std::string_view bytes, std::size_t after) const {
  const auto once = [&](RawConnection& connection) {
    Cut seen;
    const bool by_byte = after == 0;
    std::string_view rest = bytes;
    // Of two pieces the second one is all that is left.
    for (std::size_t size = by_byte ? 1 : after; rest.size() > size;
         size = by_byte ? 1 : rest.size()) {
      // Whoever has closed the connection may have said something before.
      if (!connection.send(rest.substr(0, size), in(patience_.answer))) break;
      rest.remove_prefix(size);
      clock_.sleep_for(patience_.between_pieces);
      seen.early = seen.early || connection.has_something();
    }
    seen.answer = exchange(connection, rest);
    return seen;
  };
  Cut seen = ask(once, [](Cut& found) -> RawAnswer& { return found.answer; });
  seen.after = after;
  return seen;
}

Pipelined Prober::pipelined(std::string_view bytes) const {
  std::string all;
  for (std::size_t i = 0; i < requests_in_one_piece; ++i) all += bytes;
  const auto once = [&](RawConnection& connection) {
    Pipelined seen;
    auto answer = exchange(connection, all);
    while (answer.complete() && seen.answers.size() + 1 < requests_in_one_piece) {
      seen.answers.push_back(std::move(answer));
      answer = connection.read_answer(false, in(patience_.answer));
    }
    if (answer.complete()) {
      seen.answers.push_back(std::move(answer));
    } else {
      seen.unfinished = std::move(answer);
    }
    return seen;
  };
  Pipelined seen = ask(once, [](Pipelined& found) -> RawAnswer& { return found.unfinished; });
  seen.asked = requests_in_one_piece;
  return seen;
}

Kept Prober::kept(std::string_view bytes) const {
  const auto once = [&](RawConnection& connection) {
    Kept seen{.first = exchange(connection, bytes)};
    if (!seen.first.complete()) return seen;
    if (seen.first.says_it_keeps) {
      seen.second = exchange(connection, bytes);
    } else {
      seen.end = end_of(connection, seen.first);
    }
    return seen;
  };
  return ask(once,
             [](Kept& seen) -> RawAnswer& { return seen.second ? *seen.second : seen.first; });
}

LastOne Prober::last_one(std::string_view bytes) const {
  const auto once = [&](RawConnection& connection) {
    LastOne seen{.answer = exchange(connection, bytes)};
    seen.end = end_of(connection, seen.answer);
    return seen;
  };
  return ask(once, [](LastOne& seen) -> RawAnswer& { return seen.answer; });
}

ToHead Prober::to_head(std::string_view bytes) const {
  const auto once = [&](RawConnection& connection) {
    ToHead seen{.answer = exchange(connection, bytes, true)};
    if (seen.answer.end == ConnectionEnd::open)
      static_cast<void>(connection.wait_for_end(in(patience_.surplus)));
    seen.surplus = connection.surplus();
    return seen;
  };
  return ask(once, [](ToHead& seen) -> RawAnswer& { return seen.answer; });
}

/// As many as the server answers on one connection.
std::vector<RawAnswer> Prober::in_turn(std::string_view bytes) const {
  std::vector<RawAnswer> answers;
  auto connection = RawConnection::open(at_, clock_, in(patience_.answer));
  while (connection && answers.size() < requests_in_turn) {
    auto answer = exchange(*connection, bytes);
    // Whether it may close here at all is another point's matter.
    if (!answer.complete()) break;
    const bool over = !answer.says_it_keeps;
    answers.push_back(std::move(answer));
    if (over) break;
  }
  constexpr std::size_t least = 2;
  if (answers.size() < least) answers.clear();
  return answers;
}

}  // namespace

HttpSeen look_at_answers(const host::Endpoint& at, std::string_view path, const Clock& clock,
                         const std::stop_token& stop, const ProbePatience& patience) {
  const Prober prober(at, clock, patience);
  HttpSeen seen{.request = prober.request(path)};
  const auto stopped = [&] { return stop.stop_requested(); };
  for (int i = 0; i < plain_requests && !stopped(); ++i)
    seen.plain.push_back(prober.alone(seen.request));
  for (const auto& other : other_paths) {
    if (stopped()) return seen;
    seen.elsewhere.push_back({std::string(other), prober.alone(prober.request(other))});
  }
  // A server that answers nothing at all need not be waited for in each of these ways.
  if (seen.plain.empty() || !seen.plain.back().complete()) return seen;
  for (std::size_t after = 0; after < seen.request.size() && !stopped(); ++after) {
    seen.cuts.push_back(prober.cut(seen.request, after));
    if (!seen.cuts.back().answer.complete()) break;
  }
  if (!stopped()) seen.pipelined = prober.pipelined(seen.request);
  if (!stopped()) seen.kept = prober.kept(seen.request);
  if (!stopped()) seen.last_one = prober.last_one(prober.request(path, false));
  if (!stopped()) seen.to_head = prober.to_head(prober.request(path, true, "HEAD"));
  if (!stopped()) seen.in_turn = prober.in_turn(seen.request);
  return seen;
}

std::vector<RawAnswer> answers_in_turn(const host::Endpoint& at, std::string_view request,
                                       const Clock& clock, const ProbePatience& patience) {
  return Prober(at, clock, patience).in_turn(request);
}

}  // namespace unrig::audit
