/// \file
/// What a client and a PostgreSQL server say to each other (frontend/backend protocol 3.0, chapter
/// "Frontend/Backend Protocol" of PostgreSQL's manual), as far as it takes to count: round trips,
/// transactions, and statements by their text, with how long each took. Pure: bytes in, counts out.
/// Reads what a relay sees, so anything may come; nothing that comes can make it grow beyond the
/// limits below or go wrong.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace unrig::audit {

/// A statement with its values taken out, so that two executions of it are the same text:
/// numbers, strings and parameters ($1) become ?, blanks and comments one blank. At most
/// `statement_length` bytes; what was cut ends in "...".
[[nodiscard]] std::string normalised(std::string_view statement);

inline constexpr std::size_t statement_length = 400;
inline constexpr std::size_t statement_kinds = 256;  ///< different texts; others count as one

/// Counts of all conversations of one hop.
struct PgTally {
  std::uint64_t round_trips = 0;   ///< times that the client spoke and the server answered
  std::uint64_t errors = 0;        ///< ErrorResponse
  std::uint64_t ready = 0;         ///< ReadyForQuery: sessions begun, and statements ended
  std::uint64_t transactions = 0;  ///< that ended, well or not; none for a session that begins
  std::uint64_t unreadable = 0;    ///< conversations that were encrypted, or were no such protocol
  std::uint64_t executes = 0;      ///< Execute: statements of the extended protocol
  std::uint64_t own_syncs = 0;     ///< of these: followed by a Sync of their own
  std::uint64_t overlapped = 0;    ///< statements sent while one of the same client was under way
  /// \name What needs the same session after the end of a transaction
  /// @{
  std::uint64_t left_named = 0;       ///< statements that were prepared in it by name, not closed
  std::uint64_t carried_unnamed = 0;  ///< Bind to one without a name that was prepared before
  /// @}
  int under_way = 0;       ///< conversations whose last statement is not answered yet
  int most_under_way = 0;  ///< at one time
  std::map<std::string, std::uint64_t> statements;  ///< run, by normalised text
  /// Of these, where times were given: from the statement to the ReadyForQuery that ends its
  /// answer, at least. Whatever is slow on the way makes it longer, nothing makes it shorter.
  std::map<std::string, Duration> least;

  /// The text under which it counts.
  std::string add(std::string_view statement);
};

/// Cuts one direction into messages. Keeps the first `kept` bytes of a message's body.
class PgMessages {
 public:
  /// \name What next() has read
  /// @{
  enum class Kind : std::uint8_t { more, message, broken };
  /// @}

  /// `startup`: the first messages have no type (frontend).
  explicit PgMessages(bool startup) : startup_(startup) {}

  /// Reads from the front of `bytes`, which it shortens, up to the end of the next message.
  /// After `broken` it must not be called again.
  [[nodiscard]] Kind next(std::string_view& bytes);

  /// Of the message just read: 0 for one without type.
  [[nodiscard]] char type() const { return type_; }
  [[nodiscard]] std::string_view body() const { return body_; }
  /// The next messages have a type.
  void end_startup() { startup_ = false; }
  [[nodiscard]] bool in_startup() const { return startup_; }

 private:
  bool read_head(std::string_view& bytes);
  bool begin_body();

  bool startup_;
  bool in_body_ = false;
  std::array<unsigned char, 5> head_{};
  std::size_t head_size_ = 0;
  char type_ = 0;
  std::uint32_t left_ = 0;  ///< bytes of the body still to come
  std::string body_;
};

/// One connection, from its first byte. The tally must outlive it.
class PgConversation {
 public:
  explicit PgConversation(PgTally& tally) : tally_(tally) {}
  PgConversation(const PgConversation&) = delete;
  PgConversation& operator=(const PgConversation&) = delete;
  ~PgConversation() { set_waiting(false); }

  /// Bytes in the order in which they were seen, and when. What is not timed has no `least`.
  void from_client(std::string_view bytes, std::optional<Instant> now = {});
  void from_server(std::string_view bytes, std::optional<Instant> now = {});
  /// Whether its last statement is not answered yet.
  [[nodiscard]] bool waiting() const { return waiting_; }

 private:
  /// What one ReadyForQuery answers.
  struct Flight {
    struct Statement {
      std::string text;
      Instant at;
    };
    bool begins = false;  ///< a transaction, where none is open
    std::vector<Statement> timed = {};
  };
  void read_client_message();
  void run(std::string_view statement);
  void send();
  void land(std::optional<Instant> now);
  void read_untyped_message();
  void give_up();
  void set_waiting(bool waiting);
  void parse();
  void bind();
  void execute();
  void sync();
  void close();

  PgTally& tally_;
  PgMessages client_{true};
  PgMessages server_{false};
  bool client_spoke_ = false;
  bool encryption_asked_ = false;  ///< the server answers with a single byte
  bool readable_ = true;
  bool waiting_ = false;        ///< a statement was sent, and no ReadyForQuery came since
  std::optional<Instant> now_;  ///< of the bytes that are read
  Flight next_;                 ///< what will be sent together
  std::deque<Flight> sent_;     ///< and not answered yet
  bool follows_ = true;         ///< false: more was sent than is remembered
  std::uint64_t unsynced_ = 0;  ///< Executes since the last Sync
  struct Prepared {
    std::string text;
    std::uint64_t at = 0;  ///< idle_ of that time
  };
  std::uint64_t idle_ = 0;         ///< times that no transaction was open
  std::uint64_t fresh_names_ = 0;  ///< prepared by name since then, and not closed
  std::map<std::string, Prepared, std::less<>> prepared_;    ///< by name
  std::map<std::string, std::string, std::less<>> portals_;  ///< name to text
};

}  // namespace unrig::audit
