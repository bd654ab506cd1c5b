#include "http/expect_toml.h"

#include <fmt/format.h>

#include <cmath>

#include "base/toml_reader.h"

namespace unrig::http {
namespace {

std::optional<Value> to_value(const toml::node& node) {
  if (const auto flag = node.value_exact<bool>()) return Value(*flag);
  if (const auto whole = node.value_exact<std::int64_t>())
    return Value(Number{fmt::to_string(*whole)});
  if (const auto number = node.value_exact<double>(); number && std::isfinite(*number))
    return Value(Number{fmt::format("{}", *number)});
  if (const auto text = node.value_exact<std::string>()) return Value(*text);
  return {};
}

/// Reads the tables of `json`; what is wrong with them goes to the reader of `expect`.
struct MembersReader {
  TableReader& reader;
  Expectation& expectation;

  void read(const toml::table& table, const std::vector<std::string>& outer) {
    if (table.empty()) reject(table, "an empty table names no member");
    for (const auto& [key, node] : table) {
      auto inner = parse_names(key.str());
      if (!inner) return reject(node, inner.error().what, inner.error().help);
      std::vector<std::string> names = outer;
      names.insert(names.end(), inner->begin(), inner->end());
      if (names.size() > deepest_member) {
        return reject(node, fmt::format("more than {} names, one in the other", deepest_member));
      }
      if (const auto* more = node.as_table()) {
        read(*more, names);
      } else {
        add(node, std::move(names));
      }
    }
  }

  void add(const toml::node& node, std::vector<std::string> names) {
    auto value = to_value(node);
    if (!value) {
      return reject(node, "a member is a text, a number, true or false",
                    R"(of a list, name what stands in it: "items.0" = 7)");
    }
    if (expectation.members.size() == most_members)
      return reject(node, fmt::format("more than {} members", most_members));
    expectation.members.push_back({std::move(names), std::move(*value)});
  }

  void reject(const toml::node& node, std::string_view what, std::string help = {}) {
    reader.reject(node.source(), what, std::move(help));
  }
};

void read_status(TableReader& reader, const toml::node& node, Expectation& expectation) {
  const auto status = node.value_exact<std::int64_t>();
  if (!status || *status < status_limits.least || *status > status_limits.most) {
    return reader.reject(node.source(),
                         fmt::format("'status' must be a number from {}", to_text(status_limits)));
  }
  expectation.status = static_cast<int>(*status);
}

void read_length(TableReader& reader, const toml::node& node, Expectation& expectation) {
  const auto whole = node.value_exact<std::int64_t>();
  const auto text = node.value_exact<std::string>();
  if (!whole && !text) {
    return reader.reject(node.source(), R"('length' must be a number or a text like "100..200")");
  }
  const auto length = parse_length(whole ? fmt::to_string(*whole) : *text);
  if (!length) return reader.reject(node.source(), length.error().what, length.error().help);
  expectation.length = *length;
}

}  // namespace

Result<Expectation> read_expectation(const std::filesystem::path& file, const toml::table& table) {
  TableReader reader(file, table);
  Expectation expectation;
  if (const auto* node = reader.value("status")) read_status(reader, *node, expectation);
  if (const auto* node = reader.value("length")) read_length(reader, *node, expectation);
  if (const auto* json = reader.table("json")) MembersReader{reader, expectation}.read(*json, {});
  if (auto done = reader.finish(); !done) return std::unexpected(done.error());
  return expectation;
}

}  // namespace unrig::http
