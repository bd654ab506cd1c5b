#include "host/threads.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "base/file.h"
#include "base/text.h"

namespace unrig::host {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<ThreadTime> parse_schedstat(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const auto words = split(text, ' ');
  if (words.size() != 3) return std::nullopt;
  const auto ran = number(words[0]);
  const auto waited = number(words[1]);
  const auto scheduled = number(words[2]);
  if (!ran || !waited || !scheduled) return std::nullopt;
  return ThreadTime{.ran = Duration(static_cast<std::int64_t>(*ran)),
                    .waited = Duration(static_cast<std::int64_t>(*waited)),
                    .scheduled = *scheduled};
}

std::optional<Threads> threads_of(std::span<const pid_t> processes,
                                  const std::filesystem::path& proc) {
  Threads found;
  bool counts = false;
  for (const pid_t process : processes) {
    std::error_code error;
    const auto tasks = proc / std::to_string(process) / "task";
    for (std::filesystem::directory_iterator it(tasks, error), end; !error && it != end;
         it.increment(error)) {
      const auto text = read_file((it->path() / "schedstat").string());
      const auto time = text ? parse_schedstat(*text) : std::nullopt;
      const auto thread = number(it->path().filename().string());
      if (!time || !thread) continue;
      // A kernel that does not count has zeros for everybody (CONFIG_SCHED_INFO).
      counts = counts || time->scheduled > 0;
      found[static_cast<pid_t>(*thread)] = *time;
    }
  }
  return counts ? std::optional(std::move(found)) : std::nullopt;
}

ThreadsUse use_between(const Threads& first, const Threads& last) {
  ThreadsUse use;
  for (const auto& [thread, now] : last) {
    const auto known = first.find(thread);
    // Another thread may have got the number of one that has ended.
    const bool same = known != first.end() && known->second.scheduled <= now.scheduled;
    const ThreadTime before = same ? known->second : ThreadTime{};
    use.waited += std::max(now.waited - before.waited, Duration(0));
    use.scheduled += now.scheduled - before.scheduled;
    use.most = std::max(use.most, now.ran - before.ran);
  }
  return use;
}

}  // namespace unrig::host
