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

Judge::Judge(const Plan& plan)
    : plan_(plan),
      to_head_(plan.request.method == "HEAD"),
      whole_(!plan.expected_body && (plan.check != nullptr || !plan.expect.members.empty())) {}

void Judge::begin(AnswerSoFar& so_far, std::optional<std::uint32_t> key) const {
  so_far.parser = http::ResponseParser(to_head_);
  so_far.key = key;
  so_far.body_size = 0;
  so_far.received = 0;
  so_far.differs = false;
  so_far.pieces.reset();
  if (so_far.start) so_far.start->clear();
}

Judgement Judge::read(AnswerSoFar& so_far, std::string_view bytes) {
  if (bytes.size() == known_size_ && bytes.starts_with(known_head_) && so_far.parser.untouched()) {
    if (right_body(so_far, bytes.substr(known_head_.size()))) {
      return {.ended = true, .reusable = known_reusable_};
    }
  }
  const bool whole = so_far.parser.untouched();
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const Event event = so_far.parser.next(rest);
    rest.remove_prefix(event.consumed);
    if (event.kind == Event::Kind::malformed) {
      so_far.wrong_at = bytes.size() - rest.size();
      return {.ended = true, .failure = Failure::malformed};
    }
    const bool complete = event.kind == Event::Kind::complete;
    if (!event.body.empty()) {
      so_far.body_at = static_cast<std::size_t>(event.body.data() - bytes.data());
      take_body(so_far, event.body, complete && so_far.body_size == 0);
    }
    if (!complete) continue;
    const Judgement judgement = finish(so_far, rest.size());
    if (whole && rest.empty() && !judgement.failure) learn(so_far, bytes);
    return judgement;
  }
  keep_start(so_far, bytes);
  return {};
}

std::uint64_t Judge::skippable(const AnswerSoFar& so_far) const {
  const bool counts_only = !whole_ && !plan_.expected_body;
  const bool in_body =
      so_far.parser.head_complete() && so_far.parser.framing() == http::Framing::length;
  return counts_only && in_body ? so_far.parser.remaining() : 0;
}

Judgement Judge::skip(AnswerSoFar& so_far, std::uint64_t count) {
  so_far.parser.skip_body(count);
  so_far.body_size += count;
  so_far.received += count;
  return so_far.parser.remaining() == 0 ? finish(so_far, 0) : Judgement{};
}

Judgement Judge::at_close(AnswerSoFar& so_far, int error) {
  if (error != 0 && error != truncated) return {.ended = true, .failure = Failure::reset};
  if (error == 0 && so_far.parser.complete_at_close()) return finish(so_far, 0);
  return {.ended = true, .failure = Failure::closed_early};
}

Judgement Judge::finish(const AnswerSoFar& so_far, std::size_t left_over) {
  const bool reusable = so_far.parser.keeps_alive();
  const bool head_body = to_head_ && left_over > 0;
  // What follows an answer to HEAD can be taken for no other answer when none can follow.
  const bool harmless = head_body && (!reusable || !plan_.keep_alive);
  return {.ended = true,
          .failure = failure_of(so_far),
          .reusable = reusable,
          .unasked_bytes = left_over > 0 && !harmless,
          .head_body = head_body};
}

std::optional<Failure> Judge::failure_of(const AnswerSoFar& so_far) {
  if (so_far.parser.status() != plan_.expect.status) return Failure::wrong_status;
  if (so_far.differs) return Failure::wrong_body;
  if (to_head_) return {};
  bool right = plan_.expect.right_length(so_far.body_size);
  if (plan_.expected_body) {
    right = so_far.body_size == plan_.expected_body->size();
  } else if (right && whole_) {
    const bool checked_in_place = so_far.body_size > 0 && !so_far.pieces;
    right = checked_in_place || checked(so_far.pieces ? *so_far.pieces : "", so_far.key);
  }
  return right ? std::nullopt : std::optional(Failure::wrong_body);
}

/// `whole`: the piece is all of the body.
void Judge::take_body(AnswerSoFar& so_far, std::string_view piece, bool whole) {
  const std::uint64_t offset = so_far.body_size;
  so_far.body_size += piece.size();
  if (so_far.differs) return;
  if (plan_.expected_body) {
    const std::string_view expected = *plan_.expected_body;
    so_far.differs = offset > expected.size() || !expected.substr(offset).starts_with(piece);
  } else if (whole_ && whole) {
    so_far.differs = !checked(piece, so_far.key);
  } else if (whole_) {
    if (!so_far.pieces) so_far.pieces = std::make_unique<std::string>();
    so_far.differs = so_far.body_size > plan_.body_limit;
    if (!so_far.differs) so_far.pieces->append(piece);
  }
}

bool Judge::right_body(const AnswerSoFar& so_far, std::string_view body) {
  if (plan_.expected_body) return body == *plan_.expected_body;
  return !whole_ || checked(body, so_far.key);  // its length is that of a right one
}

bool Judge::checked(std::string_view body, std::optional<std::uint32_t> key) {
  if (plan_.check != nullptr) return plan_.check->right(body, key);
  if (!body.empty() && body == known_body_) return true;
  if (!plan_.expect.right(body)) return false;
  known_body_ = body;
  return true;
}

void Judge::learn(const AnswerSoFar& so_far, std::string_view answer) {
  if (so_far.parser.framing() != http::Framing::length) return;
  known_head_ = answer.substr(0, answer.size() - so_far.body_size);
  known_size_ = answer.size();
  known_reusable_ = so_far.parser.keeps_alive();
}

void Judge::keep_start(AnswerSoFar& so_far, std::string_view bytes) {
  so_far.received += bytes.size();
  if (!so_far.start) so_far.start = std::make_unique<std::string>();
  if (so_far.start->size() >= sample_size) return;
  so_far.start->append(bytes.substr(0, sample_size - so_far.start->size()));
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

bool Judge::crossed(const AnswerSoFar& so_far) const {
  constexpr int request_timeout = 408;
  return so_far.parser.head_complete() && so_far.parser.status() == request_timeout &&
         plan_.expect.status != request_timeout;
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
std::string complaint(const AnswerSoFar& so_far, std::string_view start, std::string_view bytes) {
  constexpr std::size_t before = 60, after = 20;
  const std::uint64_t position = so_far.received + so_far.wrong_at;
  const bool in_start = position < start.size();
  const std::string_view shown = in_start ? start : bytes;
  const std::size_t at = in_start ? static_cast<std::size_t>(position) : so_far.wrong_at;
  const std::size_t from = at > before ? at - before : 0;
  const std::string found = at < shown.size() ? visible(shown.substr(at, 1)) : "nothing";
  return fmt::format("byte {}: expected {}, found {}, in: {}{}{}", position + 1,
                     so_far.parser.expected(), found, from > 0 || !in_start ? "…" : "",
                     visible(shown.substr(from, at - from + after)),
                     at + after < shown.size() ? "…" : "");
}

}  // namespace

std::string Judge::refusal(const AnswerSoFar& so_far, std::string_view bytes) const {
  if (std::string length = plan_.expect.refusal_of_length(so_far.body_size); !length.empty())
    return length;
  if (!so_far.pieces) {
    const std::size_t at = std::min(so_far.body_at, bytes.size());
    return plan_.expect.refusal(so_far.body_size > 0 ? bytes.substr(at, so_far.body_size) : "");
  }
  if (so_far.body_size > plan_.body_limit) {
    return fmt::format(
        "its body came in pieces of which {} bytes are kept, and {} came: too long to "
        "be read as JSON",
        plan_.body_limit, so_far.body_size);
  }
  return plan_.expect.refusal(*so_far.pieces);
}

std::string Judge::describe(const AnswerSoFar& so_far, Failure failure,
                            std::string_view bytes) const {
  std::string start = so_far.start ? *so_far.start : "";
  start += bytes.substr(0, sample_size - std::min(start.size(), sample_size));
  if (failure == Failure::malformed) return complaint(so_far, start, bytes);
  const std::uint64_t size = so_far.received + bytes.size();
  std::string text;
  if (failure == Failure::reset || failure == Failure::closed_early ||
      failure == Failure::timeout || failure == Failure::stale) {
    if (size == 0) return "without a byte of an answer";
    text = fmt::format("after {} bytes of the answer:\n", size);
  }
  std::erase(start, '\r');  // for people
  text += printable(start) + (size > sample_size ? "…" : "");
  // The answer to another request looks right by itself.
  if (failure == Failure::wrong_body && so_far.key)
    text += fmt::format("\n(asked for {})", *so_far.key);
  if (failure == Failure::wrong_body && plan_.check == nullptr && plan_.expect.of_body())
    text += fmt::format("\n({})", refusal(so_far, bytes));
  return text;
}

}  // namespace unrig::load
