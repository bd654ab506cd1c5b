/// \file
/// Tells a watching thread how a run goes, without slowing the measuring one.
#pragma once

#include "load/load.h"

namespace unrig::load {

/// Adds what one measuring thread has counted to a Progress that others read, ten times a second.
class Publisher {
 public:
  explicit Publisher(Progress* progress) : progress_(progress) {}

  void turn(Instant now, const Counts& counts) {
    if (progress_ != nullptr && now >= next_) publish(now, counts);
  }
  void publish(Instant now, const Counts& counts);

 private:
  Progress* progress_;
  Instant next_;
  std::uint64_t completed_ = 0;  // as published
  std::uint64_t failed_ = 0;
};

}  // namespace unrig::load
