/// \file
/// Looks at the workers of a running server from outside: finds them by the connections that they
/// hold, sees what each takes and in whose code it waits, and has one work without the others.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

#include "audit/half_requests.h"
#include "audit/workers.h"
#include "base/clock.h"
#include "host/endpoint.h"
#include "host/halt.h"

namespace unrig::audit {

/// Of one server, from its start to its end; from one thread. What it stops (SIGSTOP) goes on
/// before its functions return. `clock` must outlive it.
class WorkerWatch {
 public:
  struct Server {
    host::Endpoint at;    ///< where it listens
    pid_t process = 0;    ///< its first one; the others descend from it
    std::string request;  ///< one that it answers, in bytes
  };
  /// As early as can be: what is open now belongs to no request.
  WorkerWatch(Server server, const Clock& clock);

  /// Gives connections to whoever takes them, and stops those who have, until nobody takes any
  /// more: so nobody can hide behind a quicker one, and none is missing because another is quicker.
  /// Who has none any more once those go on, because others have them, is none of those that serve.
  /// Waits for `patience` where fewer than `wanted` do: some start late.
  void find(int wanted, Duration patience, const std::stop_token& stop);

  /// Runs `ask` in a thread of its own, and looks until that has ended or `enough` says that all is
  /// seen; then calls `release`, after which `ask` has to end.
  void look_while(const std::function<void()>& ask, const std::function<bool()>& enough,
                  const std::function<void()>& release);
  /// The same while all workers but this one are stopped. What it takes then is not counted.
  void look_while_alone(pid_t worker, const std::function<void()>& ask,
                        const std::function<bool()>& enough, const std::function<void()>& release);

  [[nodiscard]] const Workers& workers() const { return workers_; }
  [[nodiscard]] Workers& workers() { return workers_; }
  /// Sockets that are listened at: more than one where each worker has its own.
  [[nodiscard]] int listening() const { return listening_; }

 private:
  struct Round;
  void find_once(int wanted, bool stops);
  /// Whether it has found another one.
  [[nodiscard]] bool look_for_more(Round& round);
  void let_go_on(Round& round, int wanted);
  void name_strangers(const std::set<host::Inode>& held_elsewhere);
  void look(Looks& looks);
  void run(const std::function<void()>& ask, const std::function<bool()>& enough,
           const std::function<void()>& release, Looks& looks);
  void see_waits(Worker& worker, const host::Sockets& sockets, const host::Connections& at) const;

  Server server_;
  const Clock& clock_;
  std::map<pid_t, std::set<host::Inode>> before_;  ///< sockets that were open at the beginning
  Workers workers_;
  std::string unseen_;  ///< why a process of the server could not be looked at
  int listening_ = 1;
  Looks looks_;  ///< while it is asked
};

}  // namespace unrig::audit
