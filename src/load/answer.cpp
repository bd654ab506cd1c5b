#include "load/answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "load/transport.h"

namespace unrig::load {

using http::Event;

namespace {

// What is kept of an answer for a message.
constexpr std::size_t sample_size = 400;

}  // namespace

Judge::Judge(const Plan& plan) : plan_(plan), to_head_(plan.request.method == "HEAD") {}

void Judge::begin(Reading& reading) const {
  reading.parser = http::ResponseParser(to_head_);
  reading.body_size = 0;
  reading.received = 0;
  reading.differs = false;
  reading.pieces.reset();
  if (reading.start) reading.start->clear();
}

Judgement Judge::read(Reading& reading, std::string_view bytes) {
  if (bytes.size() == known_size_ && bytes.starts_with(known_head_) && reading.parser.untouched()) {
    if (right_body(bytes.substr(known_head_.size()))) {
      return {.ended = true, .reusable = known_reusable_};
    }
  }
  const bool whole = reading.parser.untouched();
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const Event event = reading.parser.next(rest);
    rest.remove_prefix(event.consumed);
    if (event.kind == Event::Kind::malformed) {
      reading.wrong_at = bytes.size() - rest.size();
      return {.ended = true, .failure = Failure::malformed};
    }
    const bool complete = event.kind == Event::Kind::complete;
    if (!event.body.empty()) take_body(reading, event.body, complete && reading.body_size == 0);
    if (!complete) continue;
    const Judgement judgement = finish(reading, rest.size());
    if (whole && rest.empty() && !judgement.failure) learn(reading, bytes);
    return judgement;
  }
  keep_start(reading, bytes);
  return {};
}

std::uint64_t Judge::skippable(const Reading& reading) const {
  const bool counts_only = plan_.check == nullptr && !plan_.expected_body;
  const bool in_body =
      reading.parser.head_complete() && reading.parser.framing() == http::Framing::length;
  return counts_only && in_body ? reading.parser.remaining() : 0;
}

Judgement Judge::skip(Reading& reading, std::uint64_t count) const {
  reading.parser.skip_body(count);
  reading.body_size += count;
  reading.received += count;
  return reading.parser.remaining() == 0 ? finish(reading, 0) : Judgement{};
}

Judgement Judge::at_close(Reading& reading, int error) {
  if (error != 0 && error != truncated) return {.ended = true, .failure = Failure::reset};
  if (error == 0 && reading.parser.complete_at_close()) return finish(reading, 0);
  return {.ended = true, .failure = Failure::closed_early};
}

Judgement Judge::finish(const Reading& reading, std::size_t left_over) const {
  const bool reusable = reading.parser.keeps_alive();
  const bool head_body = to_head_ && left_over > 0;
  // What follows an answer to HEAD can be taken for no other answer when none can follow.
  const bool harmless = head_body && (!reusable || !plan_.keep_alive);
  return {.ended = true,
          .failure = failure_of(reading),
          .reusable = reusable,
          .unasked_bytes = left_over > 0 && !harmless,
          .head_body = head_body};
}

std::optional<Failure> Judge::failure_of(const Reading& reading) const {
  if (reading.parser.status() != plan_.expected_status) return Failure::wrong_status;
  if (reading.differs) return Failure::wrong_body;
  if (to_head_) return {};
  bool right = true;
  if (plan_.expected_body) {
    right = reading.body_size == plan_.expected_body->size();
  } else if (plan_.check != nullptr) {
    const bool checked_in_place = reading.body_size > 0 && !reading.pieces;
    right = checked_in_place || plan_.check->right(reading.pieces ? *reading.pieces : "");
  }
  return right ? std::nullopt : std::optional(Failure::wrong_body);
}

/// `whole`: the piece is all of the body.
void Judge::take_body(Reading& reading, std::string_view piece, bool whole) {
  const std::uint64_t offset = reading.body_size;
  reading.body_size += piece.size();
  if (reading.differs) return;
  if (plan_.expected_body) {
    const std::string_view expected = *plan_.expected_body;
    reading.differs = offset > expected.size() || !expected.substr(offset).starts_with(piece);
  } else if (plan_.check != nullptr && whole) {
    reading.differs = !plan_.check->right(piece);
  } else if (plan_.check != nullptr) {
    if (!reading.pieces) reading.pieces = std::make_unique<std::string>();
    reading.differs = reading.body_size > plan_.body_limit;
    if (!reading.differs) reading.pieces->append(piece);
  }
}

bool Judge::right_body(std::string_view body) const {
  if (plan_.expected_body) return body == *plan_.expected_body;
  return plan_.check == nullptr || plan_.check->right(body);
}

void Judge::learn(const Reading& reading, std::string_view answer) {
  if (reading.parser.framing() != http::Framing::length) return;
  known_head_ = answer.substr(0, answer.size() - reading.body_size);
  known_size_ = answer.size();
  known_reusable_ = reading.parser.keeps_alive();
}

void Judge::keep_start(Reading& reading, std::string_view bytes) {
  reading.received += bytes.size();
  if (!reading.start) reading.start = std::make_unique<std::string>();
  if (reading.start->size() >= sample_size) return;
  reading.start->append(bytes.substr(0, sample_size - reading.start->size()));
}

bool Judge::says_goodbye(std::string_view bytes) {
  constexpr int request_timeout = 408;
  http::ResponseParser parser;
  bool going = true;
  while (going && !bytes.empty() && !parser.head_complete()) {
    const Event event = parser.next(bytes);
    bytes.remove_prefix(event.consumed);
    if (event.kind == Event::Kind::malformed) return false;
    going = event.kind == Event::Kind::more;
  }
  if (parser.status() == request_timeout) return true;  // its head may come in pieces
  return parser.head_complete() && parser.status() >= 400 && !parser.keeps_alive();
}

bool Judge::crossed(const Reading& reading) const {
  constexpr int request_timeout = 408;
  return reading.parser.head_complete() && reading.parser.status() == request_timeout &&
         plan_.expected_status != request_timeout;
}

namespace {

/// Each byte can be seen, line ends too.
std::string visible(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return printable(out);
}

/// "byte 17: expected a blank, found \n, in: …"
std::string complaint(const Reading& reading, std::string_view start, std::string_view bytes) {
  constexpr std::size_t before = 60, after = 20;
  const std::uint64_t position = reading.received + reading.wrong_at;
  const bool in_start = position < start.size();
  const std::string_view shown = in_start ? start : bytes;
  const std::size_t at = in_start ? static_cast<std::size_t>(position) : reading.wrong_at;
  const std::size_t from = at > before ? at - before : 0;
  const std::string found = at < shown.size() ? visible(shown.substr(at, 1)) : "nothing";
  return fmt::format("byte {}: expected {}, found {}, in: {}{}{}", position + 1,
                     reading.parser.expected(), found, from > 0 || !in_start ? "…" : "",
                     visible(shown.substr(from, at - from + after)),
                     at + after < shown.size() ? "…" : "");
}

}  // namespace

std::string Judge::describe(const Reading& reading, Failure failure, std::string_view bytes) {
  std::string start = reading.start ? *reading.start : "";
  start += bytes.substr(0, sample_size - std::min(start.size(), sample_size));
  if (failure == Failure::malformed) return complaint(reading, start, bytes);
  const std::uint64_t size = reading.received + bytes.size();
  std::string text;
  if (failure == Failure::reset || failure == Failure::closed_early ||
      failure == Failure::timeout || failure == Failure::stale) {
    if (size == 0) return "without a byte of an answer";
    text = fmt::format("after {} bytes of the answer:\n", size);
  }
  std::erase(start, '\r');  // for people
  return text + printable(start) + (size > sample_size ? "…" : "");
}

}  // namespace unrig::load
