/// \file
/// For tests: the record of a trial that did its work, to be changed into that of one which did
/// not.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "chain/statements.h"
#include "record/record.h"
#include "trial/work.h"

namespace unrig::trial {

inline const std::string query = chain::wanted_statement(true);
inline const std::string reset = "DISCARD ALL";

/// 2,000 requests to seven workers of coroutines, a connection each, in a transaction; and two more
/// to see that the stack is ready.
inline record::Trial honest() {
  record::Trial trial;
  trial.workers = 7;
  trial.total = {
      .scheduled = 2000, .issued = 2000, .dropped = 0, .completed = 2000, .unfinished = 0};
  trial.window = trial.total;
  trial.window_seconds = 5;
  trial.throughput_per_s = 400;
  trial.service_us = {.mean = 240'000, .min = 21'000};
  trial.events = {.ready_sent = 2, .ready_answered = 2};
  trial.db = {.queries = 3 * 2002,
              .rows_read = 2002,
              .transactions = 2 * 2002 + 60,
              .connections = 2002,
              .sessions_opened = 60,
              .statements = {{"BEGIN", 2002, 0, 1, 3},
                             {query, 2002, 2002, 20'060, 20'900},
                             {"COMMIT", 2002, 0, 1, 2},
                             {reset, 2002, 0, 20, 40}},
              .statements_lost = 0};
  trial.conditions = record::Conditions{.clients = 100,
                                        .sessions = 100,
                                        .delay_us = 20'000,
                                        .cores = 2,
                                        .chain_cores = 2,
                                        .concurrency = scenario::Concurrency::async_coroutine};
  trial.inspected =
      record::Inspected{.workers = 7,
                        .connections = 1,
                        .sessions = 0,
                        .queries = 3,
                        .transactions = 2,
                        .statements = {{"BEGIN", 1}, {query, 1}, {"COMMIT", 1}, {reset, 1}},
                        .processes = 8,
                        .threads = 8};
  for (const auto part : {record::Component::proxy, record::Component::app,
                          record::Component::pooler, record::Component::database})
    trial.signals.processes[part];
  trial.signals.census = {.processes = 8, .threads = 8};
  return trial;
}

/// The same with kept connections: 14 of each worker, of the 98 that there are at most.
inline record::Trial honest_pooled() {
  record::Trial trial = honest();
  trial.db.connections = 98;
  trial.db.sessions_opened = 98;
  trial.db.transactions = 2002 + 98 + 98;
  trial.db.statements[3] = {reset, 98, 0, 20, 40};
  trial.inspected->connections = 0;
  trial.inspected->transactions = 1;
  trial.inspected->statements.pop_back();
  trial.signals.census.connections_of_one = 14;
  return trial;
}

inline record::Executions& of(record::Trial& trial, const std::string& text) {
  return *std::ranges::find(trial.db.statements, text, &record::Executions::text);
}

inline std::string reasons_of(record::Trial trial) {
  judge_work(trial);
  EXPECT_EQ(trial.verdict.valid, trial.verdict.reasons.empty());
  return join(trial.verdict.reasons, "\n");
}

}  // namespace unrig::trial
