#include "connection.h"

#include <array>
#include <charconv>
#include <stdexcept>

namespace application {
namespace {

// As in the catalogue of PostgreSQL, pg_type.dat.
constexpr Oid type_int4 = 23;
constexpr Oid type_float8 = 701;

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

}  // namespace

Wait Connection::read(std::int32_t a) {
  if (stage_ == Stage::closed) return start();
  if (stage_ == Stage::opening) {
    if (const Wait wait = go_on_opening(); wait != Wait::nothing) return wait;
  }
  if (stage_ == Stage::idle) ask(a);
  if (stage_ == Stage::sending) return go_on_sending();
  return go_on_receiving();
}

Wait Connection::start() {
  const auto& database = settings_.database;
  constexpr std::size_t count = 8;
  const std::array<const char*, count> names{"host",     "port",    "dbname",     "user",
                                             "password", "sslmode", "gssencmode", nullptr};
  const std::array<const char*, count> values{database.host.c_str(),
                                              database.port.c_str(),
                                              database.name.c_str(),
                                              database.user.c_str(),
                                              database.password.c_str(),
                                              "disable",
                                              "disable",
                                              nullptr};
  connection_.reset(PQconnectStartParams(names.data(), values.data(), 0));
  if (PQstatus(connection_.get()) == CONNECTION_BAD) fail();
  stage_ = Stage::opening;
  return Wait::writable;
}

Wait Connection::go_on_opening() {
  switch (PQconnectPoll(connection_.get())) {
    case PGRES_POLLING_READING:
      return Wait::readable;
    case PGRES_POLLING_WRITING:
      return Wait::writable;
    case PGRES_POLLING_OK:
      break;
    default:
      fail();
  }
  if (PQsetnonblocking(connection_.get(), 1) != 0) fail();
  stage_ = Stage::idle;
  return Wait::nothing;
}

void Connection::ask(std::int32_t a) {
  constexpr std::size_t longest = 12;
  std::array<char, longest> key{};
  std::to_chars(key.data(), key.data() + key.size() - 1, a);
  const bool sleeps = !settings_.delay.empty();
  // Without the sleep there is only the second of each.
  const std::array<Oid, 2> types{type_float8, type_int4};
  const std::array<const char*, 2> values{settings_.delay.c_str(), key.data()};
  const std::size_t first = sleeps ? 0 : 1;
  constexpr int as_text = 0;
  // Parse, Bind, Describe, Execute and Sync in one flight, and no name for the statement.
  if (PQsendQueryParams(connection_.get(), statement(sleeps), sleeps ? 2 : 1, &types[first],
                        &values[first], nullptr, nullptr, as_text) == 0)
    fail();
  row_ = {.a = -1, .b = ""};
  stage_ = Stage::sending;
}

Wait Connection::go_on_sending() {
  const int unsent = PQflush(connection_.get());
  if (unsent < 0) fail();
  if (unsent > 0) return Wait::writable;
  stage_ = Stage::receiving;
  return Wait::readable;
}

Wait Connection::go_on_receiving() {
  if (PQconsumeInput(connection_.get()) == 0) fail();
  while (PQisBusy(connection_.get()) == 0) {
    const Result result(PQgetResult(connection_.get()));
    if (!result) {
      if (row_.a < 0) throw std::runtime_error("there is no such row");
      stage_ = Stage::idle;
      return Wait::nothing;
    }
    take(result.get());
  }
  return Wait::readable;
}

void Connection::take(const PGresult* result) {
  if (PQresultStatus(result) != PGRES_TUPLES_OK)
    throw std::runtime_error(PQresultErrorMessage(result));
  if (PQntuples(result) != 1) throw std::runtime_error("there is no such row");
  row_ = {.a = key(std::string_view(PQgetvalue(result, 0, 0))), .b = PQgetvalue(result, 0, 1)};
}

void Connection::fail() const {
  throw std::runtime_error(connection_ ? PQerrorMessage(connection_.get()) : "no memory is left");
}

}  // namespace application
