/// \file
/// Whether the parts of the chain lived through a trial: the same processes at its end as at its
/// beginning, none of them stopped or moved in between. Reads through functions that are passed in.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "host/standing.h"
#include "process/tree.h"
#include "record/signals.h"

namespace unrig::trial {

/// A part of the chain and those of its processes that are to live.
struct Part {
  record::Component component = record::Component::app;
  pid_t root = -1;  ///< its first process
  std::vector<process::Entry> members = {};
  /// On which cores unrig has put it, and how willingly it runs. Not set: it may put itself
  /// elsewhere, or nobody knows.
  std::optional<host::Standing> given = {};
};

/// "the proxy", "the load generator": as sentences name it.
[[nodiscard]] std::string name_in_text(record::Component component);

/// Processes of a part that come and go belong to it without having to live; so `members` is taken
/// while it is at rest.
class Lives {
 public:
  using Read = std::function<std::optional<process::Entry>(pid_t)>;
  using Members = std::function<std::vector<process::Entry>(const Part&)>;
  using Stand = std::function<std::optional<host::Standing>(pid_t)>;

  /// `members` are those that a part has when it is asked. `stand`: of unrig itself, too; without
  /// it nobody is seen to be moved.
  Lives(std::vector<Part> parts, Read read, Members members, Stand stand = {});

  /// Looks at members, at all of them where they are few, else at the next ones in turn.
  void look(Instant now);
  /// Looks at all of them for the last time.
  void end(Instant now);

  /// Those that ended, with whether others took their place, those that were stopped, and those
  /// that were moved. One each per part. Call after end().
  [[nodiscard]] std::vector<record::Mishap> mishaps() const;
  /// False where it is not known of some part where unrig has put it; the application may go where
  /// it likes.
  [[nodiscard]] bool knows_places() const;
  /// Whether a part was moved: it stays where it was moved to. Call after end().
  [[nodiscard]] bool moved() const;
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
    std::optional<host::Standing> moved_to;
  };
  void look_at(Seen& seen, Instant now);
  void look_at_unrig();

  std::vector<Part> parts_;
  Read read_;
  Members members_;
  Stand stand_;
  std::optional<host::Standing> own_, own_moved_to_;  ///< of unrig itself
  std::vector<Seen> all_;
  std::size_t next_ = 0;
  std::vector<int> newcomers_;  ///< by part
};

}  // namespace unrig::trial
