// What stays the same in answers that change.
#include <algorithm>

#include "http/expect.h"
#include "http/json_reader.h"
#include "http/json_value.h"

namespace unrig::http {
namespace {

/// An object or a list that is open.
struct Open {
  bool list = false;
  std::uint64_t place = 0;  ///< of the value that comes next in a list
};

/// Nobody wants to type the others.
bool can_be_typed(const Member& member) {
  constexpr std::size_t longest = 40;
  const auto* text = std::get_if<std::string>(&member.value);
  const auto typed = [](const std::string& name) {
    return !name.empty() && name.size() <= longest && name.find_first_of(".=") == std::string::npos;
  };
  return (text == nullptr || text->size() <= longest) && member.names.size() <= deepest_member &&
         !member.names.empty() && std::ranges::all_of(member.names, typed);
}

/// The first values of the document that are neither objects nor lists; empty where it is no JSON.
std::vector<Member> members_of(std::string_view document) {
  JsonReader reader(document);
  std::vector<Member> members;
  std::vector<Open> open;
  std::vector<std::string> names;  // that lead to the value that comes next or is open
  for (;;) {
    const JsonToken token = reader.next();
    if (token.kind == JsonToken::Kind::no_json) return {};
    if (token.kind == JsonToken::Kind::over) return members;
    if (token.kind == JsonToken::Kind::name) {
      names.push_back(meaning(token.raw));
      continue;
    }
    const bool begins =
        token.kind == JsonToken::Kind::object || token.kind == JsonToken::Kind::list;
    const bool ends = token.kind == JsonToken::Kind::end;
    if (ends) open.pop_back();
    if (!ends && !open.empty() && open.back().list)
      names.push_back(std::to_string(open.back().place++));
    if (begins) {
      open.push_back({.list = token.kind == JsonToken::Kind::list});
      continue;
    }
    if (auto value = ends ? std::nullopt : value_of(token); value && members.size() < most_members)
      members.push_back({names, std::move(*value)});
    if (!names.empty()) names.pop_back();  // a value has ended
  }
}

}  // namespace

std::vector<Member> members_in_common(std::string_view one, std::string_view other,
                                      std::size_t most) {
  std::vector<Member> common;
  for (Member& member : members_of(one)) {
    if (common.size() == most) break;
    if (can_be_typed(member) && Expectation{.members = {member}}.right(other))
      common.push_back(std::move(member));
  }
  return common;
}

}  // namespace unrig::http
