/// \file
/// Bodies against what is expected of them: no bytes may end the program, both ways of asking say
/// the same, and what is JSON to nlohmann's reader is JSON here.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "http/expect.h"

namespace {

using unrig::http::Expectation;
using unrig::http::Number;

[[noreturn]] void report(const char* what, std::string_view body) {
  std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(body.size()), body.data());
  std::abort();
}

/// More than a double holds, perhaps: by its exponent or its length.
bool has_great_number(std::string_view body) {
  constexpr std::size_t digits_of_double = 308;
  if (body.size() > digits_of_double) return true;
  for (auto at = body.find_first_of("eE"); at != std::string_view::npos;
       at = body.find_first_of("eE", at + 1)) {
    if (at > 0 && body[at - 1] >= '0' && body[at - 1] <= '9') return true;
  }
  return false;
}

/// What nlohmann's reader refuses although RFC 8259 has it, or takes although that has it not.
bool read_otherwise(std::string_view body) {
  return has_great_number(body) ||
         body.find("\\u") != std::string_view::npos ||  // halves of pairs of surrogates
         body.find('\0') != std::string_view::npos ||   // is the end to it
         body.starts_with("\xef");                      // a mark of the byte order
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const Expectation expect{.members = {{{"a", "b"}, Number{"7"}},
                                       {{"a", "0", "c"}, std::string("text")},
                                       {{"d"}, nullptr},
                                       {{"e"}, true}}};
  const std::string why = expect.refusal(body);
  if (expect.right(body) != why.empty()) report("says two things", body);
  // The other sentences begin with a member's name, or with "there is no".
  const bool is_json = !why.starts_with("its body is ");
  if (read_otherwise(body)) return 0;
  const bool is_theirs = nlohmann::json::accept(body);
  // A member that is wrong is said before the rest of the body is read.
  const bool wrong_member = why.find(", not ") != std::string::npos;
  if (is_json && !is_theirs && !wrong_member) report("is no JSON", body);
  if (!is_json && is_theirs) report("is JSON", body);
  return 0;
}
