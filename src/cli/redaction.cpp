#include "cli/redaction.h"

#include "base/secrets.h"

namespace unrig::cli {
namespace {

/// The header without its value; of what has no name, nothing is left.
std::string without_value(const std::string& header) {
  const auto colon = header.find(':');
  if (colon == std::string::npos) return std::string(hidden);
  return header.substr(0, colon + 1) + " " + std::string(hidden);
}

}  // namespace

std::vector<std::string> without_secrets(std::vector<std::string> words,
                                         std::span<const std::string> headers) {
  for (auto& word : words) {
    // A value is a word of its own or the end of one: the longest header that fits is meant.
    const std::string* longest = nullptr;
    for (const auto& header : headers) {
      if (header.empty() || !word.ends_with(header)) continue;
      if (longest == nullptr || header.size() > longest->size()) longest = &header;
    }
    if (longest != nullptr) {
      word.replace(word.size() - longest->size(), std::string::npos, without_value(*longest));
    }
    word = without_credentials(word);
  }
  return words;
}

}  // namespace unrig::cli
