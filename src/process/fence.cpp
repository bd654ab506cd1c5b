#include "process/fence.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace unrig::process {
namespace {

namespace fs = std::filesystem;

/// \name As linux/landlock.h has them
/// That of Debian 12 lacks the later ones.
/// @{
constexpr unsigned ask_version = 1;
constexpr int path_beneath = 1;

constexpr std::uint64_t may_write = 1 << 1;
constexpr std::uint64_t may_read = 1 << 2;
/// Remove folders and files; make devices, folders, files, sockets, pipes and links.
constexpr std::uint64_t may_change_folder = 0b1'1111'1111 << 4;
constexpr std::uint64_t may_move = 1 << 13;  ///< and link, from one folder to another
constexpr std::uint64_t may_truncate = 1 << 14;

constexpr std::uint64_t scope_abstract_sockets = 1 << 0;
constexpr std::uint64_t scope_signals = 1 << 1;

struct RulesetAttributes {
  std::uint64_t files = 0;  ///< rights that nobody has who is not given them
  std::uint64_t ports = 0;
  std::uint64_t scoped = 0;
};
struct [[gnu::packed]] PathAttributes {
  std::uint64_t rights = 0;
  std::int32_t path = -1;
};
/// @}

/// The version with which each came.
constexpr int with_moving = 2;
constexpr int with_truncating = 3;
constexpr int with_scopes = 6;

/// True for the folder itself, too.
bool lies_in(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

/// What a program may do within its fence, path by path: Landlock knows no forbidding of a part of
/// what is allowed.
class Ruleset {
 public:
  explicit Ruleset(int version)
      : writing_(may_write | may_change_folder | (version >= with_moving ? may_move : 0) |
                 (version >= with_truncating ? may_truncate : 0)),
        scopes_(version >= with_scopes ? scope_abstract_sockets | scope_signals : 0) {}

  /// 0, or an errno.
  [[nodiscard]] int fill(const Fence& fence, int output);
  [[nodiscard]] UniqueFd take() { return std::move(rules_); }

 private:
  void allow(const fs::path& path, std::uint64_t rights);
  void allow(int open, std::uint64_t rights);
  void read_beside(const std::vector<fs::path>& hidden, const fs::path& folder);

  std::uint64_t writing_;
  std::uint64_t scopes_;
  UniqueFd rules_;
  int error_ = 0;
};

int Ruleset::fill(const Fence& fence, int output) {
  const std::uint64_t reading = fence.hidden.empty() ? 0 : may_read;
  const RulesetAttributes attributes{.files = writing_ | reading, .scoped = scopes_};
  rules_ = UniqueFd(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!rules_) return errno;
  for (const auto& path : fence.writable) allow(path, writing_ | reading);
  allow(output, writing_ | reading);
  if (reading == 0) return error_;
  for (const auto& path : fence.readable) allow(path, reading);
  std::vector<fs::path> hidden;
  for (const auto& path : fence.hidden) {
    std::error_code error;
    hidden.push_back(fs::weakly_canonical(path, error));
    if (error) return error.value();
  }
  read_beside(hidden, "/");
  return error_;
}

/// What is not there, or not any more, needs no rule.
void Ruleset::allow(const fs::path& path, std::uint64_t rights) {
  const UniqueFd open(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (open) allow(open.get(), rights);
}

void Ruleset::allow(int open, std::uint64_t rights) {
  struct stat status {};
  if (::fstat(open, &status) != 0) return;
  if (!S_ISDIR(status.st_mode)) rights &= may_write | may_read | may_truncate;
  const PathAttributes attributes{.rights = rights, .path = open};
  const auto done = ::syscall(SYS_landlock_add_rule, rules_.get(), path_beneath, &attributes, 0);
  // A pipe has no place among the files, and so needs no rule.
  if (done != 0 && errno != EBADFD) error_ = errno;
}

/// All that lies in the folder and on no way to what is hidden.
void Ruleset::read_beside(const std::vector<fs::path>& hidden, const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const fs::path& path = it->path();
    if (std::ranges::find(hidden, path) != hidden.end()) continue;
    // A link is no way of its own: where it leads is what counts.
    std::error_code gone;
    if (it->is_symlink(gone)) continue;
    const bool leads_there =
        std::ranges::any_of(hidden, [&](const fs::path& each) { return lies_in(each, path); });
    if (leads_there) {
      read_beside(hidden, path);
    } else {
      allow(path, may_read);
    }
  }
}

#if defined(__x86_64__)
constexpr std::uint32_t own_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t own_architecture = AUDIT_ARCH_AARCH64;
#else
#error "the kernel's name of this architecture is missing"
#endif

/// Landlock knows nothing of resource limits, and whoever has the account may set those of all its
/// processes: the pooler's files, so that the next stack finds it without a free one. Who is named
/// by number is refused, oneself included; limits of oneself are set by 0. The numbers of calls are
/// those of one architecture, so that programs of another are not run.
bool keep_from_limits_of_others() {
  constexpr std::uint32_t first_of_x32 = 0x40000000;
  constexpr auto load = [](std::size_t from) -> sock_filter {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(from));
  };
  constexpr auto low = [](std::size_t argument) {
    return offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t);
  };
  constexpr auto high = [low](std::size_t argument) { return low(argument) + 4; };
  constexpr std::uint32_t allow = SECCOMP_RET_ALLOW, refuse = SECCOMP_RET_ERRNO;
  // Of a jump the numbers of statements to leave out: where it holds, and where it does not.
  const std::array<sock_filter, 14> filter{{
      load(offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_architecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, refuse | ENOSYS),
      load(offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first_of_x32, 8, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 6),
      load(low(0)),  // which process: 32 bits
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0),
      load(low(2)),  // what to set
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
      load(high(2)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, allow),
      BPF_STMT(BPF_RET | BPF_K, refuse | EPERM),
  }};
  const sock_fprog program{.len = filter.size(), .filter = const_cast<sock_filter*>(filter.data())};
  // Else some kernels slow down whoever has a filter, against Spectre.
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                   &program) == 0;
}

}  // namespace

int fence_version() {
  const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_version);
  return std::max(0, static_cast<int>(version));
}

std::string fence_gaps(int version) {
  if (version == 0) return "this kernel has no Landlock (Linux 5.13 has it), or it is off";
  if (version >= with_scopes) return {};
  return fmt::format(
      "Landlock {} of this kernel keeps files from being written, {} processes from signals "
      "(Linux 6.12)",
      version,
      version < with_truncating ? "but neither from being cut off (Linux 6.2), nor" : "but no");
}

std::expected<UniqueFd, int> make_fence(const Fence& fence, int output) {
  const int version = fence_version();
  if (version == 0) return UniqueFd();
  Ruleset rules(version);
  if (const int error = rules.fill(fence, output); error != 0) return std::unexpected(error);
  return rules.take();
}

bool close_fence(int fence) {
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::syscall(SYS_landlock_restrict_self, fence, 0) == 0 && keep_from_limits_of_others();
}

}  // namespace unrig::process
