#include "report/load_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/plural.h"
#include "base/text.h"
#include "record/json.h"
#include "report/gates_text.h"
#include "report/load_times.h"

namespace unrig::report {
namespace {

constexpr int histogram_rows = 10;
constexpr int bar_width = 40;

/// A sample of a failure, whose first line follows a title of 14 characters.
std::string indented(std::string_view sample) {
  std::string text;
  for (const char c : sample) {
    text += c;
    if (c == '\n') text += std::string(14, ' ');
  }
  return std::string(trim(text));
}

std::string samples_text(const record::LoadRun& run) {
  if (run.sample_failure.empty()) return {};
  constexpr int most_others = 3;
  std::string text = fmt::format("one of them   {}\n", indented(run.sample_failure));
  int others = 0;
  for (const tally::Sample& sample : run.samples) {
    if (sample.text == run.sample_failure || ++others > most_others) continue;
    text += fmt::format("one {:<9} {}\n", to_text(sample.failure), indented(sample.text));
  }
  return text;
}

/// "" when all answers had the expected status.
std::string statuses_text(const record::LoadRun& run) {
  if (run.total.failed_by[static_cast<std::size_t>(tally::Failure::wrong_status)] == 0) return {};
  std::vector<std::string> texts;
  for (const auto& [status, count] : run.statuses) {
    texts.push_back(fmt::format("{} x {}", count, status));
  }
  return fmt::format("statuses      {}\n", join(texts, ", "));
}

/// "" where nothing is expected of bodies.
std::string expected_text(const http::Expectation& expect) {
  return expect.of_body() ? fmt::format("right answers: {}\n", to_text(expect)) : "";
}

/// What stands before all figures; "" where they speak for most requests.
std::string failed_text(const record::LoadRun& run) {
  const std::uint64_t failed = run.total.failed();
  if (failed <= run.total.completed) return {};
  return fmt::format("FAILED        {} of {} requests: {}\n", failed, run.total.issued,
                     tally::causes(run.total));
}

std::string counts_text(const record::LoadRun& run) {
  const auto& total = run.total;
  std::string text = fmt::format(
      "requests      {} scheduled, {} issued, {} completed, {} failed, {} unfinished, {} dropped\n",
      total.scheduled, total.issued, total.completed, total.failed(), total.unfinished,
      total.dropped);
  if (const auto by = tally::causes(total); !by.empty() && failed_text(run).empty()) {
    text += fmt::format("failed by     {}\n", by);
  }
  text += samples_text(run) + statuses_text(run);
  if (run.reconnects > 0) text += fmt::format("reconnects    {}\n", run.reconnects);
  if (run.resent > 0) {
    text += fmt::format(
        "resent        {}: the server closed their kept connections as they were sent, without a\n"
        "              word before; each went out once more (--no-keep-alive avoids it)\n",
        run.resent);
  }
  if (run.unasked_bytes > 0) {
    text += fmt::format("unasked bytes on {}\n", counted(run.unasked_bytes, "connection"));
  }
  if (run.head_bodies > 0) {
    text += fmt::format("HEAD          {} had a body, which HEAD must not have\n",
                        counted(run.head_bodies, "answer"));
  }
  if (run.early_answers > 0) {
    text += fmt::format("early answers {}, before their requests had arrived completely\n",
                        run.early_answers);
  }
  return text;
}

/// Rows of equal ratio between the least time and P99.9; the last one takes what is above.
std::string histogram_text(const stats::Histogram& histogram) {
  const double low = std::max(1.0, static_cast<double>(histogram.min().count()));
  const double high = std::max(low * 1.01, static_cast<double>(histogram.quantile(0.999).count()));
  std::vector<std::uint64_t> rows(histogram_rows);
  const auto counts = histogram.counts();
  for (std::size_t slot = 0; slot < counts.size(); ++slot) {
    if (counts[slot] == 0) continue;
    const double value = std::max(low, static_cast<double>(stats::Histogram::lowest_of(slot)));
    const double place = std::log(value / low) / std::log(high / low) * histogram_rows;
    rows[static_cast<std::size_t>(std::min(place, histogram_rows - 1.0))] += counts[slot];
  }
  const std::uint64_t most = std::max<std::uint64_t>(1, *std::ranges::max_element(rows));
  std::string text;
  for (int i = 0; i < histogram_rows; ++i) {
    const std::uint64_t count = rows[static_cast<std::size_t>(i)];
    const double from_us = low * std::pow(high / low, double{1} * i / histogram_rows) / 1e3;
    const auto length = static_cast<std::size_t>((count * bar_width + most - 1) / most);
    text += fmt::format("from {:>9}  {:>10}{}{}\n", time_text(from_us), count,
                        count > 0 ? "  " : "", std::string(length, '#'));
  }
  return text;
}

std::string generator_text(const record::LoadRun& run) {
  const auto& generator = run.generator;
  const std::string per_request =
      run.throughput_per_s > 0 ? fmt::format(" ({:.2f} us/request)", run.cpu_us_per_request()) : "";
  std::string text = fmt::format(
      "generator     {} x {}, CPU {:.2f} s{}, {}, {} involuntary switches\n"
      "              longest stall {}, read late by {} at P50, {} at most\n",
      generator.threads, generator.backend, unrig::seconds(generator.cpu), per_request,
      generator.queue_wait
          ? fmt::format("waited {} for a core", time_text(microseconds(*generator.queue_wait)))
          : "waits for a core not checked",
      generator.involuntary_switches, time_text(microseconds(generator.longest_stall)),
      to_text(run.read_delay_us.p50), to_text(run.read_delay_us.max));
  if (generator.threads < run.threads_asked) {
    text +=
        fmt::format("              {} of the {} threads asked for: each needs a {} of its own\n",
                    generator.threads, run.threads_asked, run.open ? "connection" : "client");
  }
  if (!generator.throttling) {
    text += "              CPU quota: not checked\n";
  } else if (generator.throttling->periods > 0) {
    text += fmt::format("              CPU quota: used up in {} periods, {} without a core\n",
                        generator.throttling->periods,
                        time_text(microseconds(generator.throttling->held)));
  }
  if (generator.source_addresses > 1) {
    text += fmt::format("              from {} source addresses, 127.0.0.1 and on\n",
                        generator.source_addresses);
  }
  if (!generator.backend_note.empty()) {
    text += fmt::format("              backend: {}\n", generator.backend_note);
  }
  if (!generator.timer_note.empty()) {
    text += fmt::format("              {}\n", generator.timer_note);
  }
  if (run.open) {
    const auto& late = run.lateness_us;
    text += fmt::format(
        "              late by {} at P50, {}\n", to_text(late.p50),
        late.p99.known() ? to_text(late.p99) + " at P99" : to_text(late.max) + " at most");
  }
  return text;
}

}  // namespace

std::string load_text(const record::LoadRun& run, const Look& look) {
  const std::string loop = run.open
                               ? "open loop, " + counted(run.connections, "connection") + " at most"
                               : "closed loop, " + counted(run.connections, "client");
  std::string text =
      fmt::format("{}\n{}, {:.2f} s measured, seed {}{}\n{}\n", run.url, loop, run.window_seconds,
                  run.seed, run.interrupted ? ", interrupted" : "", expected_text(run.expect));
  text += failed_text(run);
  const bool measured = run.throughput_per_s > 0;
  if (measured) text += fmt::format("throughput    {:.1f} requests/s", run.throughput_per_s);
  if (measured && run.open) text += fmt::format(" of {:.1f} offered", run.offered_per_s);
  if (measured) text += '\n';
  text = printable(text + counts_text(run));
  if (run.response.count() > 0) {
    text += fmt::format("\n{}\n{}\n", times_text(run, look), histogram_text(run.response));
    if (const auto series = series_text(run); !series.empty()) text += series + '\n';
  }
  text += printable(generator_text(run));
  text += run.verdict.valid() ? "verdict       valid\n"
                              : toned("verdict       INVALID", Tone::bad, look) + "\n";
  for (const auto& reason : run.verdict.reasons) {
    text += printable(fmt::format("  because {}\n", reason));
  }
  for (const auto& advice : run.verdict.advice) {
    text += printable(fmt::format("  help: {}\n", advice));
  }
  if (!run.gates.empty()) text += "\n" + gates_text(run.gates, look);
  return text;
}

std::string load_line(const LoadState& state) {
  const auto time = [](Duration seen) {  // 0: nothing was completed yet
    return seen > Duration{0} ? time_text(microseconds(seen)) : std::string("-");
  };
  return fmt::format("{:.0f} requests/s  P50 {}  P99 {}  {} failed  {}", state.per_second,
                     time(state.p50), time(state.p99), state.failed,
                     state.left > Duration{0}
                         ? human(std::chrono::ceil<std::chrono::seconds>(state.left)) + " left"
                         : "ending");
}

}  // namespace unrig::report
