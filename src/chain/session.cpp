#include "chain/session.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"

namespace unrig::chain {
namespace {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPointer = std::unique_ptr<PGresult, ClearResult>;

std::unexpected<Error> server_error(std::string_view doing, const char* message) {
  return fail(ErrorKind::environment, fmt::format("{}: {}", doing, printable(trim(message))));
}

/// Of a statement, what an error has room for: one that fills a table is long.
std::string_view shown(const std::string& sql) {
  constexpr std::size_t room = 400;
  return std::string_view(sql).substr(0, room);
}

/// libpq takes what is not given from PG… variables, and an empty value counts as not given: no
/// setting could keep a caller's PGHOSTADDR from leading to another server.
void forget_callers_settings() {
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with("PG")) names.emplace_back(text.substr(0, text.find('=')));
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): threads of unrig only load and look, and ask for none
  for (const auto& name : names) unsetenv(name.c_str());
}

/// Reads what the server sends until the next result is complete.
bool wait_for_result(PGconn* connection, const Clock& clock, Instant deadline) {
  while (PQisBusy(connection) != 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.now()).count();
    if (left <= 0) return false;
    pollfd poll_fd{PQsocket(connection), POLLIN, 0};
    poll(&poll_fd, 1, static_cast<int>(left));
    if (PQconsumeInput(connection) == 0) return true;  // broken: the result says how
  }
  return true;
}

Rows rows_of(const PGresult* result) {
  Rows rows(static_cast<std::size_t>(PQntuples(result)));
  for (int row = 0; row < PQntuples(result); ++row) {
    for (int column = 0; column < PQnfields(result); ++column) {
      rows[static_cast<std::size_t>(row)][PQfname(result, column)] =
          PQgetvalue(result, row, column);
    }
  }
  return rows;
}

}  // namespace

std::uint64_t number(const Rows::value_type& row, std::string_view column) {
  const auto found = row.find(column);
  return found == row.end() ? 0 : leading_number<std::uint64_t>(found->second).value_or(0);
}

Result<Session> Session::connect(const ConnectionSettings& settings) {
  forget_callers_settings();
  std::vector<const char*> names;
  std::vector<const char*> values;
  const auto add = [&](const char* name, const char* value) {
    names.push_back(name);
    values.push_back(value);
  };
  for (const auto& [name, value] : settings) add(name.c_str(), value.c_str());
  add("sslmode", "disable");
  add("gssencmode", "disable");
  add("connect_timeout", "30");
  add("application_name", "unrig");
  add(nullptr, nullptr);

  Session session;
  session.connection_.reset(PQconnectdbParams(names.data(), values.data(), 0));
  if (PQstatus(session.connection_.get()) != CONNECTION_OK)
    return server_error("cannot connect", PQerrorMessage(session.connection_.get()));
  // pgbouncer and PostgreSQL send notices that nobody here reads.
  PQsetNoticeProcessor(
      session.connection_.get(), [](void*, const char*) {}, nullptr);
  return session;
}

Result<Rows> Session::query(const std::string& sql, const Clock& clock, Duration limit) {
  auto* connection = connection_.get();
  const auto deadline = clock.now() + limit;
  if (connection == nullptr || PQsendQuery(connection, sql.c_str()) == 0)
    return server_error(shown(sql), connection == nullptr ? "closed" : PQerrorMessage(connection));

  Rows rows;
  std::string error;
  while (true) {
    if (!wait_for_result(connection, clock, deadline)) {
      connection_.reset();
      return fail(ErrorKind::environment, fmt::format("{}: no answer in time", shown(sql)));
    }
    const ResultPointer result(PQgetResult(connection));
    if (!result) break;
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK) {
      rows = rows_of(result.get());
    } else if (status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
      error = PQresultErrorMessage(result.get());
    }
  }
  if (!error.empty()) return server_error(shown(sql), error.c_str());
  return rows;
}

bool Session::open() const {
  return connection_ && PQstatus(connection_.get()) == CONNECTION_OK;
}

void Session::Close::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

}  // namespace unrig::chain
