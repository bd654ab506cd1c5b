#include "load/publisher.h"

namespace unrig::load {

void Publisher::publish(Instant now, const Counts& counts) {
  if (progress_ == nullptr) return;
  next_ = now + std::chrono::milliseconds(100);
  const std::uint64_t failed = counts.failed();
  progress_->completed.fetch_add(counts.completed - completed_, std::memory_order_relaxed);
  progress_->failed.fetch_add(failed - failed_, std::memory_order_relaxed);
  completed_ = counts.completed;
  failed_ = failed;
}

}  // namespace unrig::load
