#include "base/toml_reader.h"

#include <fmt/format.h>

#include "base/regular_file.h"
#include "base/text.h"

namespace unrig {

Result<toml::table> parse_toml(const std::filesystem::path& file) {
  const auto content = read_regular_file(file);
  if (!content) return std::unexpected(content.error());
  if (auto flat = check_key_depth(*content, file.string()); !flat)
    return std::unexpected(flat.error());
  try {
    return toml::parse(std::string_view(*content), file.string());
  } catch (const toml::parse_error& error) {
    return std::unexpected(toml_error(file, error.source(), error.description()));
  }
}

Error toml_error(const std::filesystem::path& file, const toml::source_region& where,
                 std::string_view what, std::string help) {
  return {ErrorKind::usage,
          fmt::format("{}:{}:{}: {}", printable(file.string()), where.begin.line,
                      where.begin.column, printable(what)),
          std::move(help)};
}

std::string TableReader::text(std::string_view key, const std::optional<std::string>& fallback) {
  const auto* node = find(key, !fallback, "a text");
  if (node == nullptr) return fallback.value_or("");
  if (const auto value = node->value_exact<std::string>()) {
    if (value->empty() && !fallback)
      reject(node->source(), fmt::format("'{}' must not be empty", key));
    return *value;
  }
  wrong_type(*node, key, "a text");
  return fallback.value_or("");
}

std::vector<std::string> TableReader::texts(std::string_view key, bool required) {
  constexpr std::string_view wanted = "a list of texts";
  const auto* node = find(key, required, wanted);
  if (node == nullptr) return {};
  const auto* array = node->as_array();
  if (array == nullptr) {
    wrong_type(*node, key, wanted);
    return {};
  }
  std::vector<std::string> values;
  for (const auto& element : *array) {
    if (const auto value = element.value_exact<std::string>()) {
      values.push_back(*value);
    } else {
      wrong_type(element, key, wanted);
    }
  }
  return values;
}

bool TableReader::flag(std::string_view key, bool fallback) {
  const auto* node = find(key, false, "true or false");
  if (node == nullptr) return fallback;
  if (const auto value = node->value_exact<bool>()) return *value;
  wrong_type(*node, key, "true or false");
  return fallback;
}

const toml::table* TableReader::table(std::string_view key) {
  const auto* node = find(key, false, "a table");
  if (node == nullptr) return nullptr;
  if (const auto* value = node->as_table()) return value;
  wrong_type(*node, key, "a table");
  return nullptr;
}

const toml::node* TableReader::value(std::string_view key) {
  return find(key, false, "");
}

const toml::source_region& TableReader::where(std::string_view key) const {
  const auto* node = table_.get(key);
  return node != nullptr ? node->source() : table_.source();
}

void TableReader::reject(const toml::source_region& where, std::string_view what,
                         std::string help) {
  if (!error_) error_ = toml_error(file_, where, what, std::move(help));
}

Result<> TableReader::finish() {
  const std::vector<std::string> candidates(known_.begin(), known_.end());
  for (const auto& [key, node] : table_) {
    if (known_.contains(key.str())) continue;
    const auto near = did_you_mean(key.str(), candidates);
    reject(key.source(), fmt::format("unknown key '{}'", key.str()),
           near.empty() ? "known are " + join(candidates, ", ")
                        : fmt::format("did you mean '{}'?", near));
  }
  if (!error_) error_ = missing_;
  if (error_) return std::unexpected(*error_);
  return {};
}

const toml::node* TableReader::find(std::string_view key, bool required, std::string_view wanted) {
  known_.emplace(key);
  const auto* node = table_.get(key);
  if (node == nullptr && required) {
    if (!missing_)
      missing_ = toml_error(file_, table_.source(),
                            fmt::format("the key '{}' is missing ({})", key, wanted));
  }
  return node;
}

void TableReader::wrong_type(const toml::node& node, std::string_view key,
                             std::string_view wanted) {
  reject(node.source(), fmt::format("'{}' must be {}", key, wanted));
}

}  // namespace unrig
