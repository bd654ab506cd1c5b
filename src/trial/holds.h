/// \file
/// Whether CPU quotas or freezers of control groups held the chain or unrig. Reads through
/// functions that are passed in.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "chain/cpu_groups.h"
#include "host/groups.h"
#include "record/record.h"
#include "trial/lives.h"

namespace unrig::trial {

// Of the window, summed over the cores: for longer, and the trial does not count.
inline constexpr double throttled_limit = 0.01;

/// How control groups are looked at.
struct GroupReads {
  /// As ControlGroups::holding() has it.
  std::function<Result<std::vector<std::filesystem::path>>(pid_t, std::string_view controller)>
      holding;
  std::function<bool(pid_t)> is_there;
  std::function<std::optional<host::Throttling>(const std::filesystem::path&)> throttling;
  std::function<bool(const std::filesystem::path&)> is_frozen;
};
[[nodiscard]] GroupReads groups_of_this_machine();

class Holds {
 public:
  /// `own`: the groups of the run's own quotas, in which the parts are to stay.
  explicit Holds(GroupReads read, chain::GroupFolders own = {})
      : read_(std::move(read)), own_(std::move(own)) {}

  /// At unrig itself, and at the first process of each part and some others.
  void look(std::span<const Part> parts);

  /// Of the group that was held longest, since it was first looked at, the run's own ones left out.
  /// Empty: none could be read.
  [[nodiscard]] std::optional<Duration> longest() const;
  /// Why something could not be read; "" where everything was.
  [[nodiscard]] const std::string& unreadable() const { return unreadable_; }
  /// How long each component that is in `signals` was held back, and how often the run's own quotas
  /// were used up.
  void write(record::Signals& signals) const;
  /// One for each group that was held for more than throttled_limit of `length`, the run's own ones
  /// left out, for each frozen part, and for each that has left its own group.
  [[nodiscard]] std::vector<record::Mishap> mishaps(Duration length) const;

 private:
  struct Group {
    host::Throttling first, last;
    std::set<record::Component> who;
  };
  void look_at(record::Component who, pid_t process);
  [[nodiscard]] bool is_own(const std::filesystem::path& group) const;
  /// Share of the periods of that group's quota; empty: there is no such group.
  [[nodiscard]] record::Reading<double> used_up(const std::filesystem::path& group) const;
  void not_readable(record::Component who, const std::string& why);

  GroupReads read_;
  chain::GroupFolders own_;
  std::map<record::Component, std::filesystem::path> left_;  ///< where it is instead
  std::map<std::filesystem::path, Group> groups_;
  std::map<record::Component, std::filesystem::path> frozen_;
  std::map<record::Component, std::string> why_not_;
  std::string unreadable_;
};

/// For how long a quota held somebody back, with what of it could not be read.
void fill_throttled(record::Trial& trial, const Holds& holds);

}  // namespace unrig::trial
