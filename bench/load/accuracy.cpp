/// \file
/// How true the engine's figures are: against queues whose answer is known, and against the log of
/// a server that stamps every arrival and every answer. Prints deviations; judges nothing, because
/// they depend on the machine. Run it from a release build on a machine that is otherwise idle.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "load/load.h"
#include "load/share.h"

namespace {

using namespace unrig;
using namespace std::chrono_literals;

constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// When the server received a request, and when it answered.
struct Served {
  Instant arrived;
  Instant answered;
};

enum class Discipline {
  one_server,  ///< first come, first served
  no_waiting,  ///< every request at once: a pure delay
};

/// Answers each request after a service time drawn from `service`. It spins on a core of its own,
/// so that it is late by less than a microsecond.
class QueueServer {
 public:
  QueueServer(Discipline discipline, std::function<Duration()> service, int core,
              const Clock& clock)
      : discipline_(discipline), service_(std::move(service)), clock_(clock) {
    listener_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_.get(), any, size) == 0 && listen(listener_.get(), 4096) == 0) {
      getsockname(listener_.get(), any, &size);
    }
    port_ = ntohs(address.sin_port);
    watch(listener_.get());
    thread_ = std::jthread([this, core](const std::stop_token& stop) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(core, &set);
      sched_setaffinity(0, sizeof set, &set);
      while (!stop.stop_requested()) turn();
    });
  }

  [[nodiscard]] int port() const { return port_; }
  /// Ends the server.
  std::vector<Served> log() {
    thread_ = {};
    return log_;
  }

 private:
  struct Due {
    Instant when;
    Instant arrived;
    int fd;
    bool operator>(const Due& other) const { return when > other.when; }
  };

  void watch(int fd) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void turn() {
    while (!due_.empty() && due_.top().when <= clock_.now()) {
      const Due due = due_.top();
      due_.pop();
      log_.push_back({due.arrived, clock_.now()});
      send(due.fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
    std::array<epoll_event, 16> ready;
    const int count = epoll_wait(epoll_.get(), ready.data(), ready.size(), 0);
    for (int i = 0; i < count; ++i) {
      const int fd = ready[static_cast<std::size_t>(i)].data.fd;
      fd == listener_.get() ? accept_one() : read(fd);
    }
  }

  void accept_one() {
    const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.emplace_back(fd);
    watch(fd);
  }

  void read(int fd) {
    std::array<char, 4096> buffer;
    const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) {
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
      return;
    }
    const Instant now = clock_.now();
    const Instant begin = discipline_ == Discipline::one_server ? std::max(now, free_) : now;
    free_ = begin + service_();
    due_.push({free_, now, fd});
  }

  Discipline discipline_;
  std::function<Duration()> service_;
  const Clock& clock_;
  int port_ = 0;
  UniqueFd listener_, epoll_;
  std::vector<UniqueFd> connections_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  Instant free_;
  std::vector<Served> log_;
  std::jthread thread_;
};

struct Truth {
  double quantile;
  Duration value;
};

struct Experiment {
  std::string name;
  Discipline discipline;
  std::function<Duration()> service;
  double per_second;
  std::vector<Truth> truths;  ///< of the response time, by theory
};

Duration quantile(std::vector<Duration> values, double q) {
  if (values.empty()) return Duration{0};
  std::ranges::sort(values);
  const auto index = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::min(values.size(), std::max<std::size_t>(index, 1)) - 1];
}

std::string deviation(Duration measured, Duration truth) {
  return fmt::format("{:10.1f} us, {:+6.2f} %, {:+7.1f} us", microseconds(measured),
                     100 * (microseconds(measured) / microseconds(truth) - 1),
                     microseconds(measured - truth));
}

/// Kolmogorov-Smirnov distance of the gaps from the exponential distribution of that rate, times
/// the root of their number: above 1.36 for one true Poisson process of twenty.
double distance_from_exponential(std::vector<Duration> gaps, double per_second) {
  std::ranges::sort(gaps);
  const auto n = static_cast<double>(gaps.size());
  double distance = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double p = 1 - std::exp(-per_second * seconds(gaps[i]));
    distance =
        std::max({distance, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
  }
  return distance * std::sqrt(n);
}

/// The server's stamps against the schedule and against the client's figures.
void print_server_side(const load::Plan& plan, const load::Outcome& outcome,
                       std::vector<Served> log) {
  std::ranges::sort(log, {}, &Served::arrived);
  std::vector<Duration> lags, gaps, inside;
  const std::vector<Duration> schedule = load::divide(plan, {}).front().schedule;
  for (std::size_t i = 0; i < std::min(schedule.size(), log.size()); ++i) {
    lags.push_back(log[i].arrived - (outcome.start + schedule[i]));
    inside.push_back(log[i].answered - log[i].arrived);
    if (i > 0) gaps.push_back(log[i].arrived - log[i - 1].arrived);
  }
  const double rate = std::get<load::OpenLoop>(plan.loop).rate.per_second;
  fmt::print(
      "  arrivals at the server: {} of {}, late P50 {:.1f} us, P99 {:.1f} us, "
      "gaps against Poisson: {:.2f} (1.36)\n",
      log.size(), schedule.size(), microseconds(quantile(lags, 0.5)),
      microseconds(quantile(lags, 0.99)), distance_from_exponential(gaps, rate));
  for (const double q : {0.5, 0.9, 0.99}) {
    fmt::print("  P{:<4g} of the server's own log {:10.1f} us; the client says {}\n", q * 100,
               microseconds(quantile(inside, q)),
               deviation(outcome.response.quantile(q), quantile(inside, q)));
  }
}

void run(const Experiment& experiment, int server_core, int client_core, Duration length,
         const Clock& clock) {
  QueueServer server(experiment.discipline, experiment.service, server_core, clock);
  load::Plan plan;
  plan.address = load::loopback(server.port());
  plan.loop = load::OpenLoop{.rate = Rate{experiment.per_second},
                             .end_rate = {},
                             .arrivals = load::Arrivals::poisson,
                             .connections = 1000};
  plan.duration = length;
  plan.cpus = {client_core};
  plan.pacing = load::Pacing::spin;
  plan.seed = 1;
  plan.expected_body = "ok";
  const auto outcome = load::run(plan, clock, {});
  if (!outcome) {
    fmt::print("{}: {}\n", experiment.name, outcome.error().what);
    return;
  }
  fmt::print("\n{}, {:g}/s for {}: {} completed, {} failed\n", experiment.name,
             experiment.per_second, to_text(length), outcome->total.completed,
             outcome->total.failed());
  fmt::print("  issue delay P50 {:.1f} us, P99 {:.1f} us\n",
             microseconds(outcome->issue_delay.quantile(0.5)),
             microseconds(outcome->issue_delay.quantile(0.99)));
  for (const Truth& truth : experiment.truths) {
    fmt::print("  P{:<4g} by theory {:10.1f} us; measured {}\n", truth.quantile * 100,
               microseconds(truth.value),
               deviation(outcome->response.quantile(truth.quantile), truth.value));
  }
  print_server_side(plan, *outcome, server.log());
}

}  // namespace

/// accuracy [SECONDS]
int main(int argc, char** argv) {
  const SystemClock clock;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  }
  if (cores.size() < 2) {
    fmt::print(stderr, "server and generator need a core each\n");
    return 3;
  }
  const Duration length = from_seconds(argc > 1 ? std::atof(argv[1]) : 20);
  RandomStream random(7, "service");
  const std::vector<Experiment> experiments{
      // Sojourn times of M/M/1 are exponential with mean 1 / (10000/s - 5000/s) = 200 us.
      {"M/M/1, service exponential 100 us",
       Discipline::one_server,
       [&] { return from_seconds(random.exponential(100e-6)); },
       5000,
       {{0.5, 138'629ns}, {0.9, 460'517ns}, {0.95, 599'146ns}, {0.99, 921'034ns}}},
      {"M/D/1, service 100 us", Discipline::one_server, [] { return Duration{100us}; }, 5000, {}},
      {"two points, 90 % 1 ms and 10 % 150 ms",
       Discipline::no_waiting,
       [&] { return random.uniform() < 0.9 ? Duration{1ms} : Duration{150ms}; },
       1000,
       {{0.5, 1ms}, {0.95, 150ms}, {0.99, 150ms}}},
      {"no service time", Discipline::no_waiting, [] { return Duration{1us}; }, 50'000, {}},
  };
  for (const Experiment& experiment : experiments) {
    run(experiment, cores[0], cores[1], length, clock);
  }
}
