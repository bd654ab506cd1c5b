// How the inspector asks and watches the workers of a server.
#include <algorithm>
#include <utility>

#include "audit/asking.h"
#include "audit/inspect.h"
#include "audit/strain.h"
#include "host/census.h"

namespace unrig::audit {
namespace {

using std::chrono::milliseconds;

constexpr int tries_alone = 2;
/// That the server's busiest thread may be without a core, of the 5 and 9 delays that are judged.
constexpr Duration patience_for_cores = 2 * observed_delay;

/// That a stack's threads are to have, where one process has them all; else 0.
int threads_wanted(const chain::Subject& cell, const WorkerWatch& watch) {
  const auto& spec = *cell.selection.spec;
  const bool threaded =
      spec.concurrency == scenario::Concurrency::threads && spec.worker != scenario::Worker::server;
  constexpr int more = 2;  // one more than there are would be enough
  return threaded && watch.workers().all.size() == 1 ? more * cell.workers : 0;
}

/// What is answered late because nobody could be quick is no fault; what is answered is held
/// against the table.
void keep_answered(std::vector<chain::Reply> some, int wanted_status,
                   std::vector<chain::Reply>& replies) {
  for (auto& reply : some) {
    if (failure_of(reply, wanted_status).empty()) replies.push_back(std::move(reply));
  }
}

}  // namespace

/// Where workers may be threads, one process may be all that there is.
void Inspector::find_workers(const chain::Subject& cell, WorkerWatch& watch, Duration patience,
                             const std::stop_token& stop) {
  const auto& spec = *cell.selection.spec;
  if (spec.worker != scenario::Worker::process) return watch.find(1, patience, stop);
  const bool threaded = spec.concurrency == scenario::Concurrency::threads;
  if (threaded) watch.find(1, patience, stop);
  const auto found = static_cast<int>(watch.workers().all.size());
  if (!threaded || (found > 1 && found < cell.workers)) watch.find(cell.workers, patience, stop);
}

/// What some of the processes say of themselves, where the application has the path.
Answers Inspector::ask_about(const chain::Subject& cell) {
  constexpr Duration busy = milliseconds(20);
  constexpr int most = 16;
  if (own_) return {.missing = "an application of its own is not asked for it"};
  const int count = std::min(cell.workers + 2, most);
  std::vector<chain::Question> questions;
  for (int i = 0; i < count; ++i) questions.push_back(questions_->to_application("/about"));
  Answers answers;
  for (const auto& reply :
       chain::ask(application(), questions, busy / count, *clock_, request_limit)) {
    const auto failure = failure_of(reply);
    if (auto about = failure.empty() ? parse_about(reply.body) : std::nullopt) {
      answers.all.push_back(*std::move(about));
    } else {
      answers.missing = "GET /about gives " + (failure.empty() ? "something else" : failure);
    }
  }
  return answers;
}

/// Some requests at once while their workers are looked at: on the way that the load takes, and in
/// its words.
std::vector<chain::Reply> Inspector::ask_watched(int requests, WorkerWatch& watch) {
  std::vector<chain::Question> questions;
  for (int i = 0; i < requests; ++i) questions.push_back(questions_->to_front());
  std::vector<chain::Reply> replies;
  const auto ask = [&] {
    replies = chain::ask(front(), questions, Duration(0), *clock_, request_limit * 3);
  };
  watch.look_while(
      ask, [] { return false; }, [] {});
  return replies;
}

/// Straight at the application, where no kept connection of the proxy leads to somebody who is
/// stopped; in the words of the proxy.
std::vector<chain::Reply> Inspector::ask_application(int requests) {
  std::vector<chain::Question> questions;
  for (int i = 0; i < requests; ++i) questions.push_back(questions_->to_application());
  return chain::ask(application(), questions, Duration(0), *clock_, request_limit * 3);
}

/// Tried again where it may have been the machine.
Concurrent Inspector::ask_at_once(const chain::Subject& cell, const scenario::Scenario& scenario,
                                  WorkerWatch& watch, std::vector<chain::Reply>& replies,
                                  const std::stop_token& stop) {
  const auto& spec = *cell.selection.spec;
  const auto model = spec.concurrency;
  const bool threaded = model == scenario::Concurrency::threads;
  const int found = static_cast<int>(watch.workers().all.size());
  const int wanted = scenario::processes_of(spec.worker, cell.workers);
  const int processes = std::max({1, found, threaded ? 1 : wanted});
  // One whose threads all wait serves as many at a time as it has threads.
  const bool is_many = spec.worker != scenario::Worker::process && !threaded;
  const int threads_each = is_many ? std::max(1, cell.workers) : 1;
  if (scenario.db_connection == scenario::Connection::none) {
    keep_answered(ask_watched(requests_per_process * processes, watch), wanted_status(), replies);
    return {.processes = processes, .not_made = "no request waits for a database"};
  }
  Concurrent best;
  for (int tries = 1;; ++tries) {
    const Moment before = moment_now(server());
    Concurrent seen = ask_once_at_once(processes, threads_each, watch, replies);
    // What is too slow here may only be a busy machine: in silence nobody has to be quick.
    if (seen.failed == 0) ask_in_silence(cell, watch, seen, replies, stop);
    seen.strain = strain_between(before, moment_now(server()), patience_for_cores);
    // As the chain tells the application.
    if (scenario.db_connection == scenario::Connection::pooled)
      seen.pool = scenario::pool_of(spec.worker, cell.workers, scenario.db_sessions.fixed);
    if (tries == 1 || says_more(model, seen, best)) best = std::move(seen);
    if (stop.stop_requested() || !is_to_be_tried_again(model, best, tries)) return best;
  }
}

Concurrent Inspector::ask_once_at_once(int processes, int threads_each, WorkerWatch& watch,
                                       std::vector<chain::Reply>& replies) {
  Concurrent seen{.requests = requests_per_process * processes * threads_each,
                  .processes = processes,
                  .threads_each = threads_each};
  behind_application().forget_peak();
  const auto got = ask_watched(seen.requests, watch);
  Instant first = got.front().began, last = got.front().ended;
  for (const auto& reply : got) {
    if (const auto failure = failure_of(reply); !failure.empty()) {
      ++seen.failed;
      seen.failure = failure;
    }
    first = std::min(first, reply.began);
    last = std::max(last, reply.ended);
  }
  seen.statements = behind_application().counts().postgres.most_under_way;
  seen.delays = seconds(last - first) / seconds(observed_delay);
  // What had no complete answer is counted as failed; it is no wrong body.
  std::ranges::copy_if(got, std::back_inserter(replies), &chain::Reply::complete);
  return seen;
}

/// All together first; then whoever was seen with too little to do by itself.
void Inspector::ask_in_silence(const chain::Subject& cell, WorkerWatch& watch, Concurrent& seen,
                               std::vector<chain::Reply>& replies, const std::stop_token& stop) {
  constexpr Duration quiet = milliseconds(250);
  const auto model = cell.selection.spec->concurrency;
  // A process of many threads shows each of them.
  const int requests = std::max(seen.requests, threads_wanted(cell, watch));
  const auto ask = [&] { keep_answered(ask_application(requests), wanted_status(), replies); };
  const auto threads = [&] { return host::population_below(host::keeper_of(server())).threads; };
  const int before = threads();
  int together = 0;
  Talks talks;
  const int all =
      audit::ask_in_silence(behind_application(), watch, *clock_, ask, requests, quiet, [&] {
        together = threads();
        talks = talks_now(watch.workers());
      });
  if (before > 0 && together > 0 && all > 0)
    seen.threads_per_request = std::max(0, together - before) / static_cast<double>(all);
  seen.statements = std::max(seen.statements, all);
  // What all of them show together may be enough to know that the claim does not hold.
  const bool many = watch.workers().all.size() > 1 && model != scenario::Concurrency::sync;
  if (many && concurrency_claim(model, seen).ok != false)
    ask_each_alone(watch, talks, replies, stop);
  const bool known = std::ranges::any_of(watch.workers().all, [&](const Worker& worker) {
    const auto talk = talks.find(worker.pid);
    return talk != talks.end() && talk->second.statements > 0;
  });
  add_most(talks, talks_);
  for (Worker& worker : watch.workers().all) {
    worker.statements = talks[worker.pid].statements;
    if (known) seen.each.push_back(worker.statements);
  }
}

/// Who speaks to the database now.
Talks Inspector::talks_now(const Workers& workers) {
  const host::Endpoint& at = detour_.pooler;
  std::optional<host::Openers> openers;
  if (!at.is_socket()) {
    const auto own = host::population_below(host::keeper_of(server()));
    openers = host::openers_of(own.processes, at.port);
  }
  Talks talks = talks_of(behind_application().counts(), openers.value_or(host::Openers{}), workers);
  // Whoever is there for one request has ended by the time that somebody asks.
  std::vector<pid_t> speakers;
  for (const auto& [pid, talk] : talks) speakers.push_back(pid);
  programs_.merge(host::programs_of(speakers));
  return talks;
}

/// Until one blocks: that is enough to know.
void Inspector::ask_each_alone(WorkerWatch& watch, Talks& talks, std::vector<chain::Reply>& replies,
                               const std::stop_token& stop) {
  constexpr Duration quiet = milliseconds(700);
  // Where each worker listens by itself, only some of what comes is for this one.
  const int requests = requests_per_process * watch.listening();
  const auto ask = [&] { keep_answered(ask_application(requests), wanted_status(), replies); };
  bool blocks = false;
  for (const pid_t pid : watch.workers().pids()) {
    int& most = talks[pid].statements;
    if (most >= least_statements_together || stop.stop_requested()) continue;
    if (blocks) most = 0;  // nobody knows: it may have had one thing to do
    for (int i = 0; i < tries_alone && !blocks && most < least_statements_together; ++i) {
      Talks alone;
      const auto listen = [&] { alone = talks_now(watch.workers()); };
      static_cast<void>(audit::ask_in_silence(behind_application(), watch, *clock_, ask, requests,
                                              quiet, listen, pid));
      if (const auto own = alone.find(pid); own != alone.end())
        most = std::max(most, own->second.statements);
      add_most(alone, talks_);
    }
    blocks = blocks || most == 1;
  }
}

}  // namespace unrig::audit
