#include "chain/ask.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "http/request.h"
#include "http/response_parser.h"
#include "http/text.h"

namespace unrig::chain {
namespace {

constexpr std::size_t answer_limit = 1 << 20;

std::string reason(std::string_view doing, int error_number) {
  return fail_errno(std::string(doing), error_number).error().what;
}

/// One request and its answer. Passive: told when its socket is ready.
class Exchange {
 public:
  /// `keep`: the connection is wanted after the answer.
  Exchange(const Question& question, UniqueFd fd, bool keep)
      : out_(question.bytes), fd_(std::move(fd)), keep_(keep) {
    reply.key = question.key;
  }

  void begin(const host::Endpoint& at, Instant now);
  void go_on(Instant now);
  void fail(std::string why, Instant now) {
    reply.failure = std::move(why);
    reply.ended = now;
    state_ = State::over;
    fd_.reset();
  }
  [[nodiscard]] bool begun() const { return state_ != State::planned; }
  [[nodiscard]] bool over() const { return state_ == State::over; }
  [[nodiscard]] pollfd wish() const {
    return {fd_.get(), static_cast<short>(out_.empty() ? POLLIN : POLLOUT), 0};
  }
  /// The connection, where the answer allows another request on it.
  [[nodiscard]] UniqueFd release() { return std::move(fd_); }

  Reply reply;

 private:
  enum class State : std::uint8_t { planned, under_way, over };
  void finish(Instant now);
  void write_some(Instant now);
  void read_some(Instant now);
  void parse(std::string_view bytes, Instant now);

  std::string out_;
  UniqueFd fd_;
  bool keep_;
  http::ResponseParser parser_;
  State state_ = State::planned;
  std::size_t size_ = 0;
  bool surplus_ = false;
};

void Exchange::begin(const host::Endpoint& at, Instant now) {
  reply.began = now;
  state_ = State::under_way;
  if (fd_) return;
  const auto address = host::socket_address(at);
  const int family = address.storage.ss_family;
  fd_ = UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd_) return fail(reason("socket", errno), now);
  if (connect(fd_.get(), address.get(), address.length) != 0 && errno != EINPROGRESS) {
    fail(reason("connect", errno), now);
  }
}

void Exchange::finish(Instant now) {
  reply.status = parser_.status();
  reply.head.resize(std::min(reply.head.find("\r\n\r\n"), reply.head.size()));
  reply.ended = now;
  state_ = State::over;
  // At once: some servers wait for the client's end before they serve the next one.
  if (!keep_ || surplus_ || !parser_.keeps_alive()) fd_.reset();
}

void Exchange::go_on(Instant now) {
  if (!out_.empty()) {
    write_some(now);
  } else {
    read_some(now);
  }
}

void Exchange::write_some(Instant now) {
  const auto sent = send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
  if (sent >= 0) {
    out_.erase(0, static_cast<std::size_t>(sent));
    reply.sent = out_.empty();
  } else if (errno != EAGAIN && errno != EINTR) {
    fail(reason("no connection", errno), now);
  }
}

void Exchange::read_some(Instant now) {
  char buffer[4096];
  const auto got = recv(fd_.get(), buffer, sizeof buffer, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) fail(reason("no complete answer", errno), now);
  } else if (got > 0) {
    parse({buffer, static_cast<std::size_t>(got)}, now);
  } else if (parser_.complete_at_close()) {
    finish(now);
  } else {
    fail("the connection was closed before the answer was complete", now);
  }
}

void Exchange::parse(std::string_view bytes, Instant now) {
  size_ += bytes.size();
  if (size_ > answer_limit) return fail("the answer is too long", now);
  while (!bytes.empty()) {
    const bool in_head = !parser_.head_complete();
    const auto event = parser_.next(bytes);
    if (in_head) reply.head += bytes.substr(0, event.consumed - event.body.size());
    reply.body += event.body;
    bytes.remove_prefix(event.consumed);
    if (event.kind == http::Event::Kind::malformed) return fail("the answer is not HTTP", now);
    if (event.kind == http::Event::Kind::complete) {
      surplus_ = !bytes.empty();
      return finish(now);
    }
  }
}

std::string request_bytes(std::string_view path, const host::Endpoint& at, bool keep_alive) {
  return http::to_bytes({.path = std::string(path)}, at.text(), keep_alive).value();
}

/// All exchanges to their end; the n-th begins n * spacing after the call.
void conduct(std::vector<Exchange>& exchanges, const host::Endpoint& at, Duration spacing,
             const Clock& clock, Duration limit) {
  const Instant start = clock.now();
  while (true) {
    const Instant now = clock.now();
    Instant next = start + limit;
    std::vector<pollfd> waiting;
    std::vector<Exchange*> owners;
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
      auto& exchange = exchanges[i];
      const Instant planned = start + spacing * i;
      if (!exchange.begun() && planned <= now) exchange.begin(at, now);
      if (!exchange.over() && now >= start + limit)
        exchange.fail("no complete answer in time", now);
      if (!exchange.begun()) next = std::min(next, planned);
      if (exchange.over() || !exchange.begun()) continue;
      waiting.push_back(exchange.wish());
      owners.push_back(&exchange);
    }
    if (waiting.empty() && next == start + limit) return;
    // Where a beginning is near, poll() would sleep past it: its unit is too coarse.
    const bool soon = next - now < std::chrono::milliseconds(2) && next != start + limit;
    if (soon) clock.sleep_until(next);
    poll(waiting.data(), waiting.size(), soon ? 0 : poll_time(next, now));
    const Instant after = clock.now();
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) owners[i]->go_on(after);
    }
  }
}

}  // namespace

std::string Reply::field(std::string_view name) const {
  for (const auto& line : split(head, '\n')) {
    const auto colon = line.find(':');
    if (colon != std::string::npos &&
        http::same_word(std::string_view(line).substr(0, colon), name))
      return std::string(trim(std::string_view(line).substr(colon + 1)));
  }
  return {};
}

std::vector<Reply> ask(const host::Endpoint& at, std::span<const Question> questions,
                       Duration spacing, const Clock& clock, Duration limit) {
  std::vector<Exchange> exchanges;
  for (const auto& question : questions) exchanges.emplace_back(question, UniqueFd(), false);
  conduct(exchanges, at, spacing, clock, limit);
  std::vector<Reply> replies;
  for (auto& exchange : exchanges) replies.push_back(std::move(exchange.reply));
  return replies;
}

std::vector<Reply> ask(const host::Endpoint& at, std::string_view path, int count, Duration spacing,
                       const Clock& clock, Duration limit) {
  const std::vector<Question> same(static_cast<std::size_t>(count),
                                   Question{.bytes = request_bytes(path, at, false)});
  return ask(at, same, spacing, clock, limit);
}

Reply ask(const host::Endpoint& at, const Question& question, const Clock& clock, Duration limit) {
  return ask(at, std::span(&question, 1), Duration(0), clock, limit).front();
}

Reply ask(const host::Endpoint& at, std::string_view path, const Clock& clock, Duration limit) {
  return ask(at, path, 1, Duration(0), clock, limit).front();
}

Reply Asker::ask(std::string_view path, Duration limit) {
  return ask(Question{.bytes = request_bytes(path, at_, keep_alive_)}, limit);
}

Reply Asker::ask(const Question& question, Duration limit) {
  while (true) {
    const bool again = static_cast<bool>(kept_);
    std::vector<Exchange> one;
    one.emplace_back(question, std::move(kept_), keep_alive_);
    conduct(one, at_, Duration(0), clock_, limit);
    auto& reply = one.front().reply;
    // The server may close a kept connection at any time: then a fresh one gets the question.
    if (again && !reply.complete() && reply.head.empty()) continue;
    kept_ = one.front().release();
    return std::move(reply);
  }
}

}  // namespace unrig::chain
