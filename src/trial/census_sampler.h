/// \file
/// How many processes, threads and kept connections the application server has under the load.
#pragma once

#include <array>
#include <functional>
#include <optional>

#include "record/signals.h"

namespace unrig::trial {

class CensusSampler {
 public:
  struct Look {
    int processes = 0;  ///< 0: they could not be seen
    int threads = 0;
    std::optional<int> connections = {};  ///< of the process that holds most
    std::optional<int> serving = {};      ///< that hold connections of clients
  };
  /// Well below a millisecond for ten processes.
  using Read = std::function<Look()>;

  explicit CensusSampler(Read read) : read_(std::move(read)) {}

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

  Read read_;
  Most processes_, threads_, connections_, serving_;
};

}  // namespace unrig::trial
