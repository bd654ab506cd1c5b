/// \file
/// The manifest of a run with its cells, key by key.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "host/facts.h"
#include "record/description.h"
#include "record/trial_description.h"

namespace unrig::record {

template <>
struct Description<Role> {
  static constexpr std::array values{Role::asked, Role::baseline_double, Role::grid_step,
                                     Role::perturbation};
};

template <>
struct Description<Claim> {
  static void visit(auto& in, auto& claim) {
    in.field("claim", claim.claim);
    in.field("expected", claim.expected);
    in.field("observed", claim.observed);
    in.field("ok", OrNotChecked{claim.ok});
    in.field("claimed", claim.claimed, Mark::later);
  }
};

/// Of a system call.
template <>
struct Description<std::pair<std::string, double>> {
  static void visit(auto& in, auto& call) {
    in.field("name", call.first);
    in.field("per_request", call.second);
  }
};

template <>
struct Description<Hop> {
  static void visit(auto& in, auto& hop) {
    in.field("from", hop.from);
    in.field("to", hop.to);
    in.field("connections", hop.connections);
    in.field("bytes_forth", hop.bytes_forth);
    in.field("bytes_back", hop.bytes_back);
    in.field("round_trips", hop.round_trips);
    in.field("statements", hop.statements);
    in.field("transactions", hop.transactions, Mark::later);
  }
};

template <>
struct Description<WorkerShare> {
  static void visit(auto& in, auto& worker) {
    in.field("accepts", worker.accepts);
    in.field("held_at_once", worker.held_at_once);
    in.field("statements_at_once", worker.statements_at_once);
    in.field("database_connections", worker.database_connections);
    in.field("exchanges", worker.exchanges);
    in.field("waits_in", worker.waits_in);
  }
};

template <>
struct Description<Audit> {
  static void visit(auto& in, auto& audit) {
    in.field("requests", audit.requests);
    in.field("not_made", audit.not_made);
    in.field("hops", audit.hops);
    in.field("log_lines", audit.log_lines);
    in.field("system_calls", OrNotChecked{audit.system_calls});
    in.field("system_calls_by_name", audit.system_calls_by_name);
    in.field("system_calls_not_checked", audit.system_calls_not_checked);
    in.field("processes", audit.processes);
    in.field("threads", audit.threads);
    in.field("at_work", audit.at_work, Mark::later);
    in.field("programs", audit.programs, Mark::later);
    in.field("memory_bytes", audit.memory_bytes);
    in.field("workers", audit.workers, Mark::later);
    in.field("queries", audit.queries, Mark::later);
    in.field("database_statements", audit.database_statements, Mark::later);
    in.field("shares", audit.shares, Mark::later);
    in.field("threads_per_request", audit.threads_per_request, Mark::later);
    in.field("seconds", audit.seconds, Mark::later);
    in.field("head_to_body_us", audit.head_to_body_us, Mark::later);
  }
};

template <>
struct Description<Cell> {
  static void visit(auto& in, auto& cell) {
    in.field("label", cell.label);
    in.field("stack", cell.stack);
    in.field("vintage", cell.vintage);
    in.field("framework", cell.framework);
    in.field("server", cell.server);
    in.field("concurrency", cell.concurrency);
    in.field("workers", cell.workers);
    in.field("knobs", cell.knobs, Mark::later);
    in.field("role", cell.role, Mark::later);
    in.field("note", cell.note);
    in.field("hash", cell.hash);
    in.field("lock", cell.lock);
    in.field("own_request", OrNull{cell.own_request}, Mark::later);
    in.field("failure", cell.failure);
    in.field("claims", cell.claims, Mark::later);
    in.field("audit", cell.audit, Mark::later);
  }
};

/// Of a search for a number of workers: a step of it.
template <>
struct Description<std::pair<int, double>> {
  static void visit(auto& in, auto& step) {
    in.field("workers", step.first);
    in.field("throughput_per_s", step.second);
  }
};

template <>
struct Description<Tuned> {
  static void visit(auto& in, auto& tuned) {
    in.field("knob", tuned.knob);
    in.field("stack", tuned.stack);
    in.field("workers", tuned.workers);
    in.field("how", tuned.how);
    in.field("run", tuned.run);
    in.field("note", tuned.note);
    in.field("tried", tuned.tried);
  }
};

template <>
struct Description<Matched> {
  static void visit(auto& in, auto& matched) {
    in.field("stack", matched.stack);
    in.field("wanted_per_s", matched.wanted_per_s);
    in.field("cpus", matched.cpus);
    in.group("served_per_s", [&](auto& served) {
      served.field("estimate", matched.served_per_s);
      served.field("low", matched.low_per_s);
      served.field("high", matched.high_per_s);
      served.derived("confidence", 0.95);
    });
    in.field("run", matched.run);
  }
};

template <>
struct Description<Perturbation> {
  static void visit(auto& in, auto& changed) {
    in.field("of", changed.of);
    in.field("suspect", changed.suspect);
    in.field("label", changed.label);
    in.field("knob", OrNull{changed.knob});
    in.field("value", OrNull{changed.value});
    in.field("from", changed.from);
    in.field("to", changed.to);
    in.field("not_checked", OrNull{changed.not_checked});
  }
};

template <>
struct Description<host::Facts> {
  static void visit(auto& in, auto& facts) {
    in.field("hostname", facts.hostname);
    in.field("os", facts.os);
    in.field("kernel", facts.kernel);
    in.field("cpu_model", facts.cpu_model);
    in.field("cores", facts.cores);
    in.field("memory_bytes", OrNull{facts.memory_bytes});
    in.field("virtualization", facts.virtualization);
    in.field("settings", facts.settings);
    in.field("open_files", facts.open_files, Mark::later);
    in.field("memory_available_bytes", facts.memory_available_bytes, Mark::later);
    in.field("swap_used_bytes", facts.swap_used_bytes, Mark::later);
    in.field("time_wait", facts.time_wait, Mark::later);
    in.field("quota_cpus", facts.quota_cpus, Mark::later);
  }
};

template <>
struct Description<Manifest> {
  static void visit(auto& in, auto& manifest) {
    in.field("run", manifest.run);
    in.group("unrig", [&](auto& unrig) {
      unrig.field("version", manifest.unrig_version);
      unrig.field("commit", manifest.unrig_commit);
    });
    in.field("started_at", manifest.started_at);
    in.field("command_line", manifest.command_line);
    in.field("seed", manifest.seed);
    in.field("blocks", manifest.blocks);
    in.field("precision", manifest.precision);
    in.field("margin", manifest.margin);
    in.field("warmup_seconds", manifest.warmup_seconds);
    in.field("duration_seconds", manifest.duration_seconds);
    in.field("warmup_most_seconds", manifest.warmup_most_seconds, Mark::later);
    in.group("scenario", [&](auto& scenario) {
      scenario.field("name", manifest.scenario);
      scenario.field("knobs", manifest.knobs);
    });
    in.field("versions", manifest.versions);
    in.field("host", manifest.host);
    in.field("stack_folders", manifest.stack_folders, Mark::later);
    in.field("python", OrNull{manifest.python}, Mark::later);
    in.field("patience_seconds", manifest.patience_seconds, Mark::later);
    in.field("accept_noise", manifest.accept_noise, Mark::later);
    in.field("accept_unproven", manifest.accept_unproven, Mark::later);
    in.field("tolerated_loss", manifest.tolerated_loss, Mark::later);
    in.field("confirmation_blocks", manifest.confirmation_blocks, Mark::later);
    in.field("confirms_until_precise", manifest.confirms_until_precise, Mark::later);
    in.field("search", manifest.search, Mark::later);
    in.field("tuned", manifest.tuned, Mark::later);
    in.field("matched", manifest.matched, Mark::later);
    in.field("gates_asked", manifest.gates_asked, Mark::later);
    in.field("baseline", manifest.baseline);
    in.field("cells", manifest.cells);
    in.field("perturbation_blocks", manifest.perturbation_blocks, Mark::later);
    in.field("perturbations", manifest.perturbations, Mark::later);
  }
};

}  // namespace unrig::record
