#include "host/as_owner.h"

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace unrig::host {

AsOwner::AsOwner(pid_t process) {
  struct stat status {};
  if (::geteuid() != 0 || ::stat(("/proc/" + std::to_string(process)).c_str(), &status) != 0 ||
      status.st_uid == 0) {
    return;
  }
  // The group first: whoever is not root cannot choose one.
  ::setfsgid(status.st_gid);
  ::setfsuid(status.st_uid);
  changed_ = true;
}

AsOwner::~AsOwner() {
  if (!changed_) return;
  ::setfsuid(::geteuid());
  ::setfsgid(::getegid());
}

}  // namespace unrig::host
