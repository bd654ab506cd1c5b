#include "host/threads.h"

#include <algorithm>
#include <string>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

namespace unrig::host {

std::optional<ThreadTime> parse_schedstat(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const auto words = split(text, ' ');
  if (words.size() != 3) return std::nullopt;
  const auto ran = to_number<std::int64_t>(words[0]);
  const auto waited = to_number<std::int64_t>(words[1]);
  const auto scheduled = to_number<std::uint64_t>(words[2]);
  if (!ran || !waited || !scheduled) return std::nullopt;
  return ThreadTime{.ran = Duration(*ran), .waited = Duration(*waited), .scheduled = *scheduled};
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
      const auto thread = to_number<pid_t>(it->path().filename().string());
      if (!time || !thread) continue;
      // A kernel that does not count has zeros for everybody (CONFIG_SCHED_INFO).
      counts = counts || time->scheduled > 0;
      found[*thread] = *time;
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
    const Duration ran = now.ran - before.ran;
    const Duration waited = std::max(now.waited - before.waited, Duration(0));
    use.waited += waited;
    use.scheduled += now.scheduled - before.scheduled;
    if (ran <= use.most) continue;
    use.most = ran;
    use.most_waited = waited;
  }
  return use;
}

}  // namespace unrig::host
