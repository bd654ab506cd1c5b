#include "base/place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <deque>

namespace unrig {
namespace {

namespace fs = std::filesystem;

std::string elsewhere() {
  return ::geteuid() == 0 ? "give a folder of root's with --home, as --home /var/lib/unrig/mine"
                          : "give a folder of your own with --home DIR";
}

/// Looks at what has been walked through. `is_end`: nothing comes behind it.
using Check = Result<> (*)(const fs::path& path, const struct stat& status, bool is_end);

bool is_mine_or_roots(uid_t owner) {
  return owner == ::geteuid() || owner == 0;
}

Result<> trust_roots_links(const fs::path& path, const struct stat& status, bool /*is_end*/) {
  if (::geteuid() != 0 || !S_ISLNK(status.st_mode) || status.st_uid == 0) return {};
  return fail(ErrorKind::environment,
              fmt::format("the link {} belongs to user {}: root does not follow it", path.string(),
                          status.st_uid),
              "name the file that it leads to");
}

Result<> trust_own_folders(const fs::path& path, const struct stat& status, bool is_end) {
  if (!is_mine_or_roots(status.st_uid)) {
    return fail(
        ErrorKind::environment,
        fmt::format("{} belongs to user {}, who could put anything in its place", path.string(),
                    status.st_uid),
        ::geteuid() == 0 ? fmt::format("run unrig as that user, or {}", elsewhere()) : elsewhere());
  }
  if (S_ISLNK(status.st_mode)) return {};
  // Whose home lies in it trusts the group: that is most often a group of one.
  const bool by_group = ::geteuid() == 0 && (status.st_mode & S_IWGRP) != 0 && status.st_gid != 0;
  const bool by_others = (status.st_mode & S_IWOTH) != 0;
  const bool sticky = !is_end && (status.st_mode & S_ISVTX) != 0;
  if ((!by_group && !by_others) || sticky) return {};
  return fail(ErrorKind::environment, fmt::format("other users may write in {}", path.string()),
              elsewhere());
}

/// The steps of a path from the root on.
class Walk {
 public:
  Walk(const fs::path& path, Check check) : check_(check) { add(fs::absolute(path)); }
  /// Error: environment. Missing ends are no error where `may_lack` folders, too.
  Result<Place> go(bool may_lack_folders);

 private:
  void add(const fs::path& path) {
    std::deque<std::string> more;
    for (const auto& step : path.relative_path()) {
      if (!step.empty() && step != ".") more.push_back(step.string());
    }
    steps_.insert(steps_.begin(), more.begin(), more.end());
  }
  void to_root() {
    at_ = UniqueFd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    path_ = "/";
  }
  Result<> follow(const UniqueFd& link, const fs::path& path);

  Check check_;
  std::deque<std::string> steps_;
  UniqueFd at_;
  fs::path path_;
  int links_ = 0;
};

Result<> Walk::follow(const UniqueFd& link, const fs::path& path) {
  constexpr int most_links = 40;  // as the kernel has it
  char target[PATH_MAX];
  const ssize_t length = ::readlinkat(link.get(), "", target, sizeof target);
  if (length < 0 || ++links_ > most_links)
    return fail_errno(path.string(), length < 0 ? errno : ELOOP);
  const fs::path leads_to(std::string(target, static_cast<std::size_t>(length)));
  if (leads_to.is_absolute()) to_root();
  add(leads_to);
  return {};
}

Result<Place> Walk::go(bool may_lack_folders) {
  to_root();
  while (!steps_.empty()) {
    const std::string step = std::move(steps_.front());
    steps_.pop_front();
    const fs::path path = (path_ / step).lexically_normal();
    UniqueFd next(::openat(at_.get(), step.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next && errno == ENOENT && may_lack_folders) {
      fs::path rest = path;
      for (const auto& more : steps_) rest /= more;
      return Place{std::move(at_), step, rest.lexically_normal()};
    }
    if (!next && errno == ENOENT && steps_.empty()) return Place{std::move(at_), step, path};
    struct stat status {};
    if (!next || ::fstat(next.get(), &status) != 0) return fail_errno(path.string(), errno);
    if (auto trusted = check_(path, status, steps_.empty()); !trusted)
      return std::unexpected(trusted.error());
    if (S_ISLNK(status.st_mode)) {
      struct statfs kind {};
      if (::fstatfs(next.get(), &kind) == 0 && kind.f_type == PROC_SUPER_MAGIC && steps_.empty() &&
          step.find_first_not_of("0123456789") == std::string::npos) {
        return Place{.path = path, .own_descriptor = true};
      }
      if (auto done = follow(next, path); !done) return std::unexpected(done.error());
      continue;
    }
    if (steps_.empty()) return Place{std::move(at_), step, path};
    at_ = std::move(next);
    path_ = path;
  }
  return Place{std::move(at_), ".", path_};
}

}  // namespace

Result<Place> find_place(const fs::path& path) {
  return Walk(path, trust_roots_links).go(false);
}

Result<fs::path> private_path(const fs::path& path) {
  auto place = Walk(path, trust_own_folders).go(true);
  if (!place) return std::unexpected(place.error());
  return place->path;
}

Result<fs::path> make_private_folder(const fs::path& path) {
  const auto before = private_path(path);
  if (!before) return before;
  if (auto made = make_folder(*before); !made)
    return fail(made.error().kind, made.error().what, elsewhere());
  return private_path(*before);
}

}  // namespace unrig
