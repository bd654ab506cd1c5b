/// \file
/// What the application's threads do, by the system calls in which they are found.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "host/doing.h"
#include "record/signals.h"

namespace unrig::trial {

class DoingSampler {
 public:
  struct Reads {
    std::function<std::size_t()> begin;  ///< how many threads there are, from now on by number
    std::function<std::optional<host::Doing>(std::size_t)> doing;
  };

  explicit DoingSampler(Reads reads) : reads_(std::move(reads)) {}

  /// Some milliseconds: before the window.
  void begin() { threads_ = reads_.begin(); }
  /// At all threads where they are few, else at the next ones in turn: a few microseconds each.
  void look();
  void write(record::DoingSignals& doing) const;

 private:
  Reads reads_;
  std::size_t threads_ = 0;
  std::size_t next_ = 0;
  std::array<std::uint64_t, host::doing_count> found_{};
};

}  // namespace unrig::trial
