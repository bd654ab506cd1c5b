#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/machine.h"
#include "analysis/noise.h"
#include "base/text.h"
#include "record/disturbance.h"

namespace unrig::analysis {
namespace {

using record::Examination;
using record::Finding;
using record::Gravity;
using record::Reading;

/// "41.2 ms", "63 us".
std::string time_text(double us) {
  return us >= 1000 ? fmt::format("{:.1f} ms", us / 1000) : fmt::format("{:.0f} us", us);
}

Finding unread(std::string check, const std::string& why) {
  return {.check = std::move(check), .gravity = Gravity::not_checked, .observed = why};
}

Finding of_program(const record::Program& program) {
  if (program.missing.empty()) return {.check = program.name, .observed = program.found};
  return {program.name, program.needed ? Gravity::spoils : Gravity::matters, program.missing,
          program.wanted_by + (program.needed ? " needs it: nothing can be measured" : " needs it"),
          program.help};
}

Finding of_disk(const Reading<std::int64_t>& room) {
  if (!room) return unread("disk", room.why());
  const std::string observed =
      fmt::format("{:.1f} GB free below --home", static_cast<double>(*room) / 1e9);
  if (*room >= little_disk) return {.check = "disk", .observed = observed};
  return {"disk", *room < too_little_disk ? Gravity::spoils : Gravity::matters, observed,
          "environments, database and results have no room: a run ends where the disk is full",
          "unrig purge --environments, or another folder with --home DIR"};
}

Finding of_others(const record::Disturbance& around) {
  if (!around.foreign && !around.steal) {
    return unread("other programs", "neither /proc/stat nor processes of others can be read");
  }
  const auto causes = record::causes_of(around);
  if (causes.empty()) {
    return {
        .check = "other programs",
        .observed = fmt::format("used {:.1f} % of the CPU time", record::lost_share(around) * 100)};
  }
  std::vector<std::string> reasons;
  for (const auto cause : causes) reasons.push_back(record::reason_of(cause, around));
  return {"other programs", Gravity::spoils, join(reasons, "; "),
          "trials that run meanwhile do not count: a run waits, for two minutes at most",
          remedy(causes.front(), around.foreign_name)};
}

Finding of_generator(const record::Probes& probes, const record::Demand& demand) {
  if (!probes.generator_per_s) return unread("load generator", probes.generator_per_s.why());
  // It shares the machine with the server that it is measured against.
  const double used = std::clamp(probes.generator_cores.value_or(1), 0.1, 1.0);
  const double ceiling = *probes.generator_per_s / used;
  std::string observed = fmt::format("{:.0f} requests/s with {:.2f} of a core: {:.0f}/s at most",
                                     *probes.generator_per_s, used, ceiling);
  if (!demand.most_per_s)
    return {.check = "load generator", .observed = observed + "; nothing bounds the load"};
  observed += fmt::format(", {:.1f} times the planned {:.0f}/s", ceiling / *demand.most_per_s,
                          *demand.most_per_s);
  if (ceiling >= generator_reserve * *demand.most_per_s)
    return {.check = "load generator", .observed = observed};
  const bool surely = demand.rate_is_given && ceiling < *demand.most_per_s;
  return {"load generator", surely ? Gravity::spoils : Gravity::matters, observed,
          "near its ceiling the generator is what is measured: such trials do not count",
          "--set client.keep_alive=true takes less of it, and so do fewer requests: fewer clients, "
          "a lower arrival.rate"};
}

Finding of_timers(const record::Probes& probes, const record::Demand& demand) {
  if (!probes.timer_p99_us) return unread("timers", probes.timer_p99_us.why());
  const double late = *probes.timer_p99_us;
  const std::string observed = fmt::format(
      "late by {} at P50, {} at P99, {} at most", time_text(probes.timer_p50_us.value_or(late)),
      time_text(late), time_text(probes.timer_max_us.value_or(late)));
  if (late <= late_timer_us) return {.check = "timers", .observed = observed};
  const bool spoils = demand.rate_is_given && late > too_late_timer_us;
  return {"timers", spoils ? Gravity::spoils : Gravity::matters, observed,
          "requests of an open loop leave late, and that is in their response times; think times "
          "and query delays are longer than asked for",
          "cpupower idle-set -D 0 keeps cores from sleeping deeply; a quiet machine, or one that "
          "shares its cores with nobody"};
}

Finding of_nagle(const record::Probes& probes, const record::Demand& demand) {
  if (!probes.answer_with_nagle_us || !probes.answer_without_nagle_us)
    return unread("Nagle's algorithm", probes.answer_with_nagle_us.why());
  const double with = *probes.answer_with_nagle_us;
  const double without = *probes.answer_without_nagle_us;
  const std::string observed =
      fmt::format("an answer in two pieces takes {} on a kept connection, {} with TCP_NODELAY",
                  time_text(with), time_text(without));
  const bool has_plateau = with >= plateau_us && without < plateau_us;
  if (!has_plateau) return {.check = "Nagle's algorithm", .observed = observed};
  if (!demand.keeps_connections)
    return {.check = "Nagle's algorithm", .observed = observed + "; none is kept here"};
  return {"Nagle's algorithm", Gravity::matters, observed,
          "a server that writes head and body apart and has not set TCP_NODELAY shows a plateau at "
          "40 ms that is no work of its own",
          "--set client.keep_alive=false --set proxy.keep_alive=false does without kept "
          "connections; ip route change with quickack 1 confirms at once"};
}

Finding of_chain(const record::Probes& probes) {
  if (!probes.chain_difference) return unread("identical seconds", probes.chain_difference.why());
  std::vector<std::string> rates;
  for (const double rate : probes.chain_per_s) rates.push_back(fmt::format("{:.0f}", rate));
  const std::string observed =
      fmt::format("differ by {:.1f} % ({} requests/s of {})", *probes.chain_difference * 100,
                  join(rates, ", "), probes.chain_stack);
  if (*probes.chain_difference <= differing_seconds)
    return {.check = "identical seconds", .observed = observed};
  return {"identical seconds", Gravity::matters, observed,
          "the machine is not the same from one second to the next: small differences between "
          "stacks drown in it, and take many trials",
          "a quieter machine; --blocks auto goes on until ratios are precise"};
}

}  // namespace

double difference_of_seconds(std::span<const double> per_s) {
  double squares = 0;
  for (std::size_t i = 0; i + 1 < per_s.size(); ++i) {
    const double mean = (per_s[i] + per_s[i + 1]) / 2;
    if (mean <= 0) return 0;
    const double difference = (per_s[i + 1] - per_s[i]) / mean;
    squares += difference * difference;
  }
  return per_s.size() < 2 ? 0 : std::sqrt(squares / static_cast<double>(per_s.size() - 1));
}

std::vector<Finding> findings_of(const Examination& seen) {
  std::vector<Finding> findings;
  for (const auto& program : seen.programs) findings.push_back(of_program(program));
  findings.push_back(of_disk(seen.probes.disk_free_bytes));
  for (auto& finding : findings_of(seen.host, seen.demand)) findings.push_back(std::move(finding));
  findings.push_back(of_others(seen.probes.around));
  findings.push_back(of_generator(seen.probes, seen.demand));
  findings.push_back(of_timers(seen.probes, seen.demand));
  findings.push_back(of_nagle(seen.probes, seen.demand));
  findings.push_back(of_chain(seen.probes));
  return findings;
}

}  // namespace unrig::analysis
