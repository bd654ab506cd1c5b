#include "load/load.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <exception>
#include <functional>
#include <future>
#include <latch>
#include <new>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <thread>

#include "base/kernel.h"
#include "host/memory.h"
#include "host/sockets.h"
#include "host/usage.h"
#include "http/request.h"
#include "load/engine.h"
#include "load/epoll_transport.h"
#include "load/requests.h"
#include "load/share.h"
#include "load/sources.h"
#include "load/tls_transport.h"
#include "load/uring_transport.h"

namespace unrig::load {
namespace {

// A request up to this length fits into one packet on every network.
constexpr std::size_t one_packet = 1200;
// Descriptors that the program needs besides connections.
constexpr std::size_t other_descriptors = 64;
// Between the choice of the start and the start: for threads to wake up on a busy machine.
constexpr Duration least_lead = std::chrono::milliseconds(2);
constexpr Duration lead_of_a_thread = std::chrono::microseconds(50);
// What a schedule may hold: 8 bytes each.
constexpr double most_arrivals = 1e9;

std::unexpected<Error> usage(std::string what, std::string help = {}) {
  return fail(ErrorKind::usage, std::move(what), std::move(help));
}

std::unexpected<Error> out_of_memory() {
  return fail(ErrorKind::environment, "out of memory for this load",
              "fewer clients, a lower rate or a shorter time need less; `ulimit -v` and `free -m` "
              "show what there is");
}

/// The kernel promises more memory than it has and ends whoever uses it: so it is asked before.
Result<> check_memory(double arrivals) {
  // A schedule is made as a whole and then dealt to the threads; a vector that grows is doubled.
  constexpr double bytes_per_arrival = 3 * sizeof(Duration);
  const auto available = host::available_memory();
  const double needed = arrivals * bytes_per_arrival;
  if (!available || needed < static_cast<double>(*available)) return {};
  return fail(ErrorKind::environment,
              fmt::format("a schedule of {:g} requests needs {:.1f} GB of memory, {:.1f} are free",
                          arrivals, needed / 1e9, static_cast<double>(*available) / 1e9),
              "measure for a shorter time or at a lower rate");
}

Result<> check_loop(const Plan&, const ClosedLoop& loop) {
  if (loop.clients < 1) return usage("a closed loop needs at least 1 client");
  if (loop.think_time < Duration{0}) return usage("the think time is negative");
  return {};
}

Result<> check_loop(const Plan& plan, const OpenLoop& loop) {
  const double end_rate = loop.end_rate.value_or(loop.rate).per_second;
  if (!(loop.rate.per_second > 0) || !(end_rate > 0)) return usage("the rate is not above 0");
  if (loop.connections < 1) return usage("an open loop needs at least 1 connection");
  const double most = std::max(loop.rate.per_second, end_rate);
  if (most * seconds(plan.warmup + plan.duration) > most_arrivals) {
    return usage(fmt::format("a schedule of more than {:g} requests", most_arrivals),
                 "measure for a shorter time or at a lower rate");
  }
  const double mean = (loop.rate.per_second + end_rate) / 2;
  return check_memory(loop.rate.per_second * seconds(plan.warmup) + mean * seconds(plan.duration));
}

Result<> check(const Plan& plan) {
  if (plan.duration <= Duration{0}) return usage("the duration is not above 0");
  if (plan.warmup < Duration{0}) return usage("the warm-up is negative");
  if (plan.timeout <= Duration{0}) return usage("the time limit is not above 0");
  if (plan.threads < 1) return usage("at least 1 thread is needed");
  if (plan.source_addresses > 1 && !is_loopback(plan.address)) {
    return usage(fmt::format("{} source addresses are asked for, and there are several only for "
                             "127.0.0.0/8",
                             plan.source_addresses),
                 "leave --source-addresses out");
  }
  return std::visit([&plan](const auto& loop) { return check_loop(plan, loop); }, plan.loop);
}

Result<> allow_descriptors(std::size_t needed) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return fail_errno("getrlimit", errno);
  if (limit.rlim_cur >= needed) return {};
  if (limit.rlim_max < needed) {
    return fail(ErrorKind::environment,
                fmt::format("{} open files are needed, {} are allowed", needed, limit.rlim_max),
                fmt::format("ulimit -Hn {}", needed));
  }
  limit.rlim_cur = needed;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return fail_errno("setrlimit", errno);
  return {};
}

Result<cpu_set_t> to_set(const std::vector<int>& cpus) {
  cpu_set_t allowed;
  cpu_set_t set;
  CPU_ZERO(&allowed);
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    return fail_errno("sched_getaffinity", errno);
  }
  for (const int cpu : cpus) {
    if (cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &allowed)) {
      return fail(ErrorKind::environment,
                  fmt::format("core {} does not exist or may not be used", cpu),
                  "`nproc` and `taskset -p $$` show which cores there are");
    }
    CPU_SET(cpu, &set);
  }
  return cpus.empty() ? allowed : set;
}

/// The calling thread, where cores were asked for.
Result<> pin(const Plan& plan, const cpu_set_t& cpus) {
  if (plan.cpus.empty() || sched_setaffinity(0, sizeof cpus, &cpus) == 0) return {};
  return fail_errno("the load generator cannot be pinned to its cores", errno);
}

/// The calling thread, and not up to 50 us later, which is the kernel's slack.
void wake_when_asked(Generator& generator) {
  if (prctl(PR_SET_TIMERSLACK, 1) == 0) return;
  generator.timer_note = fmt::format("may wake up to 50 us late: prctl(PR_SET_TIMERSLACK): {}",
                                     std::generic_category().message(errno));
}

/// The calling thread, before all that have no such priority. Beside a server that uses up the
/// machine it waits for a core some tens of milliseconds otherwise, and who is asked by a generator
/// that stands in line is measured with the line.
void go_first(Generator& generator) {
  constexpr sched_param least{.sched_priority = 1};
  generator.real_time = sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &least) == 0;
}

/// Epoll where io_uring was asked for and cannot be had; `generator` says which and why.
Result<std::unique_ptr<Transport>> make_plain_transport(const Plan& plan, const Route& route,
                                                        std::size_t slots, Generator& generator) {
  // Encrypted bytes change with every request, and io_uring does not say when it has taken them.
  if (plan.backend == Backend::io_uring && plan.tls) {
    generator.backend_note = "TLS needs epoll";
  } else if (plan.backend == Backend::io_uring) {
    auto uring = UringTransport::make(route, slots);
    if (uring) {
      generator.backend = "io_uring";
      return std::move(*uring);
    }
    generator.backend_note = uring.error().what;
  }
  auto epoll = EpollTransport::make(route, slots);
  if (!epoll) return std::unexpected(epoll.error());
  if (generator.backend_note.empty() && !has_epoll_pwait2()) {
    generator.backend_note = "ppoll stands in for epoll_pwait2, which is missing here";
  }
  return std::move(*epoll);
}

Route route_of(const Plan& plan, const Share& share) {
  Route route{.address = plan.address,
              .no_delay = plan.tls || share.request.size() > one_packet,
              .short_requests = plan.keep_alive && !plan.tls && share.request.size() <= one_packet};
  choose_sources(plan, static_cast<std::size_t>(host::ephemeral_ports().count()), route);
  return route;
}

Result<std::unique_ptr<Transport>> make_transport(const Plan& plan, const Share& share,
                                                  const Route& route, Generator& generator) {
  auto plain = make_plain_transport(plan, route, slots_for(share.connections), generator);
  if (!plain || !plan.tls) return plain;
  auto tls = TlsTransport::make(*plan.tls, slots_for(share.connections), std::move(*plain));
  if (!tls) return std::unexpected(tls.error());
  return std::move(*tls);
}

/// The threads of one run. They make all that they need, report that they are ready, and wait for
/// the time line, or for word that one of them failed: nothing of that is in the figures. One that
/// fails later stops the others.
class Crew {
 public:
  Crew(const Plan& plan, const FastClock& clock, std::stop_token stop, LiveCounts* live)
      : plan_(plan),
        clock_(clock),
        live_(live),
        relay_(std::move(stop), [this] { stop_.request_stop(); }) {}

  /// Throws what the making of a thread throws.
  Result<Outcome> work(std::vector<Share> shares, const cpu_set_t& cpus);

 private:
  struct Member {
    Share share;
    Generator generator;
    std::optional<Error> error;
    std::optional<Outcome> outcome;  // none: called off
  };
  using Begin = std::shared_future<bool>;  // false: called off
  void take_part(Member& member, std::latch& ready, const Begin& begin);
  void close(Member& member, Ledger&& ledger, const Engine::End& end) const;

  const Plan& plan_;
  const FastClock& clock_;
  LiveCounts* live_;
  Timeline timeline_;  // known when they begin
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> relay_;  // last: it uses the source
};

void Crew::take_part(Member& member, std::latch& ready, const Begin& begin) {
  bool told = false;
  const auto tell = [&] {
    told = true;
    ready.count_down();
  };
  try {
    Requests requests(plan_, member.share);  // outlives the transport
    const Route route = route_of(plan_, member.share);
    auto transport = make_transport(plan_, member.share, route, member.generator);
    if (!transport) {
      member.error = transport.error();
      return tell();
    }
    Ledger ledger(timeline_);
    ledger.reserve(plan_.warmup + plan_.duration + plan_.timeout);
    Engine engine(plan_, member.share, requests, timeline_, **transport, clock_, ledger, live_,
                  {queue_wait_of_this_thread(), quota_use_of_this_process()});
    const auto driver = make_driver(plan_, member.share, timeline_, ledger, engine);
    tell();
    if (!begin.get()) return;
    const Engine::End end = engine.run(*driver, stop_.get_token(), member.generator);
    member.generator.source_addresses = sources_used(route, end.connections);
    close(member, std::move(ledger), end);
  } catch (const std::bad_alloc&) {
    member.error = out_of_memory().error();
    stop_.request_stop();
    if (!told) ready.count_down();
  }
}

void Crew::close(Member& member, Ledger&& ledger, const Engine::End& end) const {
  Outcome outcome = std::move(ledger).close(end.at);
  outcome.generator = member.generator;
  outcome.stopped = end.stopped;
  member.outcome = std::move(outcome);
}

Result<Outcome> Crew::work(std::vector<Share> shares, const cpu_set_t& cpus) {
  std::vector<Member> members;
  for (Share& share : shares) {
    members.push_back({.share = std::move(share), .generator = {}, .error = {}, .outcome = {}});
  }
  std::latch ready(static_cast<std::ptrdiff_t>(members.size()));
  std::promise<bool> begin;
  const Begin begun = begin.get_future().share();
  std::exception_ptr not_made;
  std::optional<host::MachineCpu> before;
  {
    std::vector<std::jthread> threads;
    try {
      for (Member& member : members) {
        threads.emplace_back([&] {
          if (auto pinned = pin(plan_, cpus); !pinned) {
            member.error = pinned.error();
            return ready.count_down();
          }
          wake_when_asked(member.generator);
          if (plan_.real_time) go_first(member.generator);
          take_part(member, ready, begun);
        });
      }
      ready.wait();
    } catch (...) {
      not_made = std::current_exception();  // the threads that there are still wait for word
    }
    const bool all =
        !not_made && std::ranges::none_of(members, [](const Member& m) { return !!m.error; });
    before = host::machine_cpu();
    // They have to wake up before it.
    const Duration lead = least_lead + lead_of_a_thread * static_cast<int>(members.size());
    timeline_ = Timeline::of(plan_, std::max(plan_.start, clock_.now() + lead));
    begin.set_value(all);
  }
  if (not_made) std::rethrow_exception(not_made);
  for (const Member& member : members) {
    if (member.error) return std::unexpected(*member.error);
  }
  Outcome outcome = std::move(*members.front().outcome);
  for (std::size_t i = 1; i < members.size(); ++i) merge(outcome, *members[i].outcome);
  const auto after = host::machine_cpu();
  if (const auto use = before && after ? host::use_between(*before, *after) : std::nullopt) {
    outcome.generator.steal = use->steal;
  }
  outcome.generator.cores = std::min(outcome.generator.threads, CPU_COUNT(&cpus));
  return outcome;
}

Result<Outcome> run_checked(const Plan& plan, const Clock& clock, std::stop_token stop,
                            LiveCounts* live) {
  if (auto checked = check(plan); !checked) return std::unexpected(checked.error());
  auto request = http::to_bytes(plan.request, plan.address.authority, plan.keep_alive);
  if (!request) return std::unexpected(request.error());
  const auto cpus = to_set(plan.cpus);
  if (!cpus) return std::unexpected(cpus.error());
  std::vector<Share> shares = divide(plan, *request);
  std::size_t descriptors = other_descriptors;
  for (const Share& share : shares) descriptors += slots_for(share.connections) + 1;
  if (auto allowed = allow_descriptors(descriptors); !allowed) {
    return std::unexpected(allowed.error());
  }
  const FastClock fast_clock = FastClock::calibrated(clock);
  return Crew(plan, fast_clock, std::move(stop), live).work(std::move(shares), *cpus);
}

}  // namespace

Result<Outcome> run(const Plan& plan, const Clock& clock, std::stop_token stop, LiveCounts* live) {
  try {
    return run_checked(plan, clock, std::move(stop), live);
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::length_error&) {
    return out_of_memory();
  } catch (const std::system_error& error) {
    return fail(ErrorKind::environment,
                fmt::format("cannot make {} threads: {}", plan.threads, error.code().message()),
                "ask for fewer with --threads; `ulimit -u` and pids.max of the cgroup say how many "
                "there may be");
  }
}

}  // namespace unrig::load
