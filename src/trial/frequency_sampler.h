/// \file
/// Whether the cores became faster or slower within the window.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "record/signals.h"

namespace unrig::trial {

class FrequencySampler {
 public:
  /// The frequency of the fastest core, MHz; empty where the machine does not tell.
  using Read = std::function<std::optional<double>()>;

  explicit FrequencySampler(Read read) : read_(std::move(read)) {}
  void look();
  void write(record::MachineSignals& machine) const;

 private:
  Read read_;
  std::vector<double> mhz_;
};

/// How the middle of the second half of the values differs from that of the first, relative. Empty
/// for fewer than four.
[[nodiscard]] std::optional<double> change_between_halves(std::vector<double> values);

}  // namespace unrig::trial
