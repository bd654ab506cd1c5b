#include "base/secrets.h"

#include <algorithm>

namespace unrig {
namespace {

constexpr auto none = std::string_view::npos;
constexpr std::string_view between_words = " \t\r\n'\"`<>()";

/// How much of `rest`, which begins with an authority and ends with its word, is credentials: up to
/// and without the '@'. 0 for none.
std::size_t credentials_after_scheme(std::string_view rest) {
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = authority.rfind('@'); at != none) return at;
  // A password with a slash: what would be the port is none.
  const auto colon = authority.find(':');
  const auto at = rest.rfind('@');
  if (colon == none || at == none || authority.starts_with('[')) return 0;
  const auto port = authority.substr(colon + 1);
  const bool is_port = std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  return is_port && !port.empty() ? 0 : at;
}

std::string word_without_credentials(std::string_view word) {
  constexpr std::string_view mark = "://";
  const auto scheme = word.find(mark);
  if (scheme != none) {
    const auto begin = scheme + mark.size();
    const auto length = credentials_after_scheme(word.substr(begin));
    if (length == 0) return std::string(word);
    return std::string(word.substr(0, begin)) + std::string(hidden) +
           std::string(word.substr(begin + length));
  }
  const auto at = word.rfind('@');
  const auto begin = word.find_last_of("=/,", at == none ? none : word.find(':')) + 1;
  if (at == none || at < begin) return std::string(word);
  const auto colon = word.substr(begin, at - begin).find(':');
  if (colon == none || colon == 0) return std::string(word);
  return std::string(word.substr(0, begin)) + std::string(hidden) + std::string(word.substr(at));
}

}  // namespace

std::string without_credentials(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto length = std::min(text.find_first_of(between_words), text.size());
    result += word_without_credentials(text.substr(0, length));
    text.remove_prefix(length);
    if (text.empty()) break;
    result += text.front();
    text.remove_prefix(1);
  }
  return result;
}

}  // namespace unrig
