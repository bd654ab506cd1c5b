#include "stack/folders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/hash.h"
#include "base/text.h"

namespace unrig::stack {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view runtime_prefix = "unrig-";
constexpr std::string_view service_account = "postgres";

Result<std::string> name_of(uid_t user) {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  const int error = getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    return fail(ErrorKind::environment,
                fmt::format("the user with number {} has no name (error {})", user, error),
                "PostgreSQL needs one: add it to /etc/passwd");
  }
  return std::string(entry.pw_name);
}

Result<UniqueFd> take_lock(const fs::path& home) {
  const auto path = home / "lock";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("cannot write to the home folder: " + printable(path.string()), errno);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto holder = std::string(trim(read_tail(path, 64)));
    return fail(ErrorKind::environment,
                fmt::format("another unrig{} uses the home folder {}",
                            holder.empty() ? "" : fmt::format(" (process {})", holder),
                            printable(home.string())),
                "wait for it, or give this one a folder of its own: --home DIR");
  }
  const auto text = fmt::format("{}\n", getpid());
  if (ftruncate(fd.get(), 0) != 0 ||
      write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return fail_errno("cannot write to the home folder: " + printable(path.string()), errno);
  }
  return fd;
}

/// Whether `user` can go down to `path`, asked as that user.
bool can_reach(const process::User& user, const fs::path& path, process::Guard& guard,
               const Clock& clock) {
  process::Command command;
  command.argv = {"/usr/bin/test", "-x", path.string()};
  command.folder = "/";
  command.user = user;
  const auto output = process::run(command, guard, clock, std::chrono::minutes(1));
  return output && output->exit.ok();
}

Result<> give_to(const std::optional<process::User>& user, const fs::path& path) {
  if (!user) return {};
  if (lchown(path.c_str(), user->uid, user->gid) == 0) return {};
  return fail_errno("cannot change the owner of " + printable(path.string()), errno);
}

}  // namespace

Folders::Removed::~Removed() {
  std::error_code ignored;
  if (!path.empty()) fs::remove_all(path, ignored);
}

Result<Folders> Folders::open(const fs::path& home, process::Guard& guard, const Clock& clock) {
  Folders folders;
  std::error_code error;
  folders.home_ = fs::absolute(home, error).lexically_normal();
  for (const auto& folder : {folders.home_, folders.home_ / "logs"}) {
    if (const auto made = make_folder(folder); !made) return std::unexpected(made.error());
  }
  auto lock = take_lock(folders.home_);
  if (!lock) return std::unexpected(lock.error());
  folders.lock_ = std::move(*lock);
  if (const auto done = folders.find_users(); !done) return std::unexpected(done.error());
  if (const auto done = folders.choose_services(guard, clock); !done)
    return std::unexpected(done.error());
  folders.remove_stale_runtime(clock);
  if (const auto done = folders.make_runtime(); !done) return std::unexpected(done.error());
  return folders;
}

Folders::~Folders() {
  std::error_code ignored;
  if (!runtime_.path.empty()) fs::remove(home_ / "runtime", ignored);
}

fs::path Folders::log(std::string_view component) const {
  return home_ / "logs" / fmt::format("{}.log", component);
}

Result<> Folders::find_users() {
  auto own = name_of(geteuid());
  if (!own) return std::unexpected(own.error());
  own_name_ = service_name_ = std::move(*own);
  if (geteuid() != 0) return {};
  const auto user = process::find_user(std::string(service_account));
  if (!user) {
    return fail(ErrorKind::environment, user.error().what,
                "PostgreSQL does not run as root and needs it: apt-get install postgresql");
  }
  user_ = *user;
  service_name_ = service_account;
  return {};
}

Result<> Folders::choose_services(process::Guard& guard, const Clock& clock) {
  services_ = home_;
  if (!user_ || can_reach(*user_, home_, guard, clock)) return {};
  // By the hash of home, so that each home keeps a place of its own.
  services_ = fs::path("/var/lib/unrig") / sha256(home_.string()).substr(0, 12);
  if (const auto made = make_folder(services_.parent_path()); !made) return made;
  return make_service_folder(services_);
}

Result<> Folders::make_runtime() {
  // The service user cannot enter the caller's XDG_RUNTIME_DIR, and long paths are of no use.
  constexpr std::size_t longest = 70;
  fs::path parent = "/tmp";
  const char* own = std::getenv("XDG_RUNTIME_DIR");
  if (!user_ && own != nullptr && *own == '/' && std::string_view(own).size() < longest &&
      access(own, W_OK | X_OK) == 0) {
    parent = own;
  }
  auto path = (parent / fmt::format("{}XXXXXX", runtime_prefix)).string();
  if (mkdtemp(path.data()) == nullptr)
    return fail_errno("cannot make a folder in " + parent.string(), errno);
  runtime_ = Removed(path);
  if (const auto given = give_to(user_, path); !given) return given;
  return write_file(home_ / "runtime", path + '\n', 0600);
}

/// What an unrig left that was killed. The name in home's file is not trusted any further than its
/// form goes.
void Folders::remove_stale_runtime(const Clock& clock) const {
  const auto content = read_file(home_ / "runtime", 4096);
  if (!content) return;
  const fs::path path(trim(*content));
  struct stat status {};
  const auto owner = user_ ? user_->uid : geteuid();
  if (!path.is_absolute() || !path.filename().string().starts_with(runtime_prefix) ||
      lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != owner) {
    return;
  }
  // Services that are still going down remove files of theirs under our hands: hence the
  // repetition.
  std::error_code error;
  for (int attempt = 0; attempt < 50; ++attempt) {
    fs::remove_all(path, error);
    if (!error) return;
    clock.sleep_for(std::chrono::milliseconds(20));
  }
}

Result<> Folders::make_service_folder(const fs::path& path) const {
  if (const auto made = make_folder(path, 0700); !made) return made;
  return give_to(user_, path);
}

Result<> Folders::write_service_file(const fs::path& path, std::string_view content) const {
  if (const auto written = write_file(path, content, 0600); !written) return written;
  return give_to(user_, path);
}

}  // namespace unrig::stack
