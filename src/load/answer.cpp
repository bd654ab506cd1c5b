#include "load/answer.h"

#include <fmt/format.h>

#include "base/text.h"

namespace unrig::load {

using http::Event;

Judge::Judge(const Plan& plan) : plan_(plan), to_head_(plan.request.method == "HEAD") {}

void Judge::begin(Reading& reading) const {
  reading.parser = http::ResponseParser(to_head_);
  reading.body_size = 0;
  reading.differs = false;
  reading.pieces.reset();
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
    if (event.kind == Event::Kind::malformed) return {.ended = true, .failure = Failure::malformed};
    const bool complete = event.kind == Event::Kind::complete;
    if (!event.body.empty()) take_body(reading, event.body, complete && reading.body_size == 0);
    if (!complete) continue;
    const Judgement judgement = finish(reading, rest.size());
    if (whole && rest.empty() && !judgement.failure) learn(reading, bytes);
    return judgement;
  }
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
  return reading.parser.remaining() == 0 ? finish(reading, 0) : Judgement{};
}

Judgement Judge::at_close(Reading& reading) {
  if (reading.parser.complete_at_close()) return finish(reading, 0);
  return {.ended = true, .failure = Failure::closed_early};
}

Judgement Judge::finish(const Reading& reading, std::size_t left_over) const {
  return {.ended = true,
          .failure = verdict(reading),
          .reusable = reading.parser.keeps_alive(),
          .unasked_bytes = left_over > 0};
}

std::optional<Failure> Judge::verdict(const Reading& reading) const {
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

std::string Judge::describe(const Reading& reading, std::string_view bytes) const {
  constexpr std::size_t limit = 400;
  std::string shown(bytes.substr(0, limit));
  std::erase(shown, '\r');  // for people
  const std::string_view dots = bytes.size() > limit ? "…" : "";
  if (bytes.starts_with("HTTP/") || !reading.parser.head_complete()) {
    return printable(shown) + std::string(dots);
  }
  return fmt::format("status {}, the {} bytes of the body end in: {}{}", reading.parser.status(),
                     reading.body_size, printable(shown), dots);
}

}  // namespace unrig::load
