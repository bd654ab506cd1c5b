/// \file
/// Whether the parts of the chain lived through a trial: the same processes at its end as at its
/// beginning, none of them stopped in between. Reads through functions that are passed in.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "process/tree.h"
#include "record/signals.h"

namespace unrig::trial {

/// A part of the chain and those of its processes that are to live.
struct Part {
  record::Component component = record::Component::app;
  pid_t root = -1;  ///< its first process
  std::vector<process::Entry> members = {};
};

/// "the proxy", "the load generator": as sentences name it.
[[nodiscard]] std::string name_in_text(record::Component component);

/// Processes of a part that come and go belong to it without having to live; so `members` is taken
/// while it is at rest.
class Lives {
 public:
  using Read = std::function<std::optional<process::Entry>(pid_t)>;
  using Members = std::function<std::vector<process::Entry>(const Part&)>;

  /// `members` are those that a part has when it is asked.
  Lives(std::vector<Part> parts, Read read, Members members);

  /// Looks at members, at all of them where they are few, else at the next ones in turn.
  void look(Instant now);
  /// Looks at all of them for the last time.
  void end(Instant now);

  /// Those that ended, with whether others took their place, and those that were stopped. One each
  /// per part. Call after end().
  [[nodiscard]] std::vector<record::Mishap> mishaps() const;
  /// False where /proc shows none of the processes of some part.
  [[nodiscard]] bool sees_all() const;
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }

 private:
  struct Seen {
    std::size_t part = 0;
    process::Entry entry;
    bool ended = false;
    std::optional<Instant> stopped_since;
    Duration stopped{0};  ///< between the first and the last look that saw it so
  };
  void look_at(Seen& seen, Instant now);

  std::vector<Part> parts_;
  Read read_;
  Members members_;
  std::vector<Seen> all_;
  std::size_t next_ = 0;
  std::vector<int> newcomers_;  ///< by part
};

}  // namespace unrig::trial
