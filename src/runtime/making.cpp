#include "runtime/making.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/hash.h"
#include "base/secrets.h"
#include "base/text.h"

namespace unrig::runtime {
namespace {

namespace fs = std::filesystem;

constexpr auto longest_making = std::chrono::minutes(15);

}  // namespace

std::string hashed_name(std::string_view prefix, std::string_view content) {
  return fmt::format("{}-{}", prefix, sha256(content).substr(0, name_hash_length));
}

bool is_hashed_name(std::string_view name, std::string_view prefix) {
  const auto length = prefix.size() + 1;
  return name.starts_with(prefix) && name.size() == length + name_hash_length &&
         name[prefix.size()] == '-' &&
         name.find_first_not_of("0123456789abcdef", length) == std::string_view::npos;
}

fs::path marker_of(const fs::path& folder) {
  return folder / "complete";
}

Making::Making(fs::path folder, fs::path log, const host::Folders& folders, process::Guard& guard,
               const Clock& clock)
    : folder_(std::move(folder)),
      log_(std::move(log)),
      folders_(&folders),
      guard_(&guard),
      clock_(&clock),
      deadline_(clock.now() + longest_making) {}

Making::~Making() {
  process_.reset();
  std::error_code ignored;
  if (lock_) fs::remove_all(temporary(), ignored);
  if (!mine_ || !lock_) return;
  fs::remove_all(folder_, ignored);
}

Result<bool> Making::take_lock() {
  if (const auto made = folders_->make_shared_folder(folder_.parent_path()); !made)
    return std::unexpected(made.error());
  const auto path = folder_.string() + ".lock";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("cannot write " + path, errno);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) lock_ = std::move(fd);
  return static_cast<bool>(lock_);
}

Result<> Making::begin() {
  std::error_code error;
  fs::remove(log_, error);
  fs::remove_all(temporary(), error);
  fs::remove_all(folder_, error);
  if (error) return fail_errno("cannot remove " + folder_.string(), error.value());
  if (const auto made = folders_->make_service_folder(folder_); !made) return made;
  mine_ = true;
  return folders_->make_service_folder(temporary());
}

Result<> Making::start(std::vector<std::string> argv, std::vector<std::string> environment,
                       const fs::path& in) {
  process::Command command;
  command.argv = std::move(argv);
  command.environment = std::move(environment);
  command.folder = in;
  command.log = log_;
  command.user = folders_->service_user();
  auto process = process::Process::start(command, *guard_);
  if (!process) return std::unexpected(process.error());
  process_.emplace(std::move(*process));
  return {};
}

Result<> Making::finish(std::string_view marker) {
  if (const auto written = write_file(marker_of(folder_), marker); !written) return written;
  mine_ = false;
  return {};
}

void Making::remove_replaced(std::string_view prefix,
                             const std::function<bool(std::string_view)>& replaced) const {
  std::error_code error;
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder_.parent_path(), error))
    folders.push_back(entry.path());
  for (const auto& folder : folders) {
    if (folder == folder_ || !is_hashed_name(folder.filename().string(), prefix)) continue;
    const auto marker = read_file(marker_of(folder));
    if (marker && !replaced(*marker)) continue;
    const fs::path path = folder.string() + ".lock";
    const UniqueFd lock(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (lock && flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    fs::remove_all(folder, error);
    fs::remove(path, error);
  }
}

std::string Making::words() const {
  constexpr std::size_t end = 64 << 10;
  return without_credentials(read_tail(log_, end));
}

Result<fs::path> cache_for_builds(const host::Folders& folders) {
  // One of an earlier unrig is root's, and the service user cannot write there.
  auto cache = folders.services() / (folders.service_user() ? "cache-unrig" : "cache");
  if (const auto made = folders.make_service_folder(cache); !made)
    return std::unexpected(made.error());
  return cache;
}

Error making_failed(const Making& making, std::string_view what, std::string_view why,
                    const std::string& advice) {
  constexpr std::size_t shown = 20;
  return {ErrorKind::environment,
          fmt::format("{}: {}; the last lines:\n{}", what, why,
                      printable(trim(last_lines(making.words(), shown)))),
          advice.empty() ? fmt::format("the log is {}", printable(making.log().string())) : advice};
}

}  // namespace unrig::runtime
