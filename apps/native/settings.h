/// \file
/// What unrig asks of the application, read once from the environment at start.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace application {

/// How a request gets its row.
enum class Source {
  per_request,  ///< a connection for each request
  pooled,
  made_up,  ///< by the known rule: there is no database
};

/// Where the database, or its pooler, is, and who asks it.
struct Database {
  std::string host;
  std::string port;
  std::string name;
  std::string user;
  std::string password;
};

struct Settings {
  std::string host;
  std::uint16_t port = 0;
  int workers = 1;  ///< threads that serve
  int backlog = 0;  ///< of the listening socket, in connections
  Database database;
  std::string delay;  ///< of the sleep inside the statement, in seconds; empty: none
  Source source = Source::per_request;
  int pool = 1;  ///< connections of this process
};

/// The value of a variable; null where it is not set.
using Environment = std::function<const char*(const char* name)>;

/// Throws std::runtime_error on what cannot be read as what it should be.
[[nodiscard]] Settings read_settings(const Environment& environment);

}  // namespace application
