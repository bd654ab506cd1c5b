/// \file
/// Looking at a process, or making something, as the account that it runs under.
#pragma once

#include <sys/types.h>

#include "process/process.h"

namespace unrig::host {

/// While it lives, this thread opens files as the owner of the process does; nothing changes unless
/// unrig is root and the owner is not. In a container root has no right to look into the processes
/// of other accounts (CAP_SYS_PTRACE), but each account is shown its own: proc(5). One at a time in
/// a thread.
class AsOwner {
 public:
  explicit AsOwner(pid_t process);
  /// Whatever it makes, sockets too, is that account's as well.
  explicit AsOwner(const process::User& account);
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;
  ~AsOwner();

 private:
  void become(uid_t uid, gid_t gid);

  bool changed_ = false;
};

}  // namespace unrig::host
