/// \file
/// Whether the parts of the chain lived through a trial: the same processes at its end as at its
/// beginning, none of them stopped in between, none held back. Reads through functions that are
/// passed in.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "host/groups.h"
#include "process/tree.h"

namespace unrig::trial {

/// How often this program has gone on after somebody had stopped it, until now. Empty: nobody
/// counts.
using TimesResumed = std::function<std::uint64_t()>;

/// Something that befell a part of the chain, or unrig, while it was measured.
struct Mishap {
  std::string reason;              ///< names the part and the cause
  std::set<std::string> who = {};  ///< "the pooler", "the load generator"; empty: unrig itself
  /// Not the doing of the stack that is measured: worth another try.
  bool from_outside = true;
};

/// A part of the chain and those of its processes that are to live.
struct Part {
  std::string name;  ///< "proxy", "app", "pooler", "database"
  pid_t root = -1;   ///< its first process
  std::vector<process::Entry> members;
};

/// Processes of a part that come and go belong to it without having to live; so `members` is taken
/// while it is at rest.
class Lives {
 public:
  using Read = std::function<std::optional<process::Entry>(pid_t)>;

  explicit Lives(std::vector<Part> parts);

  /// Looks at members, at all of them where they are few, else at the next ones in turn.
  void look(Instant now, const Read& read);
  /// Looks at all of them for the last time. `members`: those that the part has now.
  void end(Instant now, const Read& read,
           const std::function<std::vector<process::Entry>(const Part&)>& members);

  /// Those that ended, with whether others took their place, and those that were stopped. One each
  /// per part. Call after end().
  [[nodiscard]] std::vector<Mishap> mishaps() const;
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }

 private:
  struct Seen {
    std::size_t part = 0;
    process::Entry entry;
    bool ended = false;
    std::optional<Instant> stopped_since;
    Duration stopped{0};  ///< between the first and the last look that saw it so
  };
  void look_at(Seen& seen, Instant now, const Read& read);

  std::vector<Part> parts_;
  std::vector<Seen> all_;
  std::size_t next_ = 0;
  std::vector<int> newcomers_;  ///< by part
};

/// Whether CPU quotas or freezers of control groups held the chain or unrig.
class Holds {
 public:
  using ReadThrottling =
      std::function<std::optional<host::Throttling>(const std::filesystem::path&)>;

  /// The groups that hold a process of `who` ("the pooler") at this moment.
  void look(const std::string& who, const std::vector<std::filesystem::path>& groups,
            const ReadThrottling& read);
  void not_readable(const std::string& who, std::string why);
  /// A freezer holds it at this moment.
  void frozen(const std::string& who, const std::filesystem::path& group);

  /// Of the group that was held longest, since it was first looked at. Empty: none could be read.
  [[nodiscard]] std::optional<Duration> longest() const;
  /// Why something could not be read; "" where everything was.
  [[nodiscard]] const std::string& unreadable() const { return unreadable_; }
  /// One for each group that was held for more than `share` of `length`, and for each frozen part.
  [[nodiscard]] std::vector<Mishap> mishaps(Duration length, double share) const;

 private:
  struct Group {
    host::Throttling first, last;
    std::set<std::string> who;
  };
  std::map<std::filesystem::path, Group> groups_;
  std::map<std::string, std::filesystem::path> frozen_;
  std::string unreadable_;
};

}  // namespace unrig::trial
