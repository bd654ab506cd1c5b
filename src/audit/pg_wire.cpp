#include "audit/pg_wire.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace unrig::audit {
namespace {

constexpr std::size_t kept = 4096;              ///< bytes of a message's body
constexpr std::size_t names_limit = 256;        ///< prepared statements or portals of a connection
constexpr std::uint32_t startup_limit = 10000;  ///< as in PostgreSQL's own server
constexpr std::string_view too_many = "(other statements)";

// Codes that stand in the place of the protocol's version.
constexpr std::uint32_t protocol_3 = 196608;
constexpr std::uint32_t cancel_request = 80877102;
constexpr std::uint32_t ssl_request = 80877103;
constexpr std::uint32_t gss_request = 80877104;

std::uint32_t number_at(const unsigned char* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// Takes a text that ends in a zero byte from the front; all of `bytes` when none ends it.
std::string_view take_text(std::string_view& bytes) {
  const auto end = std::min(bytes.find('\0'), bytes.size());
  const auto text = bytes.substr(0, end);
  bytes.remove_prefix(std::min(end + 1, bytes.size()));
  return text;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
/// May stand in a name. Bytes of UTF-8 may.
bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// One pass over a statement. Each skip_… starts at its first byte and ends behind its last one.
class Normaliser {
 public:
  explicit Normaliser(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size() && out_.size() <= statement_length) step();
    if (out_.size() > statement_length || at_ < text_.size()) {
      out_.resize(std::min(out_.size(), statement_length - 3));
      out_ += "...";
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool starts(std::string_view with) const {
    return text_.substr(at_).starts_with(with);
  }
  void skip_until(std::string_view end) {
    const auto found = text_.find(end, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
  }
  /// A quote is doubled inside, or, where `escapes`, preceded by a backslash.
  void skip_quoted(char quote, bool escapes) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (escapes && text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == quote) {
        if (at_ + 1 == text_.size() || text_[at_ + 1] != quote) break;
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, text_.size());
  }
  /// "$tag$ … $tag$"; false, and nothing skipped, when it is none.
  bool skip_dollar_quoted() {
    const auto end = text_.find('$', at_ + 1);
    if (end == std::string_view::npos) return false;
    const auto tag = text_.substr(at_, end + 1 - at_);
    if (!std::all_of(tag.begin() + 1, tag.end() - 1, is_name)) return false;
    at_ = end + 1;
    skip_until(tag);
    return true;
  }

  void put(std::string_view text) {
    if (blank_ && !out_.empty()) out_ += ' ';
    blank_ = false;
    out_ += text;
  }

  void step() {
    const char c = text_[at_];
    if (is_blank(c)) {
      ++at_;
      blank_ = true;
    } else if (starts("--")) {
      skip_until("\n");
      blank_ = true;
    } else if (starts("/*")) {
      skip_until("*/");
      blank_ = true;
    } else if (c == '\'') {
      skip_quoted('\'', false);
      put("?");
    } else if (c == '"') {
      const auto begin = at_;
      skip_quoted('"', false);
      put(text_.substr(begin, at_ - begin));
    } else if (c == '$') {
      dollar();
    } else if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
      number();
    } else if (is_name(c)) {
      name();
    } else {
      put(text_.substr(at_++, 1));
    }
  }
  void dollar() {
    const auto begin = at_;
    if (at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      for (++at_; at_ < text_.size() && is_digit(text_[at_]);) ++at_;
      put("?");
    } else if (skip_dollar_quoted()) {
      put("?");
    } else {
      ++at_;
      put(text_.substr(begin, 1));
    }
  }
  void number() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool sign = (c == '+' || c == '-') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
      if (!is_name(c) && c != '.' && !sign) break;
      ++at_;
    }
    put("?");
  }
  void name() {
    const auto begin = at_;
    while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == '$')) ++at_;
    const auto word = text_.substr(begin, at_ - begin);
    if (word.size() == 1 && starts("'") && std::string_view("eEbBxXnN").contains(word[0])) {
      skip_quoted('\'', word == "e" || word == "E");
      put("?");
    } else {
      put(word);
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  bool blank_ = false;  ///< one blank before what comes next
};

}  // namespace

std::string normalised(std::string_view statement) {
  return Normaliser(statement).run();
}

std::string PgTally::add(std::string_view statement) {
  auto text = normalised(statement);
  if (statements.size() >= statement_kinds && !statements.contains(text)) text = too_many;
  ++statements[text];
  return text;
}

bool PgMessages::read_head(std::string_view& bytes) {
  const std::size_t wanted = startup_ ? 4 : 5;
  while (head_size_ < wanted && !bytes.empty()) {
    head_[head_size_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
  }
  return head_size_ == wanted;
}

/// False when no message has such a head.
bool PgMessages::begin_body() {
  constexpr std::uint32_t length_size = 4;  // the length counts itself
  type_ = startup_ ? '\0' : static_cast<char>(head_[0]);
  const std::uint32_t length = number_at(head_.data() + (startup_ ? 0 : 1));
  head_size_ = 0;
  if (length < length_size || length > std::uint32_t{INT32_MAX}) return false;
  if (startup_ && (length < 2 * length_size || length > startup_limit)) return false;
  if (!startup_ && std::isalnum(static_cast<unsigned char>(type_)) == 0) return false;
  left_ = length - length_size;
  body_.clear();
  return true;
}

PgMessages::Kind PgMessages::next(std::string_view& bytes) {
  if (!in_body_) {
    if (!read_head(bytes)) return Kind::more;
    if (!begin_body()) return Kind::broken;
    in_body_ = true;
  }
  const auto piece = bytes.substr(0, left_);
  body_.append(piece.substr(0, kept - body_.size()));
  bytes.remove_prefix(piece.size());
  left_ -= static_cast<std::uint32_t>(piece.size());
  if (left_ != 0) return Kind::more;
  in_body_ = false;
  return Kind::message;
}

void PgConversation::give_up() {
  if (readable_) ++tally_.unreadable;
  readable_ = false;
  set_waiting(false);
}

void PgConversation::set_waiting(bool waiting) {
  if (waiting_ == waiting) return;
  waiting_ = waiting;
  tally_.under_way += waiting ? 1 : -1;
  tally_.most_under_way = std::max(tally_.most_under_way, tally_.under_way);
}

/// A statement of what is sent next.
void PgConversation::run(std::string_view statement) {
  constexpr std::size_t most_timed = 64;  // of one flight; nobody waits for so many at once
  next_.begins = true;
  set_waiting(true);
  auto text = tally_.add(statement);
  if (now_ && next_.timed.size() < most_timed) next_.timed.push_back({std::move(text), *now_});
}

/// The server will answer with ReadyForQuery.
void PgConversation::send() {
  constexpr std::size_t most_sent = 256;
  if (sent_.size() >= most_sent) {  // which answer is whose would not be known
    follows_ = false;
    sent_.clear();
  }
  Flight flight = std::exchange(next_, {});
  if (follows_) sent_.push_back(std::move(flight));
}

/// ReadyForQuery has come.
void PgConversation::land(std::optional<Instant> now) {
  ++tally_.ready;
  set_waiting(false);
  const bool idle = server_.body().starts_with('I');
  if (idle) {
    ++idle_;
    tally_.left_named += std::exchange(fresh_names_, 0);
  }
  if (sent_.empty()) return;  // a session has begun
  const Flight flight = std::move(sent_.front());
  sent_.pop_front();
  if (flight.begins && idle) ++tally_.transactions;
  if (!now) return;
  for (const auto& [text, at] : flight.timed) {
    const Duration took = *now - at;
    const auto [known, is_new] = tally_.least.try_emplace(text, took);
    if (!is_new) known->second = std::min(known->second, took);
  }
}

void PgConversation::from_client(std::string_view bytes, std::optional<Instant> now) {
  if (bytes.empty()) return;
  client_spoke_ = true;
  now_ = now;
  while (readable_) {
    const auto kind = client_.next(bytes);
    if (kind == PgMessages::Kind::more) return;
    if (kind == PgMessages::Kind::broken) return give_up();
    read_client_message();
  }
}

void PgConversation::from_server(std::string_view bytes, std::optional<Instant> now) {
  if (bytes.empty()) return;
  if (client_spoke_) ++tally_.round_trips;
  client_spoke_ = false;
  if (readable_ && encryption_asked_) {
    encryption_asked_ = false;
    const char answer = bytes.front();
    if (answer == 'S' || answer == 'G') return give_up();  // all that follows is encrypted
    if (answer == 'N') bytes.remove_prefix(1);             // else an ErrorResponse begins
  }
  while (readable_) {
    const auto kind = server_.next(bytes);
    if (kind == PgMessages::Kind::more) return;
    if (kind == PgMessages::Kind::broken) return give_up();
    if (server_.type() == 'E') ++tally_.errors;
    if (server_.type() == 'Z') land(now);
  }
}

void PgConversation::read_untyped_message() {
  const auto body = client_.body();
  const auto code = number_at(reinterpret_cast<const unsigned char*>(body.data()));
  if (code == ssl_request || code == gss_request) {
    encryption_asked_ = true;
  } else if (code == protocol_3) {
    client_.end_startup();
  } else if (code != cancel_request) {
    give_up();
  }
}

void PgConversation::read_client_message() {
  switch (client_.type()) {
    case '\0':
      return read_untyped_message();
    case 'Q': {
      auto body = client_.body();
      if (waiting_) ++tally_.overlapped;
      run(take_text(body));
      return send();
    }
    case 'F':  // a function, by its number
      next_.begins = true;
      return send();
    case 'P':
      return parse();
    case 'B':
      return bind();
    case 'D':
      next_.begins = true;
      return;
    case 'E':
      return execute();
    case 'S':
      return sync();
    case 'C':
      return close();
    default:
      return;  // Flush, Terminate, passwords, copied data: nothing is run by them
  }
}

void PgConversation::parse() {
  next_.begins = true;
  auto body = client_.body();
  const auto name = take_text(body);
  const auto statement = take_text(body);
  if (!name.empty()) ++fresh_names_;
  if (prepared_.size() >= names_limit && prepared_.find(name) == prepared_.end()) return;
  prepared_.insert_or_assign(std::string(name), Prepared{normalised(statement), idle_});
}

void PgConversation::bind() {
  next_.begins = true;
  auto body = client_.body();
  const auto portal = take_text(body);
  const auto name = take_text(body);
  const auto prepared = prepared_.find(name);
  if (name.empty() && prepared != prepared_.end() && prepared->second.at != idle_)
    ++tally_.carried_unnamed;
  if (portals_.size() >= names_limit && portals_.find(portal) == portals_.end()) return;
  portals_.insert_or_assign(std::string(portal),
                            prepared == prepared_.end() ? "(unknown)" : prepared->second.text);
}

void PgConversation::execute() {
  auto body = client_.body();
  const auto portal = portals_.find(take_text(body));
  // Of several before one Sync, each but the first lacks its own: that is told apart.
  if (waiting_ && unsynced_ == 0) ++tally_.overlapped;
  ++tally_.executes;
  ++unsynced_;
  run(portal == portals_.end() ? std::string_view("(unknown)") : portal->second);
}

void PgConversation::sync() {
  if (unsynced_ == 1) ++tally_.own_syncs;
  unsynced_ = 0;
  send();
}

void PgConversation::close() {
  auto body = client_.body();
  if (body.empty()) return;
  const bool is_statement = body.front() == 'S';
  body.remove_prefix(1);
  const auto name = take_text(body);
  if (!is_statement) {
    if (const auto portal = portals_.find(name); portal != portals_.end()) portals_.erase(portal);
    return;
  }
  const auto prepared = prepared_.find(name);
  if (prepared == prepared_.end()) return;
  if (!name.empty() && prepared->second.at == idle_ && fresh_names_ > 0) --fresh_names_;
  prepared_.erase(prepared);
}

}  // namespace unrig::audit
