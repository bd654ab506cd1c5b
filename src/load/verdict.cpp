#include "load/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace unrig::load {
namespace {

// Above this share of its cores, a closed loop is as fast as the generator, not as the server.
constexpr double saturated = 0.95;
// The generator's lateness may be this share of the response time at P99, or this long.
constexpr double late_share = 0.1;
constexpr Duration late_always_allowed = std::chrono::milliseconds(1);

void judge_cpu(const Outcome& outcome, Verdict& verdict) {
  const double available = seconds(outcome.window_length) * outcome.generator.threads;
  const double used = seconds(outcome.generator.cpu) / std::max(available, 1e-9);
  if (used < saturated) return;
  verdict.reasons.push_back(fmt::format(
      "the load generator was the limit: {:.0f} % of its {} used", used * 100,
      outcome.generator.threads == 1 ? "core was"
                                     : fmt::format("{} cores were", outcome.generator.threads)));
  verdict.advice.push_back("use more --threads, and cores that the server does not use");
}

void judge_lateness(const Plan& plan, const Outcome& outcome, Verdict& verdict) {
  std::string late = late_generator(plan, outcome);
  if (late.empty()) return;
  verdict.reasons.push_back(std::move(late));
  verdict.advice.push_back("use more --threads, cores that the server does not use, or less load");
}

/// Empty without a failure.
std::optional<Failure> most_frequent(const Counts& counts) {
  const auto most = std::ranges::max_element(counts.failed_by);
  if (*most == 0) return {};
  return static_cast<Failure>(most - counts.failed_by.begin());
}

/// What is to be done when nothing else happened; "" where the class says it all.
std::string advice_for(std::optional<Failure> failure, const Plan& plan) {
  if (!failure) return {};
  switch (*failure) {
    case Failure::refused:
      return "nobody listens there: is the server running, and is it this port?";
    case Failure::unreachable:
      return plan.tls ? "--cacert FILE trusts another authority, --insecure every certificate" : "";
    case Failure::connect_timeout:
    case Failure::timeout:
      return "give it more time with --timeout, or fewer clients with -c";
    case Failure::malformed:
    case Failure::closed_early:
    case Failure::reset:
      return plan.tls ? "" : "is it HTTP/1.1? A server that speaks TLS needs https://";
    case Failure::wrong_status:
      return "if that is the right answer, say so with --expect-status";
    case Failure::wrong_body:
      return "if that is the right answer, give it as --expect-body";
    case Failure::stale:
      return "--no-keep-alive avoids it: the server closes connections without a word";
    case Failure::no_port:
      return "use fewer connections, or keep them alive";
  }
  return {};
}

}  // namespace

std::string late_generator(const Plan& plan, const Outcome& outcome) {
  // In a closed loop every client has its connection, so that nothing but the generator can delay
  // an issue.
  const bool closed = std::holds_alternative<ClosedLoop>(plan.loop);
  const Duration late = (closed ? outcome.issue_delay : outcome.lateness).quantile(0.99);
  const Duration response = outcome.response.quantile(0.99);
  const bool much = microseconds(late) > late_share * microseconds(response);
  if (late <= late_always_allowed || !much) return {};
  return fmt::format("the load generator was late: P99 {:.1f} ms of {:.1f} ms response time",
                     microseconds(late) / 1e3, microseconds(response) / 1e3);
}

std::string causes(const Counts& counts) {
  std::vector<std::pair<std::uint64_t, std::string_view>> seen;
  for (std::size_t i = 0; i < failure_count; ++i) {
    if (counts.failed_by[i] > 0) {
      seen.emplace_back(counts.failed_by[i], to_text(static_cast<Failure>(i)));
    }
  }
  std::ranges::stable_sort(seen, std::greater<>{}, &decltype(seen)::value_type::first);
  std::vector<std::string> texts;
  for (const auto& [count, name] : seen) texts.push_back(fmt::format("{} {}", count, name));
  return join(texts, ", ");
}

Verdict judge(const Plan& plan, const Outcome& outcome) {
  Verdict verdict;
  if (outcome.total.completed == 0) {
    const std::string by = causes(outcome.total);
    verdict.reasons.push_back(by.empty() ? "no request was completed"
                                         : fmt::format("no request was completed: {}", by));
    if (auto advice = advice_for(most_frequent(outcome.total), plan); !advice.empty()) {
      verdict.advice.push_back(std::move(advice));
    }
  } else if (outcome.completed_in_window == 0) {
    verdict.reasons.emplace_back("no request was completed within the measurement window");
    verdict.advice.emplace_back("measure for longer");
  }
  if (outcome.unasked_bytes > 0) {
    verdict.reasons.push_back(
        fmt::format("{} connections delivered bytes that nobody asked for", outcome.unasked_bytes));
    verdict.advice.emplace_back("the server breaks HTTP: its answers and lengths do not agree");
  }
  if (outcome.early_completed > 0) {
    verdict.reasons.push_back(fmt::format(
        "{} answers came before their requests had arrived completely", outcome.early_completed));
    verdict.advice.emplace_back(
        "the server answers without reading what it is sent: that is not the time of a request");
  }
  if (std::holds_alternative<ClosedLoop>(plan.loop)) judge_cpu(outcome, verdict);
  judge_lateness(plan, outcome, verdict);
  return verdict;
}

}  // namespace unrig::load
