#include "report/load_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/table.h"

namespace unrig::report {
namespace {

using record::Json;
using record::Times;
using Kind = record::Figure::Kind;

using Named = std::pair<const char*, record::Figure Times::*>;
constexpr Named named_figures[] = {
    {"mean", &Times::mean}, {"p50", &Times::p50},   {"p90", &Times::p90}, {"p95", &Times::p95},
    {"p99", &Times::p99},   {"p999", &Times::p999}, {"max", &Times::max}};

bool any(const Times& times, Kind kind) {
  return std::ranges::any_of(
      named_figures, [&](const Named& named) { return (times.*named.second).kind == kind; });
}

/// What is said below the table.
std::string notes_text(const record::LoadRun& run) {
  std::string text;
  if (run.response_us.unanswered > 0) {
    text += fmt::format("> at least: {} of {} requests had no answer when they were given up\n",
                        run.response_us.unanswered, run.response_us.count);
  }
  const bool dash = any(run.response_us, Kind::few_values);
  if (dash) text += "- too few requests: ten have to lie beyond a percentile\n";
  if (run.gap) {
    text += fmt::format(
        "gap           for {} nothing was answered, and a closed loop asks nothing meanwhile: "
        "with\n"
        "              what it would have asked P99 {}, P99.9 {}; --rate measures it\n",
        time_text(run.gap->seconds * 1e6), to_text(run.gap->corrected.p99),
        to_text(run.gap->corrected.p999));
  }
  return text;
}

Json figure_json(const record::Figure& figure) {
  return figure.known() ? Json(figure.us) : Json(nullptr);
}

}  // namespace

std::string time_text(double us) {
  return us < 1000  ? fmt::format("{:.1f} us", us)
         : us < 1e6 ? fmt::format("{:.2f} ms", us / 1e3)
                    : fmt::format("{:.2f} s", us / 1e6);
}

std::string to_text(const record::Figure& figure) {
  if (figure.kind == Kind::few_values) return "-";
  return (figure.known() ? "" : "> ") + time_text(figure.us);
}

std::string times_text(const record::LoadRun& run, const Look& look) {
  const std::string closed = run.open ? "" : " (closed)";
  const std::vector<Column> columns{{"time"},
                                    {"mean", Align::right, 3},
                                    {"P50", Align::right},
                                    {"P90", Align::right, 2},
                                    {"P95", Align::right, 1},
                                    {"P99", Align::right},
                                    {"P99.9", Align::right},
                                    {"max", Align::right}};
  std::vector<std::vector<std::string>> rows;
  const auto add = [&rows](const std::string& name, const Times& times) {
    std::vector<std::string> row{name};
    for (const auto& [key, figure] : named_figures) row.push_back(to_text(times.*figure));
    rows.push_back(std::move(row));
  };
  add("response" + closed, run.response_us);
  add("service" + closed, run.service_us);
  add("issue delay" + closed, run.issue_delay_us);
  if (run.connects > 0) add("connect", run.connect_us);
  if (run.handshakes > 0) add("TLS handshake", run.handshake_us);
  return table(columns, rows, look) + notes_text(run);
}

std::string series_text(const record::LoadRun& run) {
  if (!run.ramp || run.series.empty()) return {};
  constexpr std::size_t most_rows = 20;
  const std::size_t each = (run.series.size() + most_rows - 1) / most_rows;
  std::vector<Column> columns{{"from", Align::right}};
  for (const char* head : {"issued/s", "completed/s", "failed", "P50", "P90", "P99"}) {
    columns.push_back({head, Align::right});
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : record::series_rows(run.series, each)) {
    const auto rate = [&](std::uint64_t count) {
      return fmt::format("{:.0f}", static_cast<double>(count) / row.length_s);
    };
    rows.push_back({fmt::format("{:.0f} s", row.from_s), rate(row.issued), rate(row.completed),
                    fmt::format("{}", row.failed), to_text(row.p50), to_text(row.p90),
                    to_text(row.p99)});
  }
  return table(columns, rows);
}

Json to_json(const Times& times) {
  Json json;
  Json missing = Json::object();
  for (const auto& [key, place] : named_figures) {
    const record::Figure& figure = times.*place;
    json[key] = figure_json(figure);
    if (figure.kind == Kind::at_least) {
      missing[key] = {
          {"reason", fmt::format("{} of {} requests had no answer", times.unanswered, times.count)},
          {"at_least", figure.us}};
    } else if (figure.kind == Kind::few_values) {
      missing[key] = {{"reason", fmt::format("too few requests: {}", times.count)}};
    }
  }
  json["count"] = times.count;
  if (!missing.empty()) json["missing"] = missing;
  return json;
}

Json to_json(const std::optional<record::Gap>& gap) {
  if (!gap) return nullptr;
  return {{"seconds", gap->seconds}, {"corrected_response_us", to_json(gap->corrected)}};
}

Json series_json(const record::LoadRun& run) {
  Json list = Json::array();
  for (const auto& second : record::series_rows(run.series, 1)) {
    list.push_back({{"at_s", second.from_s},
                    {"issued", second.issued},
                    {"completed", second.completed},
                    {"failed", second.failed},
                    {"p50_us", figure_json(second.p50)},
                    {"p90_us", figure_json(second.p90)},
                    {"p99_us", figure_json(second.p99)}});
  }
  return list;
}

}  // namespace unrig::report
