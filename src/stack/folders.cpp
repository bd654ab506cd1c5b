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
#include "base/place.h"
#include "base/text.h"

namespace unrig::stack {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view runtime_prefix = "unrig-";
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

/// Everybody may read the copy: it lies in a folder that only the account may enter.
Result<> copy_for_all(const fs::path& from, const fs::path& to) {
  std::error_code error;
  const auto status = fs::symlink_status(from, error);
  if (fs::is_symlink(status)) {
    fs::copy_symlink(from, to, error);
  } else if (fs::is_directory(status)) {
    fs::create_directory(to, error);
    if (!error) fs::permissions(to, fs::perms(0755), error);
    for (auto entry = fs::directory_iterator(from, error); !error && entry != fs::end(entry);
         entry.increment(error)) {
      if (auto done = copy_for_all(entry->path(), to / entry->path().filename()); !done)
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
  return fs::path("/var/lib/unrig") / ("home-" + sha256(home.string()).substr(0, hash_length));
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
  auto real = private_path(home);
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

Folders::~Folders() {
  std::error_code ignored;
  if (!runtime_.path.empty()) fs::remove(home_ / "runtime", ignored);
}

fs::path Folders::log(std::string_view component) const {
  return home_ / "logs" / fmt::format("{}.log", component);
}

/// What test(1) says as the service user: "-x", whether it can go down there, "-r", read it.
bool Folders::can(std::string_view what, const fs::path& path) const {
  if (!user_) return true;
  process::Command command;
  command.argv = {"/usr/bin/test", std::string(what), path.string()};
  command.folder = "/";
  command.user = user_;
  const auto output = process::run(command, *guard_, *clock_, std::chrono::minutes(1));
  return output && output->exit.ok();
}

Result<> Folders::choose_services() {
  services_ = home_;
  if (can("-x", home_)) return {};
  services_ = services_elsewhere(home_);
  const auto parent = services_.parent_path();
  if (const auto made = make_owned(parent, geteuid(), getegid(), 0755); !made) return made;
  if (const auto trusted = private_path(parent); !trusted) return std::unexpected(trusted.error());
  return make_shared_folder(services_);
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
  return write_file(home_ / "runtime", path + '\n', 0600);
}

/// What an unrig left that was killed. The name in home's file is not trusted any further than its
/// form goes.
void Folders::remove_stale_runtime() const {
  const auto content = read_file(home_ / "runtime", 4096);
  if (!content) return;
  const fs::path path(trim(*content));
  struct stat status {};
  if (!path.is_absolute() || !path.filename().string().starts_with(runtime_prefix) ||
      lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid()) {
    return;
  }
  // Services that are still going down remove files of theirs under our hands: hence the
  // repetition.
  std::error_code error;
  for (int attempt = 0; attempt < 50; ++attempt) {
    fs::remove_all(path, error);
    if (!error) return;
    clock_->sleep_for(std::chrono::milliseconds(20));
  }
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

Result<fs::path> Folders::readable(const fs::path& path) const {
  const auto known = readable_.find(path);
  if (known != readable_.end()) return known->second;
  auto usable = path;
  std::error_code error;
  if (user_ && fs::exists(path, error) && !can("-r", path)) {
    if (const auto made = make_shared_folder(copies()); !made) return std::unexpected(made.error());
    const auto folder = copies() / sha256(path.string()).substr(0, hash_length);
    fs::remove_all(folder, error);
    if (const auto made = make_shared_folder(folder); !made) return std::unexpected(made.error());
    usable = folder / path.filename();
    if (const auto copied = copy_for_all(path, usable); !copied)
      return std::unexpected(copied.error());
  }
  return readable_.emplace(path, usable).first->second;
}

fs::path Folders::copied_libraries(const fs::path& program) const {
  std::error_code error;
  const auto real = fs::canonical(program, error);
  if (error || !real.native().starts_with((copies() / "").native())) return {};
  return real.parent_path().parent_path() / "lib";
}

}  // namespace unrig::stack
