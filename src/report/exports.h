/// \file
/// A run in the formats of other programs, one file of source each (docs/export.md). Pure: a run
/// in, text out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analysis/summary.h"
#include "base/result.h"
#include "record/record.h"

namespace unrig::report {

/// Packed histograms of all trials of a cell's row, by its label (PageTimes).
using TimesByLabel = std::map<std::string, record::Histograms>;

/// One line per trial (RFC 4180), the head first.
[[nodiscard]] std::string csv_export(const record::Run& run);

/// One trial a line, as `trials` of unrig.run/1 has it.
[[nodiscard]] std::string jsonl_export(const record::Run& run);

/// HdrHistogram's log: a line per cell and kind of time, tagged "LABEL-response" and so on. Error:
/// usage, where a histogram cannot be unpacked.
[[nodiscard]] Result<std::string> hlog_export(const record::Run& run, const TimesByLabel& times);

/// HdrHistogram's percentile text of one cell's response times, in microseconds. Error: usage,
/// where there are none of it.
[[nodiscard]] Result<std::string> hgrm_export(const TimesByLabel& times, const std::string& label);

/// JUnit's XML: a test case per cell, which fails where no trial of it counts, and one per gate,
/// which is an error where it is undecided.
[[nodiscard]] std::string junit_export(const record::Run& run, const analysis::Summary& summary);

/// What github-action-benchmark keeps: one unit, and one direction in which it is better.
enum class Metric { throughput, p50, p99 };
[[nodiscard]] std::string benchmark_action_export(const analysis::Summary& summary, Metric metric);

/// Bencher's metric format: throughput per second, latency (P50 and P99) in nanoseconds.
[[nodiscard]] std::string bencher_export(const analysis::Summary& summary);

/// OpenMetrics' text. Error: usage, where a histogram cannot be unpacked.
[[nodiscard]] Result<std::string> openmetrics_export(const record::Run& run,
                                                     const analysis::Summary& summary,
                                                     const TimesByLabel& times);

/// For a pull request: the sentence, a table with intervals, ties marked, a table of gates.
[[nodiscard]] std::string markdown_export(const record::Run& run, const analysis::Summary& summary);

}  // namespace unrig::report
