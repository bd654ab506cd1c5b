#include "audit/tap.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "host/as_owner.h"

namespace unrig::audit {
namespace {

constexpr std::size_t buffer_limit = 64 << 10;  ///< bytes that wait for one side
constexpr int backlog = 4096;

/// Closing sends a reset instead of an orderly end.
void reset_on_close(int fd) {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

/// Small messages go at once; has no effect on a Unix socket.
void send_at_once(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// One end of a relayed connection.
struct Side {
  UniqueFd fd;
  std::string waiting;  ///< read from the other side, not yet written here
  bool ended = false;   ///< nothing more can be read
  bool told = false;    ///< the other side's end was passed on to this one
  std::uint32_t interest = 0;
  bool watched = false;
};

/// 0: it is no TCP port.
int port_of(const sockaddr_storage& from) {
  return from.ss_family == AF_INET ? ntohs(reinterpret_cast<const sockaddr_in&>(from).sin_port) : 0;
}

/// Who has connected a Unix socket; 0: nobody knows.
pid_t peer_of(int fd) {
  ucred who{};
  socklen_t size = sizeof who;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? std::max(who.pid, 0) : 0;
}

struct Pair {
  Side front, back;
  int number = 0;  ///< among the fronts
  pid_t peer = 0;  ///< in front; 0: it is counted as nobody's
  bool connecting = true;
  std::optional<PgConversation> postgres;
};

}  // namespace

/// What the thread works on. Everything behind `mutex_` is also read from outside.
class Tap::Relay {
 public:
  Relay(Reads reads, const Clock* clock, const std::optional<process::User>& account)
      : reads_(reads), clock_(clock), account_(account) {}

  ~Relay() {
    if (!socket_.empty()) unlink(socket_.c_str());
  }

  Result<> listen(const host::Endpoint& here);
  void run();
  void stop() {
    stopping_ = true;
    wake();
  }
  void hold(bool holds) {
    holding_ = holds;
    wake();
  }
  void set_target(const host::SocketAddress& target) {
    const std::scoped_lock lock(mutex_);
    target_ = target;
  }
  void forget_peak() {
    const std::scoped_lock lock(mutex_);
    counts_.postgres.most_under_way = counts_.postgres.under_way;
    for (auto& [pid, peer] : counts_.peers) peer.most_open = peer.open;
  }
  void forget_times() {
    const std::scoped_lock lock(mutex_);
    counts_.postgres.least.clear();
  }
  [[nodiscard]] TapCounts counts() const {
    const std::scoped_lock lock(mutex_);
    return counts_;
  }

 private:
  [[nodiscard]] std::unique_ptr<host::AsOwner> as_account() const;
  void wake() const;
  void look_again();
  void accept_all();
  void take(UniqueFd front, int port);
  void note_peer(Pair& pair);
  void serve(int fd, std::uint32_t events);
  bool finish_connect(Pair& pair);
  bool move(Pair& pair, bool forth);
  bool read_from(Pair& pair, bool forth);
  static bool write_to(Side& to, bool other_ended);
  void count(Pair& pair, bool forth, std::string_view bytes);
  [[nodiscard]] bool holds_back(const Pair& pair) const {
    return holding_ && pair.postgres && pair.postgres->waiting();
  }
  void watch(Side& side, std::uint32_t interest);
  void watch(Pair& pair);
  void drop(Pair& pair, bool broken);

  Reads reads_;
  const Clock* clock_;
  std::optional<process::User> account_;  ///< of its TCP sockets
  std::string socket_;                    ///< to be removed
  UniqueFd epoll_, listening_, wake_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> holding_ = false;
  mutable std::mutex mutex_;
  host::SocketAddress target_;
  TapCounts counts_;
  int next_number_ = 0;
  std::unordered_map<int, std::shared_ptr<Pair>> pairs_;  ///< by both descriptors
  std::vector<UniqueFd> dropped_;
};

/// What this thread makes while that lives is the account's.
std::unique_ptr<host::AsOwner> Tap::Relay::as_account() const {
  return account_ ? std::make_unique<host::AsOwner>(*account_) : nullptr;
}

Result<> Tap::Relay::listen(const host::Endpoint& here) {
  const auto address = host::socket_address(here);
  const auto name = here.text();
  const int family = address.storage.ss_family;
  if (family == AF_UNIX) account_.reset();  // its folder says who may make one
  const auto owner = as_account();
  epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  wake_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  listening_ = UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!epoll_ || !wake_ || !listening_) return fail_errno("a relay", errno);
  const int on = 1;
  setsockopt(listening_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listening_.get(), address.get(), address.length) != 0)
    return fail_errno("a relay on " + name, errno);
  if (family == AF_UNIX) socket_ = name;
  // Its folder says who may come.
  if ((family == AF_UNIX && chmod(name.c_str(), 0666) != 0) ||
      ::listen(listening_.get(), backlog) != 0) {
    return fail_errno("a relay on " + name, errno);
  }
  for (const int fd : {wake_.get(), listening_.get()}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
      return fail_errno("a relay", errno);
  }
  return {};
}

void Tap::Relay::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wake_.get(), &one, sizeof one);
}

/// At all connections: what was held back may pass, or the other way round.
void Tap::Relay::look_again() {
  std::uint64_t times = 0;
  [[maybe_unused]] const auto got = ::read(wake_.get(), &times, sizeof times);
  std::vector<int> backs;  // one that breaks leaves `pairs_`
  for (const auto& [fd, pair] : pairs_) {
    if (fd == pair->back.fd.get() && !pair->connecting) backs.push_back(fd);
  }
  for (const int fd : backs) serve(fd, 0);
}

void Tap::Relay::run() {
  const auto owner = as_account();
  std::array<epoll_event, 128> events;
  while (true) {
    const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    if (ready < 0 && errno != EINTR) return;
    for (int i = 0; i < ready; ++i) {
      const int fd = events[i].data.fd;
      if (fd == wake_.get()) {
        if (stopping_) return;
        look_again();
      } else if (fd == listening_.get()) {
        accept_all();
      } else {
        serve(fd, events[i].events);
      }
    }
    dropped_.clear();
  }
}

void Tap::Relay::accept_all() {
  while (true) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    UniqueFd front(accept4(listening_.get(), reinterpret_cast<sockaddr*>(&from), &size,
                           SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!front) return;  // none left; or no descriptor left, and the client waits
    take(std::move(front), port_of(from));
  }
}

void Tap::Relay::take(UniqueFd front, int port) {
  auto pair = std::make_shared<Pair>();
  host::SocketAddress target;
  {
    const std::scoped_lock lock(mutex_);
    ++counts_.connections;
    target = target_;
  }
  pair->back.fd =
      UniqueFd(::socket(target.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool failed =
      !pair->back.fd ||
      (connect(pair->back.fd.get(), target.get(), target.length) != 0 && errno != EINPROGRESS);
  if (failed) {
    reset_on_close(front.get());
    const std::scoped_lock lock(mutex_);
    ++counts_.refused;
    return;
  }
  pair->front.fd = std::move(front);
  send_at_once(pair->front.fd.get());
  send_at_once(pair->back.fd.get());
  {
    const std::scoped_lock lock(mutex_);
    ++counts_.open;
    note_peer(*pair);
    pair->number = next_number_++;
    counts_.fronts[pair->number] = {.process = pair->peer, .port = port};
    if (reads_ == Reads::postgres) pair->postgres.emplace(counts_.postgres);
  }
  for (const Side* side : {&pair->front, &pair->back}) pairs_[side->fd.get()] = pair;
  watch(*pair);
}

/// Under the lock.
void Tap::Relay::note_peer(Pair& pair) {
  pair.peer = socket_.empty() ? 0 : peer_of(pair.front.fd.get());
  const bool known = counts_.peers.contains(pair.peer);
  if (!known && counts_.peers.size() >= tap_peers_limit) pair.peer = 0;
  if (pair.peer == 0) return;
  TapPeer& peer = counts_.peers[pair.peer];
  ++peer.connections;
  ++peer.open;
  peer.most_open = std::max(peer.most_open, peer.open);
}

/// Asks for what can go on: bytes of a side whose reader has room, room where bytes wait.
void Tap::Relay::watch(Pair& pair) {
  const auto interest = [&](const Side& side, const Side& other) {
    std::uint32_t events = 0;
    const bool wanted = !pair.connecting && other.waiting.size() < buffer_limit &&
                        !(&side == &pair.back && holds_back(pair));
    if (!side.ended && wanted) events |= EPOLLIN;
    if (!side.waiting.empty()) events |= EPOLLOUT;
    return events;
  };
  watch(pair.front, interest(pair.front, pair.back));
  watch(pair.back, pair.connecting ? EPOLLOUT : interest(pair.back, pair.front));
}

void Tap::Relay::watch(Side& side, std::uint32_t interest) {
  // A side that has ended reports its end for ever, whatever is asked of it.
  const bool watched = interest != 0 || !side.ended;
  if (side.interest == interest && side.watched == watched) return;
  const int what = !watched ? EPOLL_CTL_DEL : side.watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  epoll_event event{.events = interest, .data = {.fd = side.fd.get()}};
  epoll_ctl(epoll_.get(), what, side.fd.get(), &event);
  side.interest = interest;
  side.watched = watched;
}

void Tap::Relay::serve(int fd, std::uint32_t events) {
  const auto found = pairs_.find(fd);
  if (found == pairs_.end()) return;  // its pair ended in this very turn
  const auto pair = found->second;
  if (pair->connecting && fd == pair->back.fd.get()) {
    if (!finish_connect(*pair)) return drop(*pair, true);
  } else if (pair->connecting) {
    return drop(*pair, true);  // nothing is asked of the front yet: it broke
  }
  const bool sound = move(*pair, true) && move(*pair, false);
  const bool over = pair->front.told && pair->back.told;
  // A reset shows as an error of a side even where nothing is left to be read.
  if (!sound || ((events & EPOLLERR) != 0 && !over)) return drop(*pair, true);
  if (over) return drop(*pair, false);
  watch(*pair);
}

bool Tap::Relay::finish_connect(Pair& pair) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(pair.back.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    const std::scoped_lock lock(mutex_);
    ++counts_.refused;
    return false;
  }
  pair.connecting = false;
  return true;
}

/// Moves what can be moved in one direction. False: the connection is broken.
bool Tap::Relay::move(Pair& pair, bool forth) {
  Side& to = forth ? pair.back : pair.front;
  const Side& from = forth ? pair.front : pair.back;
  return read_from(pair, forth) && write_to(to, from.ended);
}

bool Tap::Relay::read_from(Pair& pair, bool forth) {
  Side& from = forth ? pair.front : pair.back;
  Side& to = forth ? pair.back : pair.front;
  std::array<char, 16384> buffer;
  while (!from.ended && to.waiting.size() < buffer_limit && (forth || !holds_back(pair))) {
    const auto got = recv(from.fd.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) {
      from.ended = true;
    } else {
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
      count(pair, forth, bytes);
      to.waiting += bytes;
    }
  }
  return true;
}

bool Tap::Relay::write_to(Side& to, bool other_ended) {
  while (!to.waiting.empty()) {
    const auto sent = send(to.fd.get(), to.waiting.data(), to.waiting.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    to.waiting.erase(0, static_cast<std::size_t>(sent));
  }
  if (other_ended && !to.told) {
    shutdown(to.fd.get(), SHUT_WR);
    to.told = true;
  }
  return true;
}

void Tap::Relay::count(Pair& pair, bool forth, std::string_view bytes) {
  // What the server has not got yet it cannot have begun, and what is read it has done.
  const auto now = clock_ != nullptr ? std::optional(clock_->now()) : std::nullopt;
  const std::scoped_lock lock(mutex_);
  (forth ? counts_.bytes_forth : counts_.bytes_back) += bytes.size();
  if (!pair.postgres) return;
  if (forth) {
    pair.postgres->from_client(bytes, now);
  } else {
    pair.postgres->from_server(bytes, now);
  }
  TapFront& front = counts_.fronts[pair.number];
  const bool waits = pair.postgres->waiting();
  if (waits && !front.waits) ++front.exchanges;
  front.waits = waits;
}

void Tap::Relay::drop(Pair& pair, bool broken) {
  for (Side* side : {&pair.front, &pair.back}) {
    if (broken) reset_on_close(side->fd.get());
    pairs_.erase(side->fd.get());
    // Closed at the end of the turn: until then no new connection can get this number, which events
    // of this turn may still name.
    dropped_.push_back(std::move(side->fd));
  }
  const std::scoped_lock lock(mutex_);
  pair.postgres.reset();  // it writes to the counts
  counts_.fronts.erase(pair.number);
  --counts_.open;
  const auto peer = counts_.peers.find(pair.peer);
  if (peer != counts_.peers.end() && peer->second.open > 0) --peer->second.open;
}

Result<Tap> Tap::open(const host::Endpoint& here, Reads reads, const Clock* clock,
                      const std::optional<process::User>& account) {
  auto relay = std::make_unique<Relay>(reads, clock, account);
  if (const auto done = relay->listen(here); !done) return std::unexpected(done.error());
  return Tap(std::move(relay));
}

Tap::Tap(std::unique_ptr<Relay> relay)
    : relay_(std::move(relay)), thread_([r = relay_.get()] { r->run(); }) {}
Tap::Tap(Tap&&) noexcept = default;

Tap& Tap::operator=(Tap&& other) noexcept {
  std::swap(relay_, other.relay_);
  std::swap(thread_, other.thread_);
  return *this;
}

Tap::~Tap() {
  if (!relay_) return;
  relay_->stop();
  thread_.join();
}

void Tap::set_target(const host::Endpoint& target) {
  relay_->set_target(host::socket_address(target));
}

void Tap::forget_peak() {
  relay_->forget_peak();
}

void Tap::forget_times() {
  relay_->forget_times();
}

void Tap::hold(bool holds) {
  relay_->hold(holds);
}

TapCounts Tap::counts() const {
  return relay_->counts();
}

}  // namespace unrig::audit
