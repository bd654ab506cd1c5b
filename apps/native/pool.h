/// \file
/// The connections that requests share. It asks the database nothing: no ping, no reset.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace application {

/// Of a pool that one thread uses.
struct NoMutex {
  void lock() {}
  void unlock() {}
};

/// At most `size` links to the database, opened when first needed, the last used one first. `Model`
/// has
///   - `Link`, a connection with what the model needs to wait for it;
///   - `Signal`, whose set() wakes up who waits for it, now or later;
///   - `Mutex`, which decides from how many threads the pool can be used.
template <typename Model>
class Pool {
 public:
  using Link = typename Model::Link;
  using Signal = typename Model::Signal;

  explicit Pool(std::size_t size) : free_(size) {}

  /// Whether a place was free, which now is the caller's. Where none was, the signal is set as soon
  /// as one is; callers get them in the order in which they came. The signal must live until the
  /// next call for that place.
  [[nodiscard]] bool take_place(Signal& signal) {
    const std::lock_guard lock(mutex_);
    if (free_ > 0) {
      --free_;
      return true;
    }
    waiting_.push_back(&signal);
    return false;
  }

  /// For who has a place. Null: a link has to be opened.
  [[nodiscard]] std::unique_ptr<Link> take_idle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    auto link = std::move(idle_.back());
    idle_.pop_back();
    return link;
  }

  /// Ends the use of a place. Null: the link that was used is of no more use.
  void leave_place(std::unique_ptr<Link> link) {
    const std::lock_guard lock(mutex_);
    if (link) idle_.push_back(std::move(link));
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    // Inside the lock: who wakes up takes it before it lets its signal go.
    waiting_.front()->set();
    waiting_.pop_front();
  }

 private:
  typename Model::Mutex mutex_;
  std::size_t free_;
  std::vector<std::unique_ptr<Link>> idle_;
  std::deque<Signal*> waiting_;
};

}  // namespace application
