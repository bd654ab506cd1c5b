#include "stack/command_line.h"

#include <algorithm>
#include <array>

namespace unrig::stack {
namespace {

struct Found {
  std::size_t begin = 0;  ///< of the opening brace
  std::size_t end = 0;    ///< behind the closing brace
  std::string_view name;
};

/// The next {lower_case_word} at or behind `from`.
std::optional<Found> next_placeholder(std::string_view text, std::size_t from) {
  for (auto open = text.find('{', from); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    auto close = open + 1;
    while (close < text.size() &&
           ((text[close] >= 'a' && text[close] <= 'z') || text[close] == '_'))
      ++close;
    if (close < text.size() && close > open + 1 && text[close] == '}')
      return Found{open, close + 1, text.substr(open + 1, close - open - 1)};
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string_view> placeholder_names(std::string_view language) {
  std::vector<std::string_view> names = {"host",  "port",   "listen",      "workers", "backlog",
                                         "extra", "folder", "application", language};
  if (language == "python") {
    names.insert(names.end(), {"bin", "module"});
  } else {
    names.emplace_back("build");
  }
  return names;
}

std::optional<std::string> unknown_placeholder(std::string_view word,
                                               std::span<const std::string_view> known) {
  for (auto found = next_placeholder(word, 0); found; found = next_placeholder(word, found->end)) {
    if (std::ranges::find(known, found->name) == known.end()) return std::string(found->name);
  }
  return std::nullopt;
}

bool needs_shell(std::string_view word) {
  constexpr std::array<std::string_view, 11> operators = {"|",  "||", "&",  "&&",   ";", ">",
                                                          ">>", "<",  "<<", "2>&1", "2>"};
  return std::ranges::find(operators, word) != operators.end() ||
         word.find("$(") != std::string_view::npos || word.find("${") != std::string_view::npos ||
         word.find('`') != std::string_view::npos;
}

std::string fill_in(std::string_view text, const Placeholders& values) {
  std::string result;
  std::size_t done = 0;
  for (auto found = next_placeholder(text, 0); found; found = next_placeholder(text, found->end)) {
    const auto value = values.find(found->name);
    if (value == values.end()) continue;
    result.append(text.substr(done, found->begin - done)).append(value->second);
    done = found->end;
  }
  return result.append(text.substr(done));
}

std::vector<std::string> fill_in(std::span<const std::string> command, const Splices& splices,
                                 const Placeholders& values) {
  std::vector<std::string> argv;
  for (const auto& word : command) {
    const bool is_name = word.starts_with('{') && word.ends_with('}');
    const auto several =
        is_name ? splices.find(std::string_view(word).substr(1, word.size() - 2)) : splices.end();
    if (several == splices.end()) {
      argv.push_back(fill_in(word, values));
    } else {
      for (const auto& more : several->second) argv.push_back(fill_in(more, values));
    }
  }
  return argv;
}

}  // namespace unrig::stack
