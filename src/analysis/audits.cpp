#include "analysis/audits.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

#include "base/text.h"
#include "record/limits.h"
#include "scenario/scenario.h"

namespace unrig::analysis {
namespace {

using record::Audit;
using record::Cell;
using Cells = std::vector<const Cell*>;
using Reading = std::function<std::optional<double>(const Audit&)>;

/// When a figure of one stack differs from that of the others.
enum class Differs {
  never,    ///< it follows from the model, the driver or the workers; shown only
  exactly,  ///< the stacks do the same work: any difference is one
  widely,   ///< by more than a factor of two from the median
};

struct WireFigure {
  std::string name;
  std::string verb, noun;  ///< the words of a finding; the noun with {s} for its plural
  int decimals = 0;
  Differs differs = Differs::never;
  Reading read;

  [[nodiscard]] std::string text(double value) const {
    return fmt::format("{:.{}f}", value, decimals);
  }
};

std::optional<double> of_hop(const Audit& audit, std::string_view from, double record::Hop::*what) {
  const auto* hop = audit.hop(from);
  return hop == nullptr ? std::nullopt : std::optional(hop->*what);
}
Reading of_hop(const std::string& from, double record::Hop::*what) {
  return [=](const Audit& audit) { return of_hop(audit, from, what); };
}

std::vector<WireFigure> wire_figures() {
  using record::Hop;
  const auto exactly = Differs::exactly;
  const auto app = [](const Audit& audit) { return audit.hop("app"); };
  return {
      {"To proxy", "open", "connection{s} to the proxy per request", 2, exactly,
       of_hop("client", &Hop::connections)},
      {"To app", "take", "new connection{s} per request from the proxy", 2, exactly,
       of_hop("proxy", &Hop::connections)},
      {"To DB", "open", "connection{s} to the database per request", 2, exactly,
       of_hop("app", &Hop::connections)},
      {"Stmts", "run", "statement{s} per request", 2, exactly,
       [=](const Audit& a) -> std::optional<double> {
         if (app(a) == nullptr || !app(a)->round_trips) return std::nullopt;
         return app(a)->statements_per_request();
       }},
      {"Trips", "wait", "time{s} per request for the database", 2, exactly,
       [=](const Audit& a) { return app(a) == nullptr ? std::nullopt : app(a)->round_trips; }},
      {"Bytes in", "", "", 0, Differs::never, of_hop("client", &Hop::bytes_forth)},
      {"Bytes out", "answer with", "byte{s} per request", 0, exactly,
       of_hop("client", &Hop::bytes_back)},
      {"App out", "", "", 0, Differs::never, of_hop("proxy", &Hop::bytes_back)},
      {"DB out", "", "", 0, Differs::never, of_hop("app", &Hop::bytes_forth)},
      {"DB in", "", "", 0, Differs::never, of_hop("app", &Hop::bytes_back)},
      {"Log", "write", "log line{s} per request", 2, exactly,
       [](const Audit& a) { return a.log_lines; }},
      {"Syscalls", "make", "system call{s} per request", 0, Differs::widely,
       [](const Audit& a) { return a.system_calls; }},
      {"Proc", "", "", 0, Differs::never,
       [](const Audit& a) { return std::optional<double>(a.processes); }},
      {"Thr", "", "", 0, Differs::never,
       [](const Audit& a) { return std::optional<double>(a.threads); }},
      {"MiB", "", "", 0, Differs::never,
       [](const Audit& a) {
         constexpr double mebibyte = 1 << 20;
         return a.memory_bytes ? std::optional(static_cast<double>(*a.memory_bytes) / mebibyte)
                               : std::nullopt;
       }},
  };
}

Cells audited(std::span<const Cell> cells) {
  Cells found;
  for (const auto& cell : cells) {
    if (cell.audit.requests > 0) found.push_back(&cell);
  }
  return found;
}

/// What a figure is for most stacks, as its text; or the median of those that differ widely.
struct Usual {
  std::optional<std::string> text;  ///< of more than half of the stacks
  double median = 0;
  bool any = false;
};

Usual usual(const WireFigure& figure, const Cells& cells) {
  std::map<std::string, std::size_t> counts;
  std::vector<double> values;
  for (const auto* cell : cells) {
    if (const auto value = figure.read(cell->audit)) {
      ++counts[figure.text(*value)];
      values.push_back(*value);
    }
  }
  Usual found;
  if (values.empty()) return found;
  found.any = true;
  for (const auto& [text, count] : counts) {
    if (2 * count > values.size()) found.text = text;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  found.median = *middle;
  return found;
}

bool differs(const WireFigure& figure, const Usual& usual, double value) {
  constexpr double factor = 2;
  switch (figure.differs) {
    case Differs::never:
      return false;
    case Differs::exactly:
      return usual.text && figure.text(value) != *usual.text;
    case Differs::widely:
      return value > factor * usual.median || value * factor < usual.median;
  }
  return false;
}

/// The verb for so many stacks: "run", "runs"; "answer with", "answers with".
std::string conjugated(const std::string& verb, std::size_t stacks) {
  if (stacks != 1) return verb;
  const auto end = std::min(verb.find(' '), verb.size());
  return verb.substr(0, end) + "s" + verb.substr(end);
}

/// The noun with its {s} for so many things, as a figure's text has them.
std::string noun_for(const std::string& noun, const std::string& things) {
  return fmt::format(fmt::runtime(noun), fmt::arg("s", things == "1" ? "" : "s"));
}

std::set<std::string> statements_of(const Cell& cell) {
  std::set<std::string> texts;
  if (const auto* hop = cell.audit.hop("app")) {
    for (const auto& statement : hop->statements) texts.insert("`" + statement.text + "`");
  }
  return texts;
}

/// "`A`; without `B`": the statements of `few` that `most` does not run, and the reverse.
std::string statement_difference(const Cell& few, const Cell& most) {
  const auto own = statements_of(few);
  const auto others = statements_of(most);
  std::vector<std::string> more, less;
  std::set_difference(own.begin(), own.end(), others.begin(), others.end(),
                      std::back_inserter(more));
  std::set_difference(others.begin(), others.end(), own.begin(), own.end(),
                      std::back_inserter(less));
  std::string text;
  if (!more.empty()) text += ": " + join(more, ", ");
  if (!less.empty()) text += (more.empty() ? ": without " : "; without ") + join(less, ", ");
  return text;
}

/// Stacks by the text of their figure.
std::map<std::string, Cells> groups(const WireFigure& figure, const Cells& cells) {
  std::map<std::string, Cells> by_text;
  for (const auto* cell : cells) {
    if (const auto value = figure.read(cell->audit)) by_text[figure.text(*value)].push_back(cell);
  }
  return by_text;
}

/// "3.00" as "3", "1.50" as "1.5".
std::string shortest(const std::string& text) {
  if (text.find('.') == std::string::npos) return text;
  const auto end = text.find_last_not_of('0');
  return text.substr(0, text[end] == '.' ? end : end + 1);
}

std::string labels_of(const Cells& cells) {
  std::vector<std::string> labels;
  for (const auto* cell : cells) labels.push_back(cell->label);
  return join(labels, ", ");
}

void add_exact(const WireFigure& figure, const Cells& cells, std::vector<std::string>& findings) {
  const auto by_text = groups(figure, cells);
  if (by_text.size() < 2) return;
  const auto common = usual(figure, cells);
  if (!common.text) {
    std::vector<std::string> parts;
    for (const auto& [text, group] : by_text)
      parts.push_back(fmt::format("{} ({})", shortest(text), labels_of(group)));
    findings.push_back(fmt::format("{}: {}", noun_for(figure.noun, ""), join(parts, ", ")));
    return;
  }
  const auto& most = by_text.at(*common.text);
  for (const auto& [text, group] : by_text) {
    if (text == *common.text) continue;
    auto finding = fmt::format("{} {} {} {}, the others {}", labels_of(group),
                               conjugated(figure.verb, group.size()), shortest(text),
                               noun_for(figure.noun, shortest(text)), shortest(*common.text));
    if (figure.name == "Stmts") finding += statement_difference(*group.front(), *most.front());
    findings.push_back(std::move(finding));
  }
}

void add_wide(const WireFigure& figure, const Cells& cells, std::vector<std::string>& findings) {
  const auto common = usual(figure, cells);
  std::vector<std::string> parts;
  for (const auto* cell : cells) {
    const auto value = figure.read(cell->audit);
    if (!value || !differs(figure, common, *value)) continue;
    auto part = fmt::format("{} {}", cell->label, figure.text(*value));
    if (const auto& calls = cell->audit.system_calls_by_name; !calls.empty())
      part += fmt::format(" ({} {})", figure.text(calls[0].second), calls[0].first);
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return;
  const auto median = figure.text(common.median);
  findings.push_back(fmt::format("{}, where the median is {}: {}", noun_for(figure.noun, median),
                                 median, join(parts, ", ")));
}

/// Empty where no stack has the figure: a hop that this chain does not have.
std::optional<AuditColumn> column_of(const WireFigure& figure, const Cells& cells) {
  const auto common = usual(figure, cells);
  if (!common.any && figure.name != "Syscalls") return std::nullopt;
  AuditColumn column{.name = figure.name, .values = {}};
  for (const auto* cell : cells) {
    const auto value = figure.read(cell->audit);
    column.values.push_back(
        value ? std::optional(AuditValue{figure.text(*value), differs(figure, common, *value)})
              : std::nullopt);
  }
  return column;
}

/// Where one worker took more than twice what another one did, of connections that came at once.
std::string imbalance_of(const Cell& cell) {
  constexpr int factor = 2;
  const auto& workers = cell.audit.shares;
  if (workers.size() < 2) return {};
  const auto [least, most] = std::ranges::minmax(workers, {}, &record::WorkerShare::accepts);
  if (most.accepts <= factor * std::max(1, least.accepts)) return {};
  int sum = 0;
  for (const auto& worker : workers) sum += worker.accepts;
  return fmt::format("{}: of {} connections that came at once one worker took {}, another {}",
                     cell.label, sum, most.accepts, least.accepts);
}

/// Where a stack that says that it has an event loop takes up a thread for each request.
std::string threads_of(const Cell& cell) {
  constexpr double worth_a_word = 0.5;
  const auto& each = cell.audit.threads_per_request;
  const auto model = scenario::concurrency_from(cell.concurrency);
  if (!each || *each < worth_a_word || !model || !scenario::has_event_loop(*model)) return {};
  return fmt::format("{}: {:.2g} threads for each request under way, though it is {}", cell.label,
                     *each, cell.concurrency);
}

/// Where the second piece of each answer waits for a delayed acknowledgement.
std::string plateau_of(const Cell& cell) {
  const auto& apart = cell.audit.head_to_body_us;
  if (!apart || *apart < record::plateau_us) return {};
  return fmt::format(
      "{}: on a kept connection bodies come {:.0f} ms after their heads: a plateau of delayed "
      "acknowledgements, which TCP_NODELAY, or one call for both, mends",
      cell.label, *apart / 1000);
}

}  // namespace

Audits audits_of(std::span<const Cell> cells) {
  const auto there = audited(cells);
  Audits audits;
  for (const auto* cell : there) audits.labels.push_back(cell->label);
  for (const auto& figure : wire_figures()) {
    if (auto column = column_of(figure, there)) audits.columns.push_back(std::move(*column));
    if (figure.differs == Differs::exactly) add_exact(figure, there, audits.findings);
    if (figure.differs == Differs::widely) add_wide(figure, there, audits.findings);
  }
  for (const auto* cell : there) {
    for (auto finding : {imbalance_of(*cell), threads_of(*cell), plateau_of(*cell)})
      if (!finding.empty()) audits.findings.push_back(std::move(finding));
  }
  for (const auto& cell : cells) {
    if (cell.audit.requests == 0 && !cell.audit.not_made.empty())
      audits.not_checked["not audited: " + cell.audit.not_made].push_back(cell.label);
    if (!cell.audit.system_calls_not_checked.empty())
      audits.not_checked["system calls not checked: " + cell.audit.system_calls_not_checked]
          .push_back(cell.label);
  }
  return audits;
}

}  // namespace unrig::analysis
