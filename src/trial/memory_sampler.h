/// \file
/// How much memory each component has.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>

#include "host/usage.h"
#include "record/signals.h"
#include "trial/lives.h"

namespace unrig::trial {

class MemorySampler {
 public:
  /// Of all processes below this one, as host::memory_of() has it, and of unrig alone.
  using Read = std::function<std::optional<std::int64_t>(pid_t root)>;
  using ReadOwn = std::function<std::optional<std::int64_t>()>;

  MemorySampler(Read read, ReadOwn own) : read_(std::move(read)), own_(std::move(own)) {}
  /// Tens of milliseconds where there are many processes: not under the load.
  void look(std::span<const Part> parts);
  void write(record::Signals& signals) const;

 private:
  Read read_;
  ReadOwn own_;
  std::map<record::Component, std::optional<std::int64_t>> found_;
};

}  // namespace unrig::trial
