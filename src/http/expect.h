/// \file
/// What a right answer is where it need not be the same twice (a time, a token): its status, how
/// long its body is, and what members of its JSON are. Pure; safe to call from several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace unrig::http {

/// A number as JSON writes it, "-0.5e3", so that none of its digits is lost.
struct Number {
  std::string text;
  bool operator==(const Number&) const = default;
};

/// What a member is: null, true or false, a number, a text.
using Value = std::variant<std::nullptr_t, bool, Number, std::string>;

/// One member of a JSON document, and what it has to be.
struct Member {
  /// The names that lead to it from the outside; in a list, a place from 0 on. One at least, at
  /// most `deepest_member` of them.
  std::vector<std::string> names;
  Value value;
  bool operator==(const Member&) const = default;
};
inline constexpr std::size_t deepest_member = 16;
/// Of one expectation.
inline constexpr std::size_t most_members = 64;

/// Of a body, in bytes, both ends included.
struct LengthRange {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  [[nodiscard]] bool holds(std::uint64_t bytes) const { return least <= bytes && bytes <= most; }
  bool operator==(const LengthRange&) const = default;
};

/// Those of a whole answer: what comes before it is not expected.
inline constexpr Limits<int> status_limits{200, 599};

struct Expectation {
  int status = 200;
  std::optional<LengthRange> length;  ///< none: any
  /// Empty: the body need not be JSON. Else it is JSON and has them all; where an object has a name
  /// twice, both have to be right. At most `most_members`.
  std::vector<Member> members;

  /// It says something about bodies, not only about the status.
  [[nodiscard]] bool of_body() const { return length || !members.empty(); }
  [[nodiscard]] bool right_length(std::uint64_t bytes) const {
    return !length || length->holds(bytes);
  }
  /// Whether the body is right. Does not allocate; any bytes may come.
  [[nodiscard]] bool right(std::string_view body) const;
  /// Why the body is not right, in words: "user.id is 8, not 7"; "" where it is.
  [[nodiscard]] std::string refusal(std::string_view body) const;
  /// The same of a body of which only the length is known.
  [[nodiscard]] std::string refusal_of_length(std::uint64_t bytes) const;

  bool operator==(const Expectation&) const = default;
};

/// \name As people write it
/// @{
/// "100..200", or "150" for just that. Error: usage.
[[nodiscard]] Result<LengthRange> parse_length(std::string_view text);
[[nodiscard]] std::string to_text(const LengthRange& length);
/// "user.id", the names with dots between them. Error: usage.
[[nodiscard]] Result<std::vector<std::string>> parse_names(std::string_view path);
/// "user.id=7", with a value as JSON writes it; what is no JSON is a text as it stands, "name=Ann".
/// Error: usage.
[[nodiscard]] Result<Member> parse_member(std::string_view text);
/// "user.id=7"
[[nodiscard]] std::string to_text(const Member& member);
/// "status 200, 100..200 bytes, user.id=7"
[[nodiscard]] std::string to_text(const Expectation& expectation);
/// @}

/// What stays the same in two bodies: the first members of the one, `most` at most, that are right
/// in the other; no long texts, and no names that cannot be written. Empty where either is no JSON.
[[nodiscard]] std::vector<Member> members_in_common(std::string_view one, std::string_view other,
                                                    std::size_t most);

/// "user.id"
[[nodiscard]] std::string path_of(const Member& member);
/// As JSON writes it: `"Ann"` in quotation marks.
[[nodiscard]] std::string json_text(const Value& value);
/// Whether it is a number as JSON writes it.
[[nodiscard]] bool is_json_number(std::string_view text);

}  // namespace unrig::http
