/// \file
/// without_calls [ERRNO:]NAME[,NAME…] COMMAND…: runs the command on a kernel that lacks these
/// system calls, or refuses them with the error number given. Exit code 77 where no filter may be
/// set, 2 for a name that is not known here.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/testing.h"

namespace {

const std::map<std::string_view, long> numbers = {
    {"clone", SYS_clone},
    {"clone3", SYS_clone3},
    {"close_range", SYS_close_range},
    {"epoll_pwait2", SYS_epoll_pwait2},
    {"faccessat2", SYS_faccessat2},
    {"getrandom", SYS_getrandom},
    {"io_uring_setup", SYS_io_uring_setup},
    {"landlock_create_ruleset", SYS_landlock_create_ruleset},
    {"memfd_create", SYS_memfd_create},
    {"openat2", SYS_openat2},
    {"pidfd_open", SYS_pidfd_open},
    {"rseq", SYS_rseq},
    {"sched_setaffinity", SYS_sched_setaffinity},
    {"statx", SYS_statx},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::string_view names = argv[1];
  int error_number = ENOSYS;
  if (const auto colon = names.find(':'); colon != std::string_view::npos) {
    std::from_chars(names.data(), names.data() + colon, error_number);
    names.remove_prefix(colon + 1);
  }
  std::vector<long> calls;
  while (!names.empty()) {
    const auto found = numbers.find(names.substr(0, names.find(',')));
    if (found == numbers.end()) return 2;
    calls.push_back(found->second);
    names.remove_prefix(std::min(names.size(), found->first.size() + 1));
  }
  if (!unrig::forbid_calls(calls, error_number)) return 77;
  ::execvp(argv[2], argv + 2);
  std::perror(argv[2]);
  return 127;
}
