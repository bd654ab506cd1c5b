/// \file
/// Looking at a process as the account that it runs under.
#pragma once

#include <sys/types.h>

namespace unrig::host {

/// While it lives, this thread opens files as the owner of the process does; nothing changes unless
/// unrig is root and the owner is not. In a container root has no right to look into the processes
/// of other accounts (CAP_SYS_PTRACE), but each account is shown its own: proc(5). One at a time in
/// a thread.
class AsOwner {
 public:
  explicit AsOwner(pid_t process);
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;
  ~AsOwner();

 private:
  bool changed_ = false;
};

}  // namespace unrig::host
