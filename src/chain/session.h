/// \file
/// A connection to PostgreSQL or to pgbouncer's console, for unrig's own questions.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

struct pg_conn;

namespace unrig::chain {

/// The rows of one answer: column name to text, "" for null.
using Rows = std::vector<std::map<std::string, std::string, std::less<>>>;

/// A column of a row as a number; 0 when it is missing or no number.
[[nodiscard]] std::uint64_t number(const Rows::value_type& row, std::string_view column);

/// How to reach a server, in libpq's words (host, port, dbname, user, password).
using ConnectionSettings = std::vector<std::pair<std::string, std::string>>;

/// Not thread-safe.
class Session {
 public:
  /// Connects with these settings alone: the variables that libpq reads (PGHOSTADDR, PGOPTIONS and
  /// all others) are taken out of this process's environment, so no other thread may read that.
  /// Error: environment, with the server's words.
  [[nodiscard]] static Result<Session> connect(const ConnectionSettings& settings);

  /// Runs statements (all of one text are one transaction); the rows of the last one.
  /// Error: environment: the server's words, or no answer within `limit`; after the latter the
  /// session is closed.
  [[nodiscard]] Result<Rows> query(const std::string& sql, const Clock& clock,
                                   Duration limit = std::chrono::seconds(30));

  /// False after an answer that did not come in time, or when the server has closed it.
  [[nodiscard]] bool open() const;

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  std::unique_ptr<pg_conn, Close> connection_;
};

}  // namespace unrig::chain
