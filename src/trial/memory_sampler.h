/// \file
/// How much memory each component has, and by how much the application's grows.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "host/usage.h"
#include "record/signals.h"
#include "trial/lives.h"

namespace unrig::trial {

class MemorySampler {
 public:
  /// Of all processes below this one, as host::memory_of() has it, and of unrig alone.
  using Read = std::function<std::optional<std::int64_t>(pid_t root)>;
  using ReadOwn = std::function<std::optional<std::int64_t>()>;
  /// Of each process of the application, as host::unbacked_memory_of() has it.
  using ReadGrowing = std::function<std::map<pid_t, std::int64_t>()>;

  MemorySampler(Read read, ReadOwn own, ReadGrowing growing)
      : read_(std::move(read)), own_(std::move(own)), growing_(std::move(growing)) {}
  /// Three times: when the window begins, when half of it is over, and when it ends. Some 100 us.
  void look_at_growth() { growth_.push_back(growing_()); }
  /// Tens of milliseconds where there are many processes: not under the load.
  void look(std::span<const Part> parts);
  void write(record::Signals& signals) const;

 private:
  void write(record::GrowthSignals& growth) const;

  Read read_;
  ReadOwn own_;
  ReadGrowing growing_;
  std::map<record::Component, std::optional<std::int64_t>> found_;
  std::vector<std::map<pid_t, std::int64_t>> growth_;  ///< by process, of each look
};

}  // namespace unrig::trial
