#include "tally/tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "base/text.h"

namespace unrig::tally {

std::string_view to_text(Failure failure) {
  static constexpr std::array<std::string_view, failure_count> names{
      "refused",      "unreachable", "no_port", "connect_timeout", "timeout",   "reset",
      "closed_early", "malformed",   "stale",   "wrong_status",    "wrong_body"};
  return names[static_cast<std::size_t>(failure)];
}

std::uint64_t Counts::failed() const {
  return std::accumulate(failed_by.begin(), failed_by.end(), std::uint64_t{0});
}

bool Counts::adds_up() const {
  return scheduled == issued + dropped && issued == completed + failed() + unfinished;
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

void add(Stretch& into, const Stretch& from) {
  const std::uint64_t both = into.completed + from.completed;
  if (both == 0) return;
  const double sum = into.mean_response_us * static_cast<double>(into.completed) +
                     from.mean_response_us * static_cast<double>(from.completed);
  into = {both, sum / static_cast<double>(both)};
}

void add(Counts& into, const Counts& from) {
  into.scheduled += from.scheduled;
  into.issued += from.issued;
  into.dropped += from.dropped;
  into.completed += from.completed;
  into.unfinished += from.unfinished;
  for (std::size_t i = 0; i < failure_count; ++i) into.failed_by[i] += from.failed_by[i];
}

void add(Second& into, const Second& from) {
  into.issued += from.issued;
  into.completed += from.completed;
  into.failed += from.failed;
  into.responses.merge(from.responses);
}

void add(Generator& into, const Generator& from) {
  into.cpu += from.cpu;
  into.involuntary_switches += from.involuntary_switches;
  into.longest_stall = std::max(into.longest_stall, from.longest_stall);
  into.threads += from.threads;
  into.real_time = into.real_time && from.real_time;
  into.queue_wait = into.queue_wait && from.queue_wait
                        ? std::optional(*into.queue_wait + *from.queue_wait)
                        : std::nullopt;
  // All are of one process, and tell of it alike.
  if (!into.throttling || (from.throttling && from.throttling->held > into.throttling->held)) {
    into.throttling = from.throttling;
  }
  into.source_addresses = std::max(into.source_addresses, from.source_addresses);
}

std::vector<Stretch> by_second(const std::vector<Stretch>& steps) {
  constexpr auto steps_per_second = static_cast<std::size_t>(std::chrono::seconds(1) / step_length);
  std::vector<Stretch> seconds((steps.size() + steps_per_second - 1) / steps_per_second);
  for (std::size_t i = 0; i < steps.size(); ++i) add(seconds[i / steps_per_second], steps[i]);
  return seconds;
}

}  // namespace unrig::tally
