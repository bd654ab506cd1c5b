#include "settings.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <stdexcept>

namespace application {
namespace {

std::string text(const Environment& environment, const char* name, const char* otherwise) {
  const char* value = environment(name);
  return value == nullptr ? otherwise : value;
}

template <typename Number>
Number number(const Environment& environment, const char* name, const char* otherwise) {
  const std::string value = text(environment, name, otherwise);
  const char* end = value.data() + value.size();
  Number read{};
  const auto [stopped, error] = std::from_chars(value.data(), end, read);
  if (error == std::errc() && stopped == end) return read;
  throw std::runtime_error(std::string(name) + " is no number: " + value);
}

/// Without the newline at its end.
std::string password_in(const std::string& path) {
  if (path.empty()) return "";
  std::ifstream file(path);
  std::string password;
  if (!(file >> password)) throw std::runtime_error("cannot read the password in " + path);
  return password;
}

Source source_of(const std::string& connection) {
  if (connection == "pooled") return Source::pooled;
  return connection == "none" ? Source::made_up : Source::per_request;
}

}  // namespace

Settings read_settings(const Environment& environment) {
  Settings settings;
  settings.host = text(environment, "UNRIG_HOST", "127.0.0.1");
  settings.port = number<std::uint16_t>(environment, "UNRIG_PORT", "8000");
  settings.workers = std::max(1, number<int>(environment, "UNRIG_WORKERS", "1"));
  settings.backlog = number<int>(environment, "UNRIG_BACKLOG", "2048");
  settings.database = {.host = text(environment, "UNRIG_DB_HOST", "127.0.0.1"),
                       .port = text(environment, "UNRIG_DB_PORT", "5432"),
                       .name = text(environment, "UNRIG_DB_NAME", "unrig"),
                       .user = text(environment, "UNRIG_DB_USER", "unrig"),
                       .password = password_in(text(environment, "UNRIG_DB_PASSWORD_FILE", ""))};
  if (number<double>(environment, "UNRIG_DB_DELAY", "0") != 0)
    settings.delay = text(environment, "UNRIG_DB_DELAY", "0");
  settings.source = source_of(text(environment, "UNRIG_DB_CONNECTION", "per-request"));
  settings.pool = std::max(1, number<int>(environment, "UNRIG_DB_POOL", "1"));
  return settings;
}

}  // namespace application
