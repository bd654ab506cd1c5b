/// \file
/// Several things that are made at a time, with progress. Inside this module only.
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/runtime.h"

namespace unrig::runtime {

/// Tells when something has changed, and ten times a second.
class Teller {
 public:
  Teller(const TellBuilding& tell, const Clock& clock) : tell_(tell), clock_(clock) {}
  void look(const BuildProgress& now) {
    constexpr auto pause = std::chrono::milliseconds(100);
    if (!tell_ || (now.done == done_ && clock_.now() < next_)) return;
    next_ = clock_.now() + pause;
    done_ = now.done;
    tell_(now);
  }

 private:
  const TellBuilding& tell_;
  const Clock& clock_;
  Instant next_{};
  std::size_t done_ = 0;
};

/// Whether something can be begun.
enum class Turn {
  now,
  later,
  never,  ///< whoever says so has noted why
};

/// Makes all that is named, as many at a time as there are cores, two at least. A Work has
/// advance(), which goes on as far as it can without waiting and gives the result when it is over,
/// and doing(), for people. `turn` is asked again until it is not `later`; `ended` is told the name
/// and the result of each that was begun.
template <class Name, class Work>
struct Works {
  std::function<Turn(const Name&)> turn;
  std::function<Work(const Name&)> begin;
  std::function<void(const Name&, const Result<>&)> ended;

  void make(std::vector<Name> waiting, const TellBuilding& tell, const Clock& clock) const {
    struct Running {
      Name name;
      Work work;
    };
    const std::size_t at_once = std::max(2U, std::thread::hardware_concurrency());
    const std::size_t all = waiting.size();
    std::list<Running> running;
    Teller teller(tell, clock);
    while (!waiting.empty() || !running.empty()) {
      std::erase_if(waiting, [&](const Name& name) {
        const Turn now = turn(name);
        if (now != Turn::now) return now == Turn::never;
        if (running.size() >= at_once) return false;
        running.push_back({name, begin(name)});
        return true;
      });
      std::erase_if(running, [&](Running& each) {
        const auto result = each.work.advance();
        if (result) ended(each.name, *result);
        return result.has_value();
      });
      BuildProgress told{.done = all - waiting.size() - running.size(), .of = all};
      for (const auto& each : running) told.under_way.push_back(each.work.doing());
      teller.look(told);
      clock.sleep_for(std::chrono::milliseconds(10));
    }
  }
};

}  // namespace unrig::runtime
