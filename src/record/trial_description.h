/// \file
/// One trial, key by key.
#pragma once

#include <array>

#include "record/description.h"

namespace unrig::record {

template <>
struct Description<Purpose> {
  static constexpr std::array values{Purpose::planned, Purpose::make_up, Purpose::confirmation,
                                     Purpose::perturbation};
};

template <>
struct Description<Component> {
  static constexpr auto values = all_components;
};

template <>
struct Description<scenario::Concurrency> {
  using enum scenario::Concurrency;
  static constexpr std::array values{sync,       threads,    async_coroutine, async_greenlet,
                                     event_loop, goroutines, virtual_threads};
};

template <>
struct Description<scenario::Worker> {
  using enum scenario::Worker;
  static constexpr std::array values{process, thread, server};
};

template <>
struct Description<tally::Counts> {
  static void visit(auto& in, auto& counts) {
    in.field("scheduled", counts.scheduled);
    in.field("issued", counts.issued);
    in.field("dropped", counts.dropped);
    in.field("completed", counts.completed);
    in.derived("failed", counts.failed());
    in.field("unfinished", counts.unfinished);
  }
};

template <>
struct Description<tally::Stretch> {
  static void visit(auto& in, auto& stretch) {
    in.field("completed", stretch.completed);
    in.field("mean_us", stretch.mean_response_us);
  }
};

template <>
struct Description<Quantiles> {
  static void visit(auto& in, auto& quantiles) {
    in.field("mean", quantiles.mean);
    in.field("p50", quantiles.p50);
    in.field("p90", quantiles.p90);
    in.field("p95", quantiles.p95);
    in.field("p99", quantiles.p99);
    in.field("p999", quantiles.p999);
    in.field("max", quantiles.max);
    in.field("min", quantiles.min, Mark::later);
  }
};

template <>
struct Description<StatementCount> {
  static void visit(auto& in, auto& statement) {
    in.field("text", statement.text);
    in.field("per_request", statement.per_request);
  }
};

template <>
struct Description<Executions> {
  static void visit(auto& in, auto& statement) {
    in.field("text", statement.text);
    in.field("calls", statement.calls);
    in.field("rows", statement.rows);
    in.field("least_us", statement.least_us);
    in.field("mean_us", statement.mean_us);
  }
};

template <>
struct Description<Inspected> {
  static void visit(auto& in, auto& seen) {
    in.field("workers", seen.workers);
    in.field("connections", seen.connections);
    in.field("sessions", seen.sessions);
    in.field("queries", seen.queries);
    in.field("transactions", seen.transactions);
    in.field("statements", seen.statements);
    in.field("processes", seen.processes);
    in.field("threads", seen.threads);
    in.field("threads_per_request", seen.threads_per_request, Mark::later);
    in.field("serving", seen.serving, Mark::later);
    in.field("at_work", seen.at_work, Mark::later);
    in.field("programs", seen.programs, Mark::later);
    in.field("answer_bytes", seen.answer_bytes, Mark::later);
  }
};

template <>
struct Description<Database> {
  static void visit(auto& in, auto& db) {
    in.field("queries", db.queries);
    in.field("rows_read", db.rows_read);
    in.field("transactions", db.transactions);
    in.field("sessions_max", db.sessions_max);
    in.field("sessions_mean", db.sessions_mean);
    in.field("clients_waiting_mean", db.clients_waiting_mean);
    in.field("connections", db.connections, Mark::later);
    in.field("sessions_opened", db.sessions_opened, Mark::later);
    in.field("statements", NullUnless{db.statements_lost.has_value(), db.statements}, Mark::later);
    in.field("statements_lost", db.statements_lost, Mark::later);
    in.field("role_changes", db.role_changes, Mark::later);
  }
};

template <>
struct Description<CpuPerRequest> {
  static void visit(auto& in, auto& cpu) {
    in.field("load", cpu.load);
    in.field("proxy", cpu.proxy);
    in.field("app", cpu.app);
    in.field("pooler", cpu.pooler);
    in.field("database", cpu.database);
    in.field("unattributed", cpu.unattributed);
  }
};

template <>
struct Description<Disturbance> {
  static void visit(auto& in, auto& seen) {
    in.field("machine_busy", seen.machine_busy);
    in.field("steal", seen.steal);
    in.field("foreign", seen.foreign);
    in.field("foreign_name", seen.foreign_name, Mark::later);
    in.field("unseen", seen.unseen);
    in.field("frequency_change", seen.frequency_change);
    in.field("listen_overflows", seen.listen_overflows);
    in.field("throttled_seconds", seen.throttled_seconds, Mark::later);
    in.field("suspended_seconds", seen.suspended_seconds, Mark::later);
  }
};

template <>
struct Description<WarmUp> {
  static void visit(auto& in, auto& warmed) {
    in.field("seconds", warmed.seconds);
    in.field("levels", warmed.levels);
    in.field("held", warmed.held);
    in.field("sent", warmed.sent);
    in.field("answered", warmed.answered);
  }
};

template <>
struct Description<SteadyState> {
  static void visit(auto& in, auto& state) {
    in.field("checked", state.checked);
    in.field("steady", NullUnless{state.checked, state.steady});
    in.field("change", NullUnless{state.checked, state.change});
    in.field("at_seconds", state.at_seconds);
  }
};

template <>
struct Description<Verdict> {
  static void visit(auto& in, auto& verdict) {
    in.field("valid", verdict.valid);
    in.field("reasons", verdict.reasons);
    in.field("disturbed", verdict.disturbed);
    in.field("unsteady", verdict.unsteady, Mark::later);
    in.field("mishap", verdict.mishap, Mark::later);
  }
};

template <>
struct Description<Suspect> {
  static void visit(auto& in, auto& suspect) {
    in.field("name", suspect.name);
    in.field("knob", OrNull{suspect.knob});
    in.field("margin", suspect.margin);
    in.field("evidence", suspect.evidence);
  }
};

template <>
struct Description<Limiter> {
  static void visit(auto& in, auto& limiter) {
    in.field("name", limiter.name);
    in.field("confirmed", limiter.confirmed);
    in.field("evidence", limiter.evidence);
    in.field("suspects", limiter.suspects, Mark::later);
  }
};

template <>
struct Description<UnderWay> {
  static void visit(auto& in, auto& where) {
    in.field("all", where.all);
    in.field("before_proxy", where.before_proxy);
    in.field("proxy_queue", where.proxy_queue);
    in.field("app_queue", where.app_queue);
    in.field("pooler_queue", where.pooler_queue);
    in.field("for_session", where.for_session);
    in.field("asleep", where.asleep);
    in.field("database", where.database);
    in.field("on_cores", where.on_cores);
    in.field("elsewhere", where.elsewhere);
  }
};

template <>
struct Description<NotChecked> {
  static void visit(auto& in, auto& figure) {
    in.field("what", figure.what);
    in.field("why", figure.why);
  }
};

template <>
struct Description<Quotas> {
  static void visit(auto& in, auto& quotas) {
    in.field("proxy", quotas.proxy);
    in.field("app", quotas.app);
    in.field("pooler", quotas.pooler);
    in.field("database", quotas.database);
  }
};

template <>
struct Description<Conditions> {
  static void visit(auto& in, auto& conditions) {
    in.field("sees_server", conditions.sees_server);
    in.field("asks_database", conditions.asks_database, Mark::later);
    in.field("own_application", conditions.own_application, Mark::later);
    in.field("loop", EitherWord{conditions.open_loop, "open", "closed"});
    in.field("clients", conditions.clients);
    in.field("sessions", conditions.sessions);
    in.field("delay_us", conditions.delay_us);
    in.field("cores", conditions.cores);
    in.field("chain_cores", conditions.chain_cores);
    in.field("quota_cpus", conditions.quota_cpus);
    in.field("quotas", conditions.quotas, Mark::later);
    in.field("watches_signals", conditions.watches_signals, Mark::later);
    in.field("real_time_load", conditions.real_time_load, Mark::later);
    in.field("concurrency", conditions.concurrency);
    in.field("worker", conditions.worker, Mark::later);
  }
};

template <>
struct Description<Mishap> {
  static void visit(auto& in, auto& mishap) {
    in.field("reason", mishap.reason);
    in.field("who", mishap.who);
    in.field("from_outside", mishap.from_outside);
  }
};

template <>
struct Description<Events> {
  static void visit(auto& in, auto& events) {
    in.field("ready_sent", events.ready_sent);
    in.field("ready_answered", events.ready_answered);
    in.field("mishaps", events.mishaps);
    in.field("late_generator", events.late_generator);
    in.field("away_generator", events.away_generator);
    in.field("sample_failure", events.sample_failure);
  }
};

/// Signals stand with their component, whatever they are signals of.
template <>
struct Description<Signals> {
  static void visit(auto& in, auto& signals) {
    visit_part(in, Component::load, signals);
    for (const Component component : chain_components) visit_part(in, component, signals);
    in.group("machine", [&](auto& machine) {
      machine.readings([&](auto& readings) { visit_machine(readings, signals.machine); });
      machine.field("foreign_name", signals.machine.foreign_name);
    });
  }

 private:
  static void visit_part(auto& in, Component component, auto& signals) {
    in.entry(component, signals.processes, [&](auto& part, auto& processes) {
      part.readings([&](auto& readings) {
        visit_processes(readings, processes);
        if (component != Component::load) readings.field("quota_used_up", processes.quota_used_up);
        if (component == Component::load) visit_generator(readings, signals.generator);
        if (listens(component)) visit_queue(readings, processes.queue);
        if (component == Component::proxy) visit_proxy(readings, signals.proxy);
        if (component == Component::app) visit_doing(readings, signals.doing);
        if (component == Component::app) visit_census(readings, signals.census);
        if (component == Component::app) visit_growth(readings, signals.growth);
        if (component == Component::database) {
          visit_sessions(readings, signals.sessions);
          visit_activity(readings, signals.activity);
        }
      });
      if (component == Component::database)
        part.field("sessions_cut_short", signals.sessions.cut_short);
    });
  }
  static void visit_processes(auto& in, auto& of) {
    in.field("cpu_seconds", of.cpu_seconds);
    in.field("queue_wait_seconds", of.queue_wait_seconds);
    in.field("busiest_thread", of.busiest_thread);
    in.field("busiest_thread_wait", of.busiest_thread_wait);
    in.field("times_scheduled", of.times_scheduled);
    in.field("throttled_seconds", of.throttled_seconds);
    in.field("memory_bytes", of.memory_bytes);
  }
  static void visit_queue(auto& in, auto& of) {
    in.field("listen_queue_mean", of.mean);
    in.field("listen_queue_most", of.most);
    in.field("listen_queue_limit", of.limit);
  }
  static void visit_proxy(auto& in, auto& of) {
    in.field("reading_mean", of.reading);
    in.field("writing_mean", of.writing);
    in.field("connections_refused", of.refused);
  }
  static void visit_doing(auto& in, auto& of) {
    in.field("threads_watched", of.watched);
    in.field("threads_running", of.running);
    in.field("threads_accepting", of.accepting);
    in.field("threads_selecting", of.selecting);
    in.field("threads_polling", of.polling);
    in.field("threads_epolling", of.epolling);
    in.field("threads_receiving", of.receiving);
    in.field("threads_locked", of.locked);
  }
  static void visit_census(auto& in, auto& of) {
    in.field("processes_most", of.processes);
    in.field("threads_most", of.threads);
    in.field("process_connections_most", of.connections_of_one);
    in.field("processes_serving_most", of.serving);
    in.field("processes_at_work_most", of.at_work);
    in.field("programs_at_work", of.programs);
  }
  static void visit_growth(auto& in, auto& of) {
    in.field("memory_grown_bytes", of.memory);
    in.field("memory_grown_late_bytes", of.memory_late);
  }
  static void visit_activity(auto& in, auto& of) {
    in.field("sessions_asleep_mean", of.asleep);
    in.field("sessions_working_mean", of.working);
    in.field("sessions_locked_mean", of.locked);
    in.field("sessions_io_mean", of.io);
    in.field("sessions_idle_in_transaction_mean", of.idle_in_transaction);
    in.field("sessions_looks", of.looks);
    in.field("sessions_asleep_p80", of.asleep_p80);
  }
  static void visit_generator(auto& in, auto& of) {
    in.field("threads", of.threads);
    in.field("switched_off", of.switched_off);
    in.field("longest_stall_seconds", of.longest_stall_seconds);
    in.field("issue_delay_share", of.issue_delay_share);
  }
  static void visit_sessions(auto& in, auto& of) {
    in.field("sessions_max", of.most);
    in.field("sessions_mean", of.mean);
    in.field("sessions_active_mean", of.active_mean);
    in.field("clients_waiting_mean", of.waiting_mean);
    in.field("pooler_silence_seconds", of.silence_seconds);
    in.field("pooler_query_seconds", of.query_seconds);
    in.field("pooler_wait_seconds", of.wait_seconds);
  }
  static void visit_machine(auto& in, auto& of) {
    in.field("cpu_seconds", of.cpu_seconds);
    in.field("busy", of.busy);
    in.field("steal", of.steal);
    in.field("foreign", of.foreign);
    in.field("unseen", of.unseen);
    in.field("frequency_change", of.frequency_change);
    in.field("quota_used_up", of.quota_used_up);
    in.field("listen_overflows", of.listen_overflows);
    in.field("suspended_seconds", of.suspended_seconds);
    in.field("watch_shift_seconds", of.watch_shift_seconds);
    in.field("clock_set_seconds", of.clock_set_seconds);
    in.field("busiest_core", of.busiest_core);
    in.field("core_interrupts", of.core_interrupts);
    in.field("core_steal", of.core_steal);
    in.field("time_wait", of.time_wait);
    in.field("local_ports", of.local_ports);
    in.field("retransmissions", of.retransmissions);
    in.field("cpu_pressure", of.cpu_pressure);
    in.field("memory_pressure", of.memory_pressure);
    in.field("io_pressure", of.io_pressure);
  }
};

template <>
struct Description<Trial> {
  static void visit(auto& in, auto& trial) {
    in.field("label", trial.label);
    in.field("stack", trial.stack);
    in.field("vintage", trial.vintage);
    in.field("purpose", trial.purpose);
    in.field("block", trial.block);
    in.field("position", trial.position);
    in.field("seed", trial.seed);
    in.field("started_at", trial.started_at);
    in.field("workers", trial.workers);
    in.field("warmup_seconds", trial.warmup_seconds, Mark::later);
    in.field("warmed", trial.warmed, Mark::later);
    visit_counts(in, trial);
    in.field("response_us", trial.response_us);
    in.field("service_us", trial.service_us);
    in.field("issue_delay_us", trial.issue_delay_us);
    in.field("db", trial.db);
    in.field("cpu_us_per_request", trial.cpu_us_per_request);
    in.field("under_way", trial.under_way, Mark::later);
    in.field("disturbance", trial.disturbance);
    in.field("seconds", trial.seconds);
    in.field("steps", Steps{trial.steps}, Mark::later);
    in.field("steady_state", trial.steady_state, Mark::later);
    in.field("verdict", trial.verdict);
    in.field("limiter", trial.limiter);
    in.field("not_checked", trial.not_checked, Mark::later);
    in.field("inspected", trial.inspected, Mark::later);
    in.field("conditions", trial.conditions, Mark::later);
    in.field("events", NullUnless{trial.conditions.has_value(), trial.events}, Mark::later);
    in.field("signals", OrNull{trial.signals}, Mark::later);
  }

 private:
  static void visit_counts(auto& in, auto& trial) {
    in.field("counts", trial.total);
    in.field("failed_by", ByFailure{trial.total.failed_by});
    in.group("window", [&](auto& window) {
      Description<tally::Counts>::visit(window, trial.window);
      window.field("seconds", trial.window_seconds);
      window.field("failed_by", ByFailure{trial.window.failed_by});
    });
    in.field("throughput_per_s", trial.throughput_per_s);
    in.field("offered_per_s", OrNull{trial.offered_per_s}, Mark::later);
    in.group("anomalies", [&](auto& anomalies) {
      anomalies.field("unasked_bytes", trial.unasked_bytes);
      anomalies.field("early_answers", trial.early_answers, Mark::later);
      anomalies.field("repeated_rows", trial.repeated_rows, Mark::later);
    });
    in.field("reconnects", trial.reconnects);
    in.field("resent", trial.resent, Mark::later);
    in.field("statuses", trial.statuses, Mark::later);
    in.field("bytes_in", trial.bytes_in);
  }
};

}  // namespace unrig::record
