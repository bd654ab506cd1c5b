/// \file
/// A connection to the database, by libpq in its asynchronous mode.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>

#include "row.h"
#include "settings.h"

namespace application {

/// What has to happen before a thing can go on. Who waits, and how, is the model's.
enum class Wait {
  nothing,   ///< it is done
  turn,      ///< a place in the pool, which is handed over
  readable,  ///< the connection's socket
  writable,
};

/// Never blocks. One thread at a time. Every failure is a std::runtime_error, after which the
/// connection is of no use.
class Connection {
 public:
  /// Opens nothing yet. The settings must outlive it.
  explicit Connection(const Settings& settings) : settings_(settings) {}

  /// Goes on with reading a row, and with opening the connection before the first one. To be called
  /// again with the same `a` when what it says has happened; after `nothing`, row() has it.
  [[nodiscard]] Wait read(std::int32_t a);
  [[nodiscard]] const Row& row() const { return row_; }

  /// Of the open connection, or the one that opens. It is libpq's.
  [[nodiscard]] int socket() const { return PQsocket(connection_.get()); }
  /// Whether it is good for another row.
  [[nodiscard]] bool idle() const { return stage_ == Stage::idle; }

 private:
  enum class Stage { closed, opening, idle, sending, receiving };
  struct Close {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  Wait start();
  Wait go_on_opening();
  void ask(std::int32_t a);
  Wait go_on_sending();
  Wait go_on_receiving();
  void take(const PGresult* result);
  [[noreturn]] void fail() const;

  const Settings& settings_;
  std::unique_ptr<PGconn, Close> connection_;
  Stage stage_ = Stage::closed;
  Row row_;
};

}  // namespace application
