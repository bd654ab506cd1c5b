#include "host/folders.h"

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
#include "base/place.h"
#include "base/text.h"
#include "process/strays.h"

namespace unrig::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view runtime_prefix = "unrig-";
/// The lock in a runtime folder; it holds the mark of the run's guard.
constexpr std::string_view in_use_name = "in-use";
constexpr std::size_t hash_length = 12;

/// PostgreSQL does not run as somebody without a name.
Result<> check_own_name() {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  const int error = getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return {};
  return fail(ErrorKind::environment,
              fmt::format("the user with number {} has no name (error {})", geteuid(), error),
              "PostgreSQL needs one: add it to /etc/passwd");
}

/// A folder that is there must be one of `owner`'s: as it is, nothing else is known about it.
Result<> check_owner(const fs::path& path, uid_t owner) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return fail_errno(printable(path.string()), errno);
  if (S_ISDIR(status.st_mode) && status.st_uid == owner) return {};
  return fail(ErrorKind::environment,
              fmt::format("{} is {}, and was not made by this unrig", printable(path.string()),
                          S_ISDIR(status.st_mode) ? fmt::format("user {}'s", status.st_uid)
                                                  : std::string("no folder")),
              fmt::format("look what it is and move it away, or use another --home DIR"));
}

/// Makes one folder, or takes one that is there and belongs to `owner` as it is.
Result<> make_owned(const fs::path& path, uid_t owner, gid_t group, mode_t mode) {
  if (mkdir(path.c_str(), 0700) != 0) {
    if (errno != EEXIST) return fail_errno("cannot make the folder " + path.string(), errno);
    return check_owner(path, owner);
  }
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || fchown(fd.get(), owner, group) != 0 || fchmod(fd.get(), mode) != 0)
    return fail_errno("cannot hand over the folder " + path.string(), errno);
  return {};
}

/// As mkdtemp makes it from the prefix and six X.
bool is_runtime_name(std::string_view name) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return name.starts_with(runtime_prefix) && name.size() == runtime_prefix.size() + 6 &&
         name.find_first_not_of(letters, runtime_prefix.size()) == std::string_view::npos;
}

/// Whether a descriptor is this user's file or folder, as `kind` says.
bool is_own(const UniqueFd& fd, mode_t kind) {
  struct stat status {};
  return fd && fstat(fd.get(), &status) == 0 && (status.st_mode & S_IFMT) == kind &&
         status.st_uid == geteuid();
}

/// A run holds the lock as long as it lives. Where there is none, the folder is somebody else's
/// business: it is only just being made, or was never unrig's.
void remove_if_abandoned(const fs::path& path, const Clock& clock) {
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder || !is_own(folder, S_IFDIR)) return;
  const UniqueFd lock(::openat(folder.get(), std::string(in_use_name).c_str(),
                               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!is_own(lock, S_IFREG) || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
  std::array<char, 256> mark{};
  const auto length = ::read(lock.get(), mark.data(), mark.size());
  if (length <= 0) return;
  process::end_strays({mark.data(), static_cast<std::size_t>(length)}, path,
                      {"nginx", "pgbouncer"});
  remove_folder(path, clock);
}

/// Everybody may read the copy: it lies in a folder that only the account may enter. `but`: what is
/// left out, since a folder with the copies in it would be copied without end.
Result<> copy_for_all(const fs::path& from, const fs::path& to, const fs::path& but) {
  if (from == but) return {};
  std::error_code error;
  const auto status = fs::symlink_status(from, error);
  if (fs::is_symlink(status)) {
    fs::copy_symlink(from, to, error);
  } else if (fs::is_directory(status)) {
    fs::create_directory(to, error);
    if (!error) fs::permissions(to, fs::perms(0755), error);
    for (auto entry = fs::directory_iterator(from, error); !error && entry != fs::end(entry);
         entry.increment(error)) {
      if (auto done = copy_for_all(entry->path(), to / entry->path().filename(), but); !done)
        return done;
    }
  } else if (fs::is_regular_file(status)) {
    fs::copy_file(from, to, error);
    const bool runs = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    if (!error) fs::permissions(to, fs::perms(runs ? 0755 : 0644), error);
    // Python compares it with what its compiled files note, and else compiles at every start.
    if (!error) fs::last_write_time(to, fs::last_write_time(from, error), error);
  }
  if (!error) return {};
  return fail_errno(fmt::format("cannot copy {}", printable(from.string())), error.value());
}

/// The same of some entries of a folder, where they are there.
Result<> copy_entries(const fs::path& from, const fs::path& to, const fs::path& but,
                      std::span<const std::string_view> names) {
  std::error_code error;
  fs::create_directory(to, error);
  if (!error) fs::permissions(to, fs::perms(0755), error);
  if (error)
    return fail_errno(fmt::format("cannot make {}", printable(to.string())), error.value());
  for (const auto& name : names) {
    if (!fs::exists(fs::symlink_status(from / name, error))) continue;
    if (auto done = copy_for_all(from / name, to / name, but); !done) return done;
  }
  return {};
}

}  // namespace

Result<std::optional<process::User>> find_service_user() {
  if (geteuid() != 0) return std::nullopt;
  const auto user = process::find_user(std::string(service_account));
  if (!user) {
    return fail(ErrorKind::environment,
                user.error().what + ", and nothing of the chain runs as root",
                std::string(account_command));
  }
  if (user->uid == 0) {
    return fail(ErrorKind::environment,
                fmt::format("the system user {} is root under another name", service_account),
                std::string(account_command));
  }
  return *user;
}

fs::path services_elsewhere(const fs::path& home) {
  // By the hash of home, so that each home keeps a place of its own.
  return fs::path(roots_own) / ("home-" + sha256(home.string()).substr(0, hash_length));
}

Result<UniqueFd> lock_home(const fs::path& home) {
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

Folders::Removed::~Removed() {
  std::error_code ignored;
  if (!path.empty()) fs::remove_all(path, ignored);
}

Result<Folders> Folders::open(const fs::path& home, process::Guard& guard, const Clock& clock) {
  Folders folders(guard, clock);
  auto real = make_private_folder(home);
  if (!real) return std::unexpected(real.error());
  folders.home_ = std::move(*real);
  for (const auto& folder : {folders.home_, folders.home_ / "logs"}) {
    if (const auto made = make_folder(folder); !made) return std::unexpected(made.error());
    if (const auto own = check_owner(folder, geteuid()); !own) return std::unexpected(own.error());
  }
  if (const auto named = check_own_name(); !named) return std::unexpected(named.error());
  auto user = find_service_user();
  if (!user) return std::unexpected(user.error());
  folders.user_ = *user;
  auto lock = lock_home(folders.home_);
  if (!lock) return std::unexpected(lock.error());
  folders.lock_ = std::move(*lock);
  if (const auto done = folders.choose_services(); !done) return std::unexpected(done.error());
  folders.remove_stale_runtime();
  if (const auto done = folders.make_runtime(); !done) return std::unexpected(done.error());
  return folders;
}

void remove_abandoned(const Clock& clock) {
  std::vector<fs::path> parents{"/tmp"};
  const char* own = std::getenv("XDG_RUNTIME_DIR");
  // Of another user, as after `su`: who owns it could put something else into a folder's place.
  if (own != nullptr && *own == '/' && private_path(own)) parents.emplace_back(own);
  std::error_code error;
  for (const auto& parent : parents) {
    std::vector<fs::path> found;
    for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
      if (is_runtime_name(it->path().filename().string())) found.push_back(it->path());
    }
    for (const auto& folder : found) remove_if_abandoned(folder, clock);
  }
}

Folders::~Folders() {
  std::error_code ignored;
  if (!runtime_.path.empty()) fs::remove(home_ / "runtime", ignored);
}

fs::path Folders::log(std::string_view component) const {
  return home_ / "logs" / fmt::format("{}.log", component);
}

/// What test(1) says as the service user: "-x", whether it can go down there, "-r", read it.
Result<bool> Folders::can(std::string_view what, const fs::path& path) const {
  if (!user_) return true;
  process::Command command;
  command.argv = {"/usr/bin/test", std::string(what), path.string()};
  command.folder = "/";
  command.user = user_;
  const auto output = process::run(command, *guard_, *clock_, std::chrono::minutes(1));
  if (!output) return std::unexpected(output.error());
  return output->exit.ok();
}

Result<> Folders::choose_services() {
  services_ = home_;
  auto reached = can("-x", home_);
  if (!reached) return std::unexpected(reached.error());
  if (*reached) return {};
  services_ = services_elsewhere(home_);
  const auto parent = services_.parent_path();
  if (const auto made = make_owned(parent, geteuid(), getegid(), 0755); !made) return made;
  if (const auto trusted = private_path(parent); !trusted) return std::unexpected(trusted.error());
  if (const auto made = make_shared_folder(services_); !made) return made;
  // A umask closed it, or the account was made anew with another number.
  reached = can("-x", services_);
  if (!reached) return std::unexpected(reached.error());
  if (*reached) return {};
  return fail(
      ErrorKind::environment,
      fmt::format("the system user {} cannot enter {}", service_account, services_.string()),
      fmt::format("chmod 755 {0} && chgrp {1} {2} && chmod 750 {2}", parent.string(),
                  service_account, services_.string()));
}

Result<> Folders::make_runtime() {
  // The service user cannot enter the caller's XDG_RUNTIME_DIR, and long paths are of no use.
  constexpr std::size_t longest = 60;
  fs::path parent = "/tmp";
  const char* own = std::getenv("XDG_RUNTIME_DIR");
  if (!user_ && own != nullptr && *own == '/' && std::string_view(own).size() < longest &&
      access(own, W_OK | X_OK) == 0 && private_path(own)) {
    parent = own;
  }
  auto path = (parent / fmt::format("{}XXXXXX", runtime_prefix)).string();
  if (mkdtemp(path.data()) == nullptr)
    return fail_errno("cannot make a folder in " + parent.string(), errno);
  runtime_ = Removed(path);
  // Passwords lie in it: also after kill -9 it must not stay until the home is used again.
  if (const auto kept = guard_->removes(path); !kept) return kept;
  if (user_) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd || fchown(fd.get(), geteuid(), user_->gid) != 0 || fchmod(fd.get(), 0750) != 0)
      return fail_errno("cannot hand over the folder " + path, errno);
  }
  if (const auto marked = mark_in_use(); !marked) return marked;
  if (const auto made = make_service_folder(temporary()); !made) return made;
  return write_file(home_ / "runtime", path + '\n', 0600);
}

/// The file gets its name when it is locked, so that nobody finds it without a lock in between.
Result<> Folders::mark_in_use() {
  const auto starting = runtime() / "starting";
  const auto path = runtime() / in_use_name;
  if (const auto written = write_file(starting, guard_->mark(), 0600); !written) return written;
  in_use_ = UniqueFd(::open(starting.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!in_use_ || flock(in_use_.get(), LOCK_EX | LOCK_NB) != 0 ||
      ::rename(starting.c_str(), path.c_str()) != 0) {
    return fail_errno("cannot lock " + path.string(), errno);
  }
  return {};
}

/// What an unrig left that was killed. The name in home's file is not trusted any further than its
/// form goes.
void Folders::remove_stale_runtime() const {
  const auto content = read_file(home_ / "runtime", 4096);
  if (!content) return;
  const fs::path path(trim(*content));
  struct stat status {};
  if (!path.is_absolute() || !is_runtime_name(path.filename().string()) ||
      lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid()) {
    return;
  }
  // Its run may live: that home was copied to here.
  const UniqueFd lock(
      ::open((path / in_use_name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (lock && flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
  remove_folder(path, *clock_);
}

Result<> Folders::make_service_folder(const fs::path& path) const {
  const auto uid = user_ ? user_->uid : geteuid();
  const auto gid = user_ ? user_->gid : getegid();
  return make_owned(path, uid, gid, 0700);
}

Result<> Folders::make_shared_folder(const fs::path& path) const {
  if (!user_) return make_folder(path);
  return make_owned(path, geteuid(), user_->gid, 0750);
}

Result<> Folders::write_service_file(const fs::path& path, std::string_view content) const {
  return write_file(path, content, 0600,
                    user_ ? std::optional(Owner{user_->uid, user_->gid}) : std::nullopt);
}

Result<fs::path> Folders::readable(const fs::path& path,
                                   std::span<const std::string_view> only) const {
  const auto known = readable_.find(path);
  if (known != readable_.end()) return known->second;
  auto usable = path;
  std::error_code error;
  const auto can_be_read = can_read(path);
  if (!can_be_read) return std::unexpected(can_be_read.error());
  if (fs::exists(path, error) && !*can_be_read) {
    if (const auto made = make_shared_folder(copies()); !made) return std::unexpected(made.error());
    const auto folder = copies() / sha256(path.string()).substr(0, hash_length);
    fs::remove_all(folder, error);
    if (const auto made = make_shared_folder(folder); !made) return std::unexpected(made.error());
    usable = folder / path.filename();
    if (const auto copied = only.empty() ? copy_for_all(path, usable, copies())
                                         : copy_entries(path, usable, copies(), only);
        !copied) {
      return std::unexpected(copied.error());
    }
  }
  return readable_.emplace(path, usable).first->second;
}

fs::path Folders::copied_libraries(const fs::path& program) const {
  std::error_code error;
  const auto real = fs::canonical(program, error);
  if (error || !real.native().starts_with((copies() / "").native())) return {};
  return real.parent_path().parent_path() / "lib";
}

}  // namespace unrig::host
