// The texts of an expectation, from and to people.
#include <fmt/format.h>

#include "base/number.h"
#include "base/text.h"
#include "http/expect.h"
#include "http/json_reader.h"
#include "http/json_value.h"

namespace unrig::http {
namespace {

using Kind = JsonToken::Kind;

}  // namespace

std::optional<Value> value_of(const JsonToken& token) {
  switch (token.kind) {
    case Kind::null:
      return Value(nullptr);
    case Kind::yes:
      return Value(true);
    case Kind::no:
      return Value(false);
    case Kind::number:
      return Value(Number{std::string(token.raw)});
    case Kind::text:
      return Value(meaning(token.raw));
    default:
      return {};
  }
}

Result<LengthRange> parse_length(std::string_view text) {
  const auto dots = text.find("..");
  const auto least = to_number<std::uint64_t>(text.substr(0, dots));
  const auto most =
      dots == std::string_view::npos ? least : to_number<std::uint64_t>(text.substr(dots + 2));
  if (!least || !most) {
    return fail(ErrorKind::usage, fmt::format("'{}' is no length in bytes", printable(text)),
                "write it like 100..200, or 150 for just that");
  }
  if (*most < *least) {
    return fail(ErrorKind::usage, fmt::format("{} has its ends the wrong way round", text),
                fmt::format("write it like {}..{}", *most, *least));
  }
  return LengthRange{*least, *most};
}

std::string to_text(const LengthRange& length) {
  if (length.least == length.most) return std::to_string(length.least);
  return fmt::format("{}..{}", length.least, length.most);
}

Result<std::vector<std::string>> parse_names(std::string_view path) {
  std::vector<std::string> names = split(path, '.');
  for (const std::string& name : names) {
    if (!name.empty()) continue;
    return fail(ErrorKind::usage, fmt::format("'{}' names no member", printable(path)),
                "write names with dots between them, like user.id or items.0.name");
  }
  if (names.size() > deepest_member) {
    return fail(ErrorKind::usage,
                fmt::format("'{}' has {} names: the limit is {}", printable(path), names.size(),
                            deepest_member),
                "name a member that lies less deep");
  }
  return names;
}

Result<Member> parse_member(std::string_view text) {
  const auto sign = text.find('=');
  if (sign == std::string_view::npos) {
    return fail(ErrorKind::usage, fmt::format("'{}' says no value", printable(text)),
                "write it like user.id=7");
  }
  auto names = parse_names(text.substr(0, sign));
  if (!names) return std::unexpected(names.error());
  const std::string_view written = text.substr(sign + 1);
  JsonReader reader(written);
  const JsonToken token = reader.next();
  if (token.kind == Kind::object || token.kind == Kind::list) {
    return fail(ErrorKind::usage,
                fmt::format("'{}' would be compared with an object or a list", printable(text)),
                "name a member of it, like user.id=7; a text that begins so stands in quotation "
                "marks: name='\"[…\"'");
  }
  if (auto value = value_of(token); value && reader.next().kind == Kind::over)
    return Member{std::move(*names), std::move(*value)};
  if (written.starts_with('"')) {
    return fail(ErrorKind::usage,
                fmt::format("'{}' has no right text in quotation marks", printable(text)),
                "write it like name='\"Ann\"', or without quotation marks");
  }
  return Member{std::move(*names), std::string(written)};
}

std::string path_of(const Member& member) {
  return join(member.names, ".");
}

std::string json_text(const Value& value) {
  if (std::holds_alternative<std::nullptr_t>(value)) return "null";
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<Number>(&value)) return number->text;
  std::string text = "\"";
  for (const char c : std::get<std::string>(value)) {
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      text += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      text += c;
    }
  }
  return text + '"';
}

bool is_json_number(std::string_view text) {
  JsonReader reader(text);
  const JsonToken token = reader.next();
  return token.kind == Kind::number && token.raw == text;
}

std::string to_text(const Member& member) {
  return fmt::format("{}={}", path_of(member), json_text(member.value));
}

std::string to_text(const Expectation& expectation) {
  std::string text = fmt::format("status {}", expectation.status);
  if (expectation.length) text += fmt::format(", {} bytes", to_text(*expectation.length));
  for (const Member& member : expectation.members) text += ", " + to_text(member);
  return text;
}

}  // namespace unrig::http
