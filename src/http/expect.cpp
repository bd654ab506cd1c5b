#include "http/expect.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cassert>

#include "base/number.h"
#include "base/text.h"
#include "http/json_reader.h"

namespace unrig::http {
namespace {

using Kind = JsonToken::Kind;
/// One bit for each member of an expectation.
using Members = std::uint64_t;
static_assert(most_members == 64);

/// What is wrong with a body; with neither a member nor a byte of no JSON, nothing is.
struct Finding {
  const Member* member = nullptr;
  JsonToken found{Kind::over, {}};  ///< what the member is; `over`: it is not there
  bool no_json = false;
  std::size_t at = 0;  ///< of the byte that is wrong
  std::string_view expected = {};

  [[nodiscard]] bool right() const { return member == nullptr && !no_json; }
};

bool is_whole(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

/// 7 and 7.0 are the same number; whole ones are compared digit by digit, however long.
bool same_number(std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (is_whole(a) && is_whole(b)) return false;
  const auto left = to_number<double>(a), right = to_number<double>(b);
  return left && right && *left == *right;
}

bool is(const JsonToken& token, const Value& value) {
  switch (token.kind) {
    case Kind::null:
      return std::holds_alternative<std::nullptr_t>(value);
    case Kind::yes:
    case Kind::no: {
      const bool* flag = std::get_if<bool>(&value);
      return flag != nullptr && *flag == (token.kind == Kind::yes);
    }
    case Kind::number: {
      const auto* number = std::get_if<Number>(&value);
      return number != nullptr && same_number(token.raw, number->text);
    }
    case Kind::text: {
      const auto* text = std::get_if<std::string>(&value);
      return text != nullptr && means(token.raw, *text);
    }
    default:
      return false;
  }
}

/// Walks through a document once, and looks at each member on the way. What no member's names lead
/// to is read, so that it is known to be JSON, and not compared with anything.
class Walk {
 public:
  Walk(const std::vector<Member>& members, std::string_view body)
      : members_(members), reader_(body) {
    assert(members.size() <= most_members);
    const std::size_t unused = most_members - members.size();
    wanted_ = members.empty() ? 0 : ~Members{0} >> unused;
  }

  Finding operator()() {
    here_ = wanted_;
    for (;;) {
      const JsonToken token = reader_.next();
      switch (token.kind) {
        case Kind::no_json:
          return {.no_json = true, .at = reader_.position(), .expected = reader_.expected()};
        case Kind::over:
          return {.member = first_of(wanted_ & ~found_)};
        case Kind::end:
          leave();
          break;
        case Kind::name:
          if (beyond_ == 0)
            here_ = led_on([&](const std::string& n) { return means(token.raw, n); });
          break;
        default:
          if (const Member* wrong = look_at(token)) return {.member = wrong, .found = token};
      }
    }
  }

 private:
  struct Level {
    Members open = 0;  ///< members whose names lead into it
    bool list = false;
    std::uint64_t place = 0;  ///< of the value that comes next in a list
  };

  [[nodiscard]] const Member* first_of(Members some) const {
    return some == 0 ? nullptr : &members_[static_cast<std::size_t>(std::countr_zero(some))];
  }

  /// Those open here whose next name `fits`.
  template <class Fits>
  [[nodiscard]] Members led_on(Fits fits) const {
    Members left = levels_[depth_ - 1].open, some = 0;
    for (; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      if (fits(members_[i].names[depth_ - 1])) some |= Members{1} << i;
    }
    return some;
  }

  /// Those of `here_` whose names end with this very value.
  [[nodiscard]] Members ending() const {
    Members some = 0;
    for (Members left = here_; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      if (members_[i].names.size() == depth_) some |= Members{1} << i;
    }
    return some;
  }

  /// A value begins. The member that it is wrong for; null for none.
  const Member* look_at(const JsonToken& token) {
    const bool container = token.kind == Kind::object || token.kind == Kind::list;
    if (beyond_ > 0) {
      if (container) ++beyond_;
      return nullptr;
    }
    if (depth_ > 0 && levels_[depth_ - 1].list) take_place();
    const Members ended = here_ == 0 ? 0 : ending();
    for (Members left = ended; left != 0; left &= left - 1) {
      const Member* member = first_of(left);
      if (!is(token, member->value)) return member;
    }
    found_ |= ended;
    if (container) enter(token.kind == Kind::list);
    return nullptr;
  }

  /// Which members the next value of a list is for.
  void take_place() {
    Level& level = levels_[depth_ - 1];
    const auto fits = [place = level.place](const std::string& name) {
      const auto wanted = to_number<std::uint64_t>(name);
      return wanted && *wanted == place && (name.size() == 1 || name.front() != '0');
    };
    here_ = level.open == 0 ? 0 : led_on(fits);
    ++level.place;
  }

  void enter(bool list) {
    if (here_ == 0) {
      beyond_ = 1;
    } else {
      levels_[depth_++] = {.open = here_, .list = list};
    }
    here_ = 0;
  }

  void leave() {
    if (beyond_ > 0) {
      --beyond_;
    } else {
      --depth_;
    }
    here_ = 0;
  }

  const std::vector<Member>& members_;
  JsonReader reader_;
  Members wanted_ = 0;
  Members found_ = 0;
  Members here_ = 0;  // whose names so far lead to the value that comes next
  std::array<Level, deepest_member + 1> levels_{};
  std::size_t depth_ = 0;   // of levels_; so many names have been taken
  std::size_t beyond_ = 0;  // levels below those, which lead to no member
};

/// Texts of a server, as long as fits a line.
std::string shown(const std::string& text) {
  constexpr std::size_t most = 60;
  if (text.size() <= most) return printable(text);
  return printable(text.substr(0, most)) + "…";
}

std::string text_of(const JsonToken& token) {
  switch (token.kind) {
    case Kind::object:
      return "an object";
    case Kind::list:
      return "a list";
    case Kind::text:
      return shown(json_text(Value(meaning(token.raw))));
    case Kind::number:
      return shown(std::string(token.raw));
    case Kind::yes:
      return "true";
    case Kind::no:
      return "false";
    default:
      return "null";
  }
}

std::string text_of(const Finding& finding, std::string_view body) {
  if (finding.no_json) {
    if (body.empty()) return "its body is empty, and no JSON";
    const std::string found =
        finding.at < body.size() ? shown(std::string(body.substr(finding.at, 1))) : "nothing";
    return fmt::format("its body is no JSON: byte {}: expected {}, found {}", finding.at + 1,
                       finding.expected, found);
  }
  const std::string path = path_of(*finding.member);
  if (finding.found.kind == Kind::over) return fmt::format("there is no {}", path);
  return fmt::format("{} is {}, not {}", path, text_of(finding.found),
                     json_text(finding.member->value));
}

}  // namespace

bool Expectation::right(std::string_view body) const {
  return right_length(body.size()) && (members.empty() || Walk(members, body)().right());
}

std::string Expectation::refusal(std::string_view body) const {
  if (!right_length(body.size())) return refusal_of_length(body.size());
  if (members.empty()) return {};
  const Finding finding = Walk(members, body)();
  return finding.right() ? "" : text_of(finding, body);
}

std::string Expectation::refusal_of_length(std::uint64_t bytes) const {
  if (right_length(bytes)) return {};
  return fmt::format("its body has {} bytes, not {}", bytes, to_text(*length));
}

}  // namespace unrig::http
