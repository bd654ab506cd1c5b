/// \file
/// Tells a watching thread how a run goes, without slowing the measuring one.
#pragma once

#include <optional>
#include <vector>

#include "load/load.h"

namespace unrig::load {

/// Adds what one measuring thread has counted to LiveCounts that others read, ten times a second.
class Publisher {
 public:
  explicit Publisher(LiveCounts* live)
      : live_(live), responses_(live != nullptr ? LiveCounts::slot_count : 0) {}

  void completed(Duration response) {
    if (live_ == nullptr) return;
    ++completed_;
    ++responses_[LiveCounts::slot_of(response)];
  }
  void failed() { ++failed_; }
  void turn(Instant now) {
    if (live_ != nullptr && now >= next_) publish(now);
  }
  void publish(Instant now);

 private:
  LiveCounts* live_;
  Instant next_;
  // Not yet published.
  std::uint64_t completed_ = 0;
  std::uint64_t failed_ = 0;
  std::vector<std::uint32_t> responses_;
};

}  // namespace unrig::load
