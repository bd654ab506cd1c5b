#include "report/reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>
#include <vector>

#include "base/text.h"

namespace unrig::report {
namespace {

constexpr char hole = '\x01';
constexpr std::string_view most_of_it = "most of it ";

struct Number {
  double value = 0;
  std::string text;
};

/// A figure of the text, from the smallest to the largest that was seen in its place.
struct Range {
  Number low, high;

  void include(const Range& other) {
    if (other.low.value < low.value) low = other.low;
    if (other.high.value > high.value) high = other.high;
  }
  [[nodiscard]] std::string text() const {
    return low.text == high.text ? low.text : fmt::format("{} to {}", low.text, high.text);
  }
};

struct Reason {
  std::string kind;  // the text with holes in place of what may differ
  std::vector<Range> figures = {};
  std::vector<std::string> names = {};  // who used most
  std::string rest = {};                // what an answer looked like
  std::set<int> blocks = {};            // empty: of no block
  std::vector<std::string> labels = {};
};

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// The length of the figure that begins there; 0: none, or one that is a name.
std::size_t figure_at(std::string_view text, std::size_t at) {
  const bool begins = at == 0 || text[at - 1] == ' ' || text[at - 1] == '(';
  if (!begins || text.substr(0, at).ends_with("process ")) return 0;
  std::size_t end = at + (text[at] == '-' ? 1 : 0);
  if (end == text.size() || !is_digit(text[end])) return 0;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
  while (text[end - 1] == '.') --end;  // the sentence's
  return end - at;
}

void take_figures(Reason& reason) {
  const std::string text = std::move(reason.kind);
  reason.kind.clear();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = figure_at(text, at);
    if (length == 0) {
      reason.kind += text[at++];
      continue;
    }
    Number number{0, text.substr(at, length)};
    std::from_chars(text.data() + at, text.data() + at + length, number.value);
    reason.figures.push_back({number, number});
    reason.kind += hole;
    at += length;
  }
  if (!reason.kind.contains(std::string{hole} + " to " + hole)) return;
  reason.figures.clear();  // a range already: one of ranges would not be readable
  reason.kind = text;
}

Reason parsed(const std::string& label, std::string_view text) {
  Reason reason{.kind = std::string(text), .labels = {label}};
  constexpr std::string_view of_block = "block ";
  if (!text.starts_with(of_block)) return reason;
  int block = 0;
  const char* begin = text.data() + of_block.size();
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), block);
  if (error != std::errc{} || !std::string_view(end, text.data() + text.size()).starts_with(": ")) {
    return reason;
  }
  reason.blocks = {block};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 2);
  const std::size_t rest = std::min(text.find("; one answer began"), text.find('\n'));
  if (rest < text.size()) reason.rest = text.substr(rest);
  reason.kind = text.substr(0, rest);
  if (const auto name = reason.kind.find(most_of_it); name != std::string::npos) {
    reason.names = {reason.kind.substr(name + most_of_it.size())};
    reason.kind.resize(name + most_of_it.size());
  }
  take_figures(reason);
  return reason;
}

void join_into(Reason& into, const Reason& other) {
  for (std::size_t i = 0; i < into.figures.size(); ++i) into.figures[i].include(other.figures[i]);
  into.blocks.insert(other.blocks.begin(), other.blocks.end());
  const auto add_new = [](std::vector<std::string>& names, const std::vector<std::string>& more) {
    for (const std::string& name : more) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  };
  add_new(into.names, other.names);
  add_new(into.labels, other.labels);
}

/// Each one joined with the first that is `alike`.
template <class Alike>
std::vector<Reason> joined(const std::vector<Reason>& reasons, Alike alike) {
  std::vector<Reason> found;
  for (const Reason& reason : reasons) {
    const auto known =
        std::ranges::find_if(found, [&](const Reason& other) { return alike(other, reason); });
    if (known == found.end()) {
      found.push_back(reason);
    } else {
      join_into(*known, reason);
    }
  }
  return found;
}

/// "block 3: ", "blocks 1-5, 7: "
std::string blocks_text(const std::set<int>& blocks) {
  std::vector<std::string> runs;
  for (auto it = blocks.begin(); it != blocks.end();) {
    const int first = *it;
    int last = first;
    for (++it; it != blocks.end() && *it == last + 1; ++it) last = *it;
    runs.push_back(first == last
                       ? std::to_string(first)
                       : fmt::format("{}{}{}", first, last == first + 1 ? ", " : "-", last));
  }
  if (runs.empty()) return {};
  return fmt::format("block{} {}: ", blocks.size() == 1 ? "" : "s", join(runs, ", "));
}

std::string text_of(const Reason& reason) {
  std::string text = blocks_text(reason.blocks);
  auto figure = reason.figures.begin();
  for (const char c : reason.kind) {
    if (c == hole && figure != reason.figures.end()) {
      text += (figure++)->text();
    } else {
      text += c;
    }
  }
  return text + join(reason.names, ", ") + reason.rest;
}

}  // namespace

std::string does_not_count(std::span<const analysis::Row> rows) {
  std::vector<Reason> reasons;
  for (const auto& row : rows) {
    if (row.trials == 0 && row.reasons.empty()) {
      reasons.push_back(parsed(row.cell.label, "not measured"));
    }
    for (const auto& text : row.reasons) reasons.push_back(parsed(row.cell.label, text));
  }
  const auto of_one_row = [](const Reason& a, const Reason& b) {
    return a.kind == b.kind && a.labels == b.labels && a.blocks.empty() == b.blocks.empty();
  };
  const auto of_the_same_blocks = [](const Reason& a, const Reason& b) {
    return a.kind == b.kind && a.blocks == b.blocks;
  };
  std::string lines;
  for (const auto& reason : joined(joined(reasons, of_one_row), of_the_same_blocks)) {
    lines += fmt::format("  {}:", join(reason.labels, ", "));
    std::string_view before = " ";
    for (const auto& line : split(text_of(reason), '\n')) {
      lines += line.empty() ? "\n" : fmt::format("{}{}\n", before, line);
      before = "    ";
    }
  }
  return lines;
}

}  // namespace unrig::report
