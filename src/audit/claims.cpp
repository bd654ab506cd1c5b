#include "audit/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "base/text.h"
#include "chain/row.h"
#include "record/json.h"

namespace unrig::audit {
namespace {

using record::Claim;
using record::Json;
using scenario::Concurrency;

Claim not_checked(std::string claim, std::string expected, std::string why) {
  return {std::move(claim), std::move(expected), std::move(why), std::nullopt};
}

/// "a, b, c and 4 more"
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 3;
  const auto first = std::span(names).first(std::min(names.size(), shown));
  std::string text = join(first, ", ");
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

/// The different values, sorted.
std::set<std::string> values(const Answers& answers,
                             const std::function<std::string(const About&)>& of) {
  std::set<std::string> found;
  for (const auto& process : answers.processes) found.insert(of(process));
  return found;
}

std::string joined(const std::set<std::string>& names) {
  return join(std::vector<std::string>(names.begin(), names.end()), ", ");
}

/// What the processes lack of `wanted`, named "a, b".
std::string lacking(const Answers& answers, const std::vector<std::string>& wanted,
                    const std::vector<std::string> About::*has) {
  std::set<std::string> missing;
  for (const auto& process : answers.processes) {
    const auto& there = process.*has;
    for (const auto& name : wanted) {
      if (std::find(there.begin(), there.end(), name) == there.end()) missing.insert(name);
    }
  }
  return joined(missing);
}

std::string waits(const Concurrent& seen) {
  return fmt::format("{} requests to {} processes took {:.1f} delays, {} statements at once",
                     seen.requests, seen.processes, seen.delays, seen.statements);
}

bool together(const Concurrent& seen) {
  return seen.statements >= least_statements_together * seen.processes;
}

std::string body_shown(std::string_view body) {
  constexpr std::size_t shown = 80;
  std::string text;
  for (const char c : printable(body.substr(0, shown))) {
    // Here every byte counts: those that look like nothing too.
    text += c == '\t' ? std::string("\\t") : c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return text + (body.size() > shown ? "..." : "");
}

}  // namespace

std::optional<About> parse_about(std::string_view body) {
  try {
    const Json json = Json::parse(body);
    About about;
    about.pid = json.at("pid");
    about.thread = json.value("thread", about.pid);
    if (const Json& loop = json.at("event_loop"); !loop.is_null())
      about.event_loop = loop.get<std::string>();
    about.c_extensions = json.at("c_extensions").get<std::vector<std::string>>();
    about.drivers = json.value("drivers", std::vector<std::string>{});
    about.versions = json.at("versions").get<std::map<std::string, std::string>>();
    return about;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

int Answers::process_count() const {
  std::set<pid_t> pids;
  for (const auto& process : processes) pids.insert(process.pid);
  return static_cast<int>(pids.size());
}

Claim versions_claim(const std::vector<std::string>& differences, const Answers& answers) {
  Claim claim{.claim = "versions", .expected = "as in the lock"};
  if (answers.processes.empty()) return not_checked(claim.claim, claim.expected, answers.missing);
  claim.ok = differences.empty();
  claim.observed = differences.empty()
                       ? fmt::format("{} packages", answers.processes.front().versions.size())
                       : listed(differences);
  return claim;
}

Claim workers_claim(int workers, Concurrency concurrency, const Answers& answers) {
  Claim claim{.claim = "workers", .expected = std::to_string(workers)};
  if (answers.processes.empty() && answers.strangers == 0)
    return not_checked(claim.claim, claim.expected, answers.missing);
  const int processes = answers.process_count();
  const int threads = static_cast<int>(answers.processes.size());
  claim.observed = fmt::format("{} processes answer", processes);
  if (threads > processes) claim.observed += fmt::format(" in {} threads", threads);
  if (answers.strangers > 0)
    claim.observed += fmt::format(", and {} that the server did not start", answers.strangers);
  claim.ok = answers.strangers == 0 &&
             (processes == workers ||
              (concurrency == Concurrency::threads && processes == 1 && threads == workers));
  return claim;
}

Claim event_loop_claim(const stack::StackSpec& spec, const Answers& answers) {
  Claim claim{.claim = "event loop",
              .expected = spec.event_loop.empty() ? "none claimed" : spec.event_loop};
  if (answers.processes.empty()) return not_checked(claim.claim, claim.expected, answers.missing);
  const auto loops =
      values(answers, [](const About& about) { return about.event_loop.value_or("none"); });
  claim.observed = joined(loops);
  if (!spec.event_loop.empty()) claim.ok = loops == std::set<std::string>{spec.event_loop};
  return claim;
}

Claim c_extensions_claim(const stack::StackSpec& spec, const Answers& answers) {
  Claim claim{
      .claim = "C extensions",
      .expected = spec.c_extensions.empty() ? "none claimed" : join(spec.c_extensions, ", ")};
  if (answers.processes.empty()) return not_checked(claim.claim, claim.expected, answers.missing);
  const auto missing = lacking(answers, spec.c_extensions, &About::c_extensions);
  claim.observed = missing.empty() ? "loaded" : "not loaded: " + missing;
  if (spec.c_extensions.empty()) {
    claim.observed = fmt::format("{} loaded", answers.processes.front().c_extensions.size());
  } else {
    claim.ok = missing.empty();
  }
  return claim;
}

Claim driver_claim(const stack::StackSpec& spec, const Answers& answers) {
  Claim claim{.claim = "driver", .expected = spec.driver.empty() ? "none claimed" : spec.driver};
  if (answers.processes.empty()) return not_checked(claim.claim, claim.expected, answers.missing);
  std::set<std::string> loaded;
  for (const auto& process : answers.processes)
    loaded.insert(process.drivers.begin(), process.drivers.end());
  claim.observed = loaded.empty() ? "none of those known is loaded" : joined(loaded) + " loaded";
  const std::string module = spec.driver == "psycopg3" ? "psycopg" : spec.driver;
  if (!module.empty() && !loaded.empty())
    claim.ok = lacking(answers, {module}, &About::drivers).empty();
  return claim;
}

Claim concurrency_claim(Concurrency concurrency, const Concurrent& seen) {
  Claim claim{.claim = "concurrency", .observed = waits(seen)};
  if (!seen.not_made.empty())
    return not_checked(claim.claim, std::string(scenario::to_text(concurrency)), seen.not_made);
  if (seen.failed > 0) {
    claim.expected = std::string(scenario::to_text(concurrency));
    return not_checked(
        claim.claim, claim.expected,
        fmt::format("{} of {} requests failed: {}", seen.failed, seen.requests, seen.failure));
  }
  switch (concurrency) {
    case Concurrency::sync:
      claim.expected = fmt::format("one at a time: about {} delays", requests_per_process);
      claim.ok = seen.delays >= least_delays_in_line && seen.statements <= seen.processes;
      break;
    case Concurrency::threads:
      claim.expected = fmt::format("several at a time: fewer than {} delays", requests_per_process);
      claim.ok = seen.delays < least_delays_in_line || together(seen);
      break;
    case Concurrency::async_coroutine:
    case Concurrency::async_greenlet:
      claim.expected = "all at a time: about 1 delay";
      claim.ok = seen.delays <= most_delays_together || together(seen);
      break;
  }
  return claim;
}

std::optional<Claim> yields_claim(Concurrency concurrency, const Concurrent& seen) {
  if (!scenario::is_async(concurrency)) return std::nullopt;
  Claim claim = concurrency_claim(concurrency, seen);
  claim.claim = "driver yields";
  claim.expected = "while the database works, the process sends more";
  if (claim.ok && seen.statements > 0) claim.ok = together(seen);
  if (claim.ok) {
    claim.observed =
        fmt::format("{}: {} statements of {} processes at once",
                    *claim.ok ? "it does" : "it blocks", seen.statements, seen.processes);
  }
  return claim;
}

Claim body_claim(std::span<const chain::Reply> replies) {
  Claim claim{.claim = "body",
              .expected = R"({"a": "<10 digits>", "b": "<20 digits of the table's row>"})",
              .ok = !replies.empty()};
  for (const auto& reply : replies) {
    constexpr int ok = 200;
    if (reply.complete() && reply.status == ok && chain::body_is_right(reply.body)) continue;
    claim.ok = false;
    claim.observed = !reply.complete()    ? printable(reply.failure)
                     : reply.status != ok ? fmt::format("status {}", reply.status)
                                          : body_shown(reply.body);
    return claim;
  }
  claim.observed = fmt::format("so in {} of {} answers", replies.size(), replies.size());
  return claim;
}

Claim content_type_claim(std::span<const chain::Reply> replies) {
  Claim claim{.claim = "content type", .expected = std::string(content_type)};
  std::set<std::string> found;
  for (const auto& reply : replies) {
    if (!reply.complete()) continue;
    const auto type = reply.field("Content-Type");
    found.insert(type.empty() ? "none" : body_shown(type));
  }
  if (found.empty()) return not_checked(claim.claim, claim.expected, "no complete answer");
  claim.observed = joined(found);
  claim.ok = found == std::set<std::string>{claim.expected};
  return claim;
}

std::optional<int> expected_statements(std::string_view driver,
                                       const scenario::Scenario& scenario) {
  constexpr int begin_and_commit = 2;
  if (scenario.db_connection == scenario::Connection::none) return 0;
  if (driver == "psycopg2" || driver == "psycopg3")
    return 1 + (scenario.driver_transaction ? begin_and_commit : 0);
  const bool asks_anew = scenario.db_connection == scenario::Connection::per_request;
  if (driver == "aiopg") return 1 + (scenario.driver_hstore && asks_anew ? 1 : 0);
  if (driver == "asyncpg") return 1;
  return std::nullopt;
}

Claim statements_claim(const stack::StackSpec& spec, const scenario::Scenario& scenario,
                       const record::Audit& audit) {
  const auto expected = expected_statements(spec.driver, scenario);
  Claim claim{.claim = "statements",
              .expected = expected ? fmt::format("{} per request", *expected) : "none claimed"};
  const auto* hop = audit.hop("app");
  if (hop == nullptr || audit.requests == 0)
    return not_checked(claim.claim, claim.expected, audit.not_made);
  const double seen = hop->statements_per_request();
  claim.observed = fmt::format("{:.3g} per request", seen);
  // Rounded: a keep-alive of the driver's own must not count as a statement of every request.
  if (expected) claim.ok = std::lround(seen) == *expected;
  if (claim.ok == false) {
    std::vector<std::string> texts;
    for (const auto& statement : hop->statements)
      texts.push_back(fmt::format("{:.3g} x {}", statement.per_request, statement.text));
    claim.observed += ": " + join(texts, "; ");
  }
  return claim;
}

}  // namespace unrig::audit
