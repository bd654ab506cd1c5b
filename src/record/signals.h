/// \file
/// What was seen of a trial beside its load: signals by component, the conditions that it ran
/// under, and what befell it. All that a verdict and a limiter are made from, beside the figures.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenario/scenario.h"

namespace unrig::record {

/// One part of what takes part in a trial.
enum class Component { load, proxy, app, pooler, database, machine };
inline constexpr std::array all_components{Component::load,     Component::proxy,
                                           Component::app,      Component::pooler,
                                           Component::database, Component::machine};
/// The parts that the load goes through, from the front to the back.
inline constexpr std::array chain_components{Component::proxy, Component::app, Component::pooler,
                                             Component::database};
/// Whether the load reaches it through a listening socket of its own.
[[nodiscard]] constexpr bool listens(Component component) {
  return component == Component::proxy || component == Component::app ||
         component == Component::pooler;
}
[[nodiscard]] std::string_view to_text(Component component);  ///< its name above
[[nodiscard]] std::optional<Component> component_from(std::string_view name);

/// A value that was read, or why there is none. Never 0 in place of what was not looked at.
template <class T>
class Reading {
 public:
  Reading() = default;
  Reading(T value) : value_(std::move(value)), why_() {}
  static constexpr const char* nobody_looked = "nobody looked";
  [[nodiscard]] static Reading not_checked(std::string why) {
    Reading reading;
    reading.why_ = std::move(why);
    return reading;
  }

  [[nodiscard]] explicit operator bool() const { return value_.has_value(); }
  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] T value_or(T other) const { return value_.value_or(std::move(other)); }
  [[nodiscard]] const std::optional<T>& value() const { return value_; }
  [[nodiscard]] const std::string& why() const { return why_; }  ///< "" where there is a value
  bool operator==(const Reading&) const = default;

 private:
  std::optional<T> value_;
  std::string why_ = nobody_looked;
};

/// Connections that waited to be accepted where a component listens, ten looks a second.
struct QueueSignals {
  Reading<double> mean = {};
  Reading<std::uint64_t> most = {};
  Reading<std::uint64_t> limit = {};  ///< the backlog in force
  bool operator==(const QueueSignals&) const = default;
};

/// What the processes of one component did within the window. A thread or process that comes and
/// goes within it counts in cpu_seconds, and not surely in the rest.
struct ProcessSignals {
  Reading<double> cpu_seconds = {};
  /// For how long its threads were ready to run without a core, summed over them.
  Reading<double> queue_wait_seconds = {};
  /// Of the thread that used most, as a share of one core: at 1 it can do no more.
  Reading<double> busiest_thread = {};
  /// For how much of the window that same thread was ready to run without a core.
  Reading<double> busiest_thread_wait = {};
  Reading<std::uint64_t> times_scheduled = {};  ///< how often its threads were put on a core
  /// For how long a CPU quota held it back, within the load; of the control group that was held
  /// longest.
  Reading<double> throttled_seconds = {};
  /// Of a part of the chain: share of the periods of its own CPU quota in which it was used up.
  Reading<double> quota_used_up = {};
  Reading<std::int64_t> memory_bytes = {};  ///< after the load; shared pages are shared out
  QueueSignals queue = {};                  ///< of one that listens()
  bool operator==(const ProcessSignals&) const = default;
};

/// What the load generator says of itself, within the window.
struct GeneratorSignals {
  Reading<int> threads = {};
  Reading<std::uint64_t> switched_off = {};    ///< how often it lost its core to somebody
  Reading<double> longest_stall_seconds = {};  ///< that it did not look at its sockets
  Reading<double> issue_delay_share = {};      ///< of the mean response time
  bool operator==(const GeneratorSignals&) const = default;
};

/// What nginx says of itself, ten times a second.
struct ProxySignals {
  Reading<double> reading = {};         ///< connections whose request it reads
  Reading<double> writing = {};         ///< requests that it has and has not answered in full
  Reading<std::uint64_t> refused = {};  ///< connections that it had no room for
  bool operator==(const ProxySignals&) const = default;
};

/// What the application's threads were found doing, 40 looks a second: how many of them on average.
struct DoingSignals {
  Reading<double> watched = {};    ///< threads there were when the window began
  Reading<double> running = {};    ///< on a core, or ready for one
  Reading<double> accepting = {};  ///< wait for a connection: accept(2)
  Reading<double> selecting = {};  ///< select(2) and its kin
  Reading<double> polling = {};    ///< poll(2) and its kin: libpq waits for its answers so
  Reading<double> epolling = {};   ///< epoll_wait(2) and its kin: event loops wait so
  Reading<double> receiving = {};  ///< read(2), recv(2) and their kin
  Reading<double> locked = {};     ///< futex(2): for another thread
  bool operator==(const DoingSignals&) const = default;
};

/// How many the application server had within the window, five times a second, whatever became of
/// their parents. Numbers are those of two looks at least: what is there for a moment is no worker.
struct CensusSignals {
  Reading<int> processes = {};
  Reading<int> threads = {};
  /// Connections to the pooler, of the process that held most; where the application keeps them.
  Reading<int> connections_of_one = {};
  Reading<int> serving = {};  ///< processes that alone held a connection of a client
  Reading<int> at_work = {};  ///< that alone held one of a client or one to the pooler
  Reading<std::vector<std::string>> programs = {};  ///< files that those ran
  bool operator==(const CensusSignals&) const = default;
};

/// How much more memory the application server had, in bytes, at the end of the window than at its
/// beginning: what no file backs, and twice what two of its processes share.
struct GrowthSignals {
  Reading<std::int64_t> memory = {};
  Reading<std::int64_t> memory_late = {};  ///< of it, in the second half of the window
  bool operator==(const GrowthSignals&) const = default;
};

/// What the database's sessions were found doing, ten looks a second: how many of them on average.
/// The application's own, as pg_stat_activity has them.
struct ActivitySignals {
  Reading<double> asleep = {};   ///< in the query's own sleep, which is wanted: no work
  Reading<double> working = {};  ///< on a core, or ready for one
  Reading<double> locked = {};   ///< wait for a lock
  Reading<double> io = {};       ///< wait for the disk
  /// The application holds them between two statements of a transaction: no work either.
  Reading<double> idle_in_transaction = {};
  Reading<int> looks = {};       ///< of which these are means
  Reading<int> asleep_p80 = {};  ///< in a fifth of them as many were asleep, or more
  bool operator==(const ActivitySignals&) const = default;
};

/// Sessions of the database, as the pooler counts them ten times a second.
struct SessionSignals {
  Reading<int> most = {};
  Reading<double> mean = {};             ///< open, whatever their state
  Reading<double> active_mean = {};      ///< in use
  Reading<double> waiting_mean = {};     ///< clients that wait for one
  Reading<double> silence_seconds = {};  ///< the longest that an answer, or none, was waited for
  std::string cut_short = {};            ///< why it was not asked to the end; "" where it was
  // Summed over its clients, from the start of the application to its end.
  Reading<double> query_seconds = {};  ///< that their statements took, as the pooler saw it
  Reading<double> wait_seconds = {};   ///< that they waited for a session
  bool operator==(const SessionSignals&) const = default;
};

/// Of the whole machine within the window. Shares are of all cores.
struct MachineSignals {
  Reading<double> cpu_seconds = {};  ///< everything but idle; steal not included
  Reading<double> busy = {}, steal = {};
  Reading<double> foreign = {};  ///< used by processes that are not unrig's
  std::string foreign_name = {};
  Reading<double> unseen = {};  ///< used by nobody who can be seen
  Reading<double> frequency_change = {};
  /// Share of the periods of the run's own CPU quota in which it was used up.
  Reading<double> quota_used_up = {};
  /// Connections of the chain that found a full queue.
  Reading<std::uint64_t> listen_overflows = {};
  Reading<double> suspended_seconds = {};
  // Of single cores, the largest share of the window.
  Reading<double> busiest_core = {};
  Reading<double> core_interrupts = {};  ///< taken by interrupts and what they entail (softirq)
  Reading<double> core_steal = {};       ///< taken by the hypervisor
  /// Connections in TIME_WAIT, at most, and the local ports that the kernel has for new ones. A
  /// port is taken for one destination alone, so that more of them than ports is no shortage yet.
  Reading<std::uint64_t> time_wait = {}, local_ports = {};
  Reading<std::uint64_t> retransmissions = {};  ///< segments that TCP sent again
  /// Share of the window in which some task waited for it, as the kernel sums it up (PSI).
  Reading<double> cpu_pressure = {}, memory_pressure = {}, io_pressure = {};
  /// How far the window that was watched lies from the one that was loaded.
  Reading<double> watch_shift_seconds = {};
  /// By how much somebody set the clock of the day, forwards or back: the database sleeps by it.
  Reading<double> clock_set_seconds = {};
  bool operator==(const MachineSignals&) const = default;
};

struct Signals {
  /// Of the load generator and of each part that the scenario has.
  std::map<Component, ProcessSignals> processes;
  GeneratorSignals generator;
  ProxySignals proxy;
  DoingSignals doing;
  CensusSignals census;
  GrowthSignals growth;
  SessionSignals sessions;
  ActivitySignals activity;
  MachineSignals machine;
  /// Of a component, or null.
  [[nodiscard]] const ProcessSignals* of(Component component) const;
  /// Gives what nobody looked at this reason.
  void explain_unread(const std::string& why);
  bool operator==(const Signals&) const = default;
};

/// CPU time that single parts of the chain may use, in cores; 0: no limit of their own.
struct Quotas {
  double proxy = 0, app = 0, pooler = 0, database = 0;
  [[nodiscard]] static Quotas in(const scenario::Scenario& scenario);
  [[nodiscard]] double of(Component part) const;  ///< 0 as well for what is no part of the chain
  bool operator==(const Quotas&) const = default;
};

/// What a trial was asked to be: numbers of its cell in force on this machine.
struct Conditions {
  bool sees_server = true;    ///< false: a URL that somebody else runs
  bool asks_database = true;  ///< false: the application makes its rows up
  /// Its request and its database, if it has one, are its own: of rows and statements nothing is
  /// known.
  bool own_application = false;
  bool open_loop = false;
  int clients = 1;
  int sessions = 1;
  double delay_us = 0;    ///< of the query's own sleep
  int cores = 1;          ///< of the machine
  int chain_cores = 1;    ///< that the chain may run on
  double quota_cpus = 0;  ///< CPU time that the chain may use, in cores; 0: no limit
  Quotas quotas = {};     ///< within it
  /// False: the parts were looked at only as far as a verdict needs it (watch.signals).
  bool watches_signals = true;
  /// The load generator went before all others that wanted a core (load.real_time).
  bool real_time_load = false;
  scenario::Concurrency concurrency = scenario::Concurrency::sync;
  scenario::Worker worker = scenario::Worker::process;  ///< what the number of workers counts
  bool operator==(const Conditions&) const = default;
};

/// Something that befell a part of the chain, or unrig, while it was measured.
struct Mishap {
  std::string reason;            ///< names the part and the cause
  std::set<Component> who = {};  ///< empty: unrig itself
  /// Not the doing of the stack that is measured: worth another try.
  bool from_outside = true;
  bool operator==(const Mishap&) const = default;
};

/// What happened that no figure tells.
struct Events {
  /// Requests that unrig sent to see that the stack is ready, and those of them that were answered.
  /// What was sent and not answered may have read its row or not, even later, under the load.
  std::uint64_t ready_sent = 0, ready_answered = 0;
  std::vector<Mishap> mishaps = {};
  std::string late_generator = {};  ///< what load::late_generator() says
  std::string away_generator = {};  ///< what load::away_generator() says
  std::string sample_failure = {};  ///< start of one wrong answer
  bool operator==(const Events&) const = default;
};

}  // namespace unrig::record
