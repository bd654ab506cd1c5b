/// \file
/// Reads JSON (RFC 8259) one token after the other, where it lies: nothing is copied, nothing is
/// allocated, nothing recurses. Inside this module only.
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>

namespace unrig::http {

/// Deeper documents are refused, so that the memory that a body costs has a bound.
inline constexpr std::size_t deepest_json = 512;

struct JsonToken {
  enum class Kind {
    object,   ///< begins
    list,     ///< begins
    end,      ///< of the innermost object or list
    name,     ///< of the member that comes next
    text,     ///< a string
    number,   //
    yes,      ///< true
    no,       ///< false
    null,     //
    over,     ///< the document is complete
    no_json,  ///< it is none; see expected() and position()
  };
  Kind kind = Kind::no_json;
  /// Of names and texts what stands between the quotation marks, escapes as they are; of numbers
  /// all of it. Lies in the document.
  std::string_view raw;
};

/// The document must outlive it. After `over` and `no_json` there is nothing more to ask.
class JsonReader {
 public:
  explicit JsonReader(std::string_view document) : document_(document) {}

  [[nodiscard]] JsonToken next();
  /// \name After no_json
  /// @{
  [[nodiscard]] std::string_view expected() const { return expected_; }
  [[nodiscard]] std::size_t position() const {
    return at_;
  }  ///< of the byte that is wrong
     /// @}

 private:
  enum class Want { value, value_or_end, name, name_or_end, comma_or_end, nothing };
  using Kind = JsonToken::Kind;

  JsonToken wrong(std::string_view expected);
  JsonToken begin(Kind kind);
  JsonToken end();
  JsonToken name();
  JsonToken value();
  JsonToken word(std::string_view whole, Kind kind);
  JsonToken number();
  /// From its opening quotation mark to behind the closing one. False: it is none.
  bool string(std::string_view& raw);
  bool escape();
  bool digits();
  void skip_blanks();
  [[nodiscard]] bool at(char c) const { return at_ < document_.size() && document_[at_] == c; }
  /// A value has ended.
  JsonToken after_value(JsonToken token);

  std::string_view document_;
  std::size_t at_ = 0;
  Want want_ = Want::value;
  std::size_t depth_ = 0;
  std::bitset<deepest_json> objects_;  // the open ones, from the outermost; others are lists
  std::string_view expected_;
};

/// Whether `raw`, a name or a text of a JsonToken, means `text` (UTF-8).
[[nodiscard]] bool means(std::string_view raw, std::string_view text);

/// What `raw` means. A half of a pair of surrogates becomes three bytes that are no UTF-8.
[[nodiscard]] std::string meaning(std::string_view raw);

}  // namespace unrig::http
