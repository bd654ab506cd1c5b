#include "host/as_owner.h"

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace unrig::host {

AsOwner::AsOwner(pid_t process) {
  struct stat status {};
  if (::stat(("/proc/" + std::to_string(process)).c_str(), &status) == 0)
    become(status.st_uid, status.st_gid);
}

AsOwner::AsOwner(const process::User& account) {
  become(account.uid, account.gid);
}

void AsOwner::become(uid_t uid, gid_t gid) {
  if (::geteuid() != 0 || uid == 0) return;
  // The group first: whoever is not root cannot choose one.
  ::setfsgid(gid);
  ::setfsuid(uid);
  changed_ = true;
}

AsOwner::~AsOwner() {
  if (!changed_) return;
  ::setfsuid(::geteuid());
  ::setfsgid(::getegid());
}

}  // namespace unrig::host
