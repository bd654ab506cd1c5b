/// \file
/// How many processes, threads and kept connections the application server has under the load, and
/// which of its processes do the work.
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "record/signals.h"

namespace unrig::trial {

class CensusSampler {
 public:
  struct Look {
    std::vector<pid_t> processes = {};  ///< none: they could not be seen
    int threads = 0;
    std::optional<int> connections = {};             ///< of the process that holds most
    std::optional<std::vector<pid_t>> serving = {};  ///< that hold connections of clients
    std::optional<std::vector<pid_t>> at_work = {};  ///< these, and who holds some to the pooler
    std::set<std::string> programs = {};             ///< that these run
  };
  /// Well below a millisecond for ten processes.
  using Read = std::function<Look()>;

  /// `not_serving`: why `serving` is never set; null: it is.
  explicit CensusSampler(Read read, const char* not_serving = nullptr)
      : read_(std::move(read)), not_serving_(not_serving) {}

  void look();
  void write(record::CensusSignals& census) const;

 private:
  /// The two largest of all looks: what only one look has seen was there for a moment.
  class Most {
   public:
    void see(int number);
    [[nodiscard]] record::Reading<int> seen_twice(const char* why_not) const;

   private:
    std::array<std::optional<int>, 2> largest_;
  };
  /// Whoever was seen in two looks. What lasts for moments only is missed by most looks, so that
  /// no single one has all of them.
  template <class Who>
  class Known {
   public:
    void see(const auto& now) {
      ++looks_;
      for (const Who& each : now) ++times_[each];
    }
    [[nodiscard]] bool can_tell() const { return looks_ >= looks_needed; }
    [[nodiscard]] bool knows(const Who& who) const {
      const auto found = times_.find(who);
      return found != times_.end() && found->second >= looks_needed;
    }
    [[nodiscard]] const std::map<Who, int>& times() const { return times_; }

   private:
    static constexpr int looks_needed = 2;
    int looks_ = 0;
    std::map<Who, int> times_;
  };
  /// The most of them that lived at one time: who has taken the place of another is no one more.
  struct Workforce {
    Known<pid_t> known = {};
    int most = 0;

    void see(const std::vector<pid_t>& now, const std::vector<pid_t>& living);
    [[nodiscard]] record::Reading<int> number(const char* why_not) const;
  };

  Read read_;
  const char* not_serving_;
  Most processes_, threads_, connections_;
  Workforce serving_, at_work_;
  Known<std::string> programs_;
};

}  // namespace unrig::trial
