/// \file
/// Who serves, as it is seen from outside: which processes hold the connections that were made, and
/// what is known of each. Nobody is asked. Pure; audit/worker_watch.h looks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/code.h"
#include "host/connections.h"

namespace unrig::audit {

/// One process that serves.
struct Worker {
  pid_t pid = 0;
  // While many requests were sent at once.
  int accepts = 0;     ///< connections that it was seen to hold
  int most_held = 0;   ///< of them, at one time
  int statements = 0;  ///< that it had under way at one time, at most; 0: none was seen
  // Its code.
  host::Image image = {};
  std::string image_not_seen = {};  ///< why there is none; empty where there is
  // Files in whose code a thread of it waited for connections that requests have opened: those of
  // clients, and those of its own, as to the database.
  std::set<std::string> waits_for_clients_in = {}, waits_for_others_in = {};
  std::string waits_not_seen = {};  ///< why nobody could look; empty where somebody could
};

/// All of one server.
struct Workers {
  std::vector<Worker> all = {};             ///< in the order in which they were found
  std::vector<std::string> strangers = {};  ///< who holds connections and was not started by it
  std::string missing = {};  ///< why nobody could be seen; empty where somebody could

  [[nodiscard]] std::vector<pid_t> pids() const;
  [[nodiscard]] const Worker* find(pid_t pid) const;
  [[nodiscard]] Worker* find(pid_t pid);
};

/// What one look shows.
struct Look {
  host::Connections at;                    ///< where the server listens
  std::map<pid_t, host::Sockets> sockets;  ///< of its processes, as far as they were looked at
};

/// What the looks of one time show together.
class Looks {
 public:
  void add(const Look& look);

  /// Connections that the process was seen to hold, each once; and at one time, at most.
  [[nodiscard]] int accepts(pid_t process) const;
  [[nodiscard]] int most_held(pid_t process) const;
  /// Who was the only one to hold a connection in two looks in a row: not who takes it and passes
  /// it on. In the order in which they were seen.
  [[nodiscard]] const std::vector<pid_t>& holders() const { return holders_; }
  /// Whether it holds none any more of those that it was seen to hold, and somebody else now holds
  /// one of them.
  [[nodiscard]] bool has_passed_on(pid_t process) const;
  /// Connections that are taken, and that nobody who was looked at has held for three looks in a
  /// row.
  [[nodiscard]] std::set<host::Inode> held_elsewhere() const;

 private:
  std::map<pid_t, std::set<host::Inode>> held_;
  std::map<pid_t, int> most_;
  std::map<host::Inode, std::set<pid_t>> by_;  ///< of the last look
  std::map<host::Inode, pid_t> only_;          ///< of it, those that one alone holds
  std::map<host::Inode, int> unheld_;          ///< looks in a row
  std::vector<pid_t> holders_;
};

}  // namespace unrig::audit
