/// \file
/// How many connections wait to be accepted, where the parts of the chain listen.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "host/endpoint.h"
#include "host/sockets.h"
#include "record/signals.h"

namespace unrig::trial {

class BacklogSampler {
 public:
  /// The queue there now; empty: nobody listens, or the kernel does not tell.
  using Read = std::function<std::optional<host::ListenQueue>(const host::Endpoint&)>;

  /// `at`: where the components listen; one that is left out is not in it.
  BacklogSampler(std::map<record::Component, host::Endpoint> at, Read read)
      : at_(std::move(at)), read_(std::move(read)) {}

  void look();
  /// Of the components that are in `signals`.
  void write(record::Signals& signals) const;

 private:
  struct Seen {
    int looks = 0;
    double sum = 0;
    std::uint64_t most = 0;
    std::uint64_t limit = 0;
  };
  std::map<record::Component, host::Endpoint> at_;
  Read read_;
  std::map<record::Component, Seen> seen_;
};

/// Of this machine.
[[nodiscard]] std::optional<host::ListenQueue> listen_queue_at(const host::Endpoint& endpoint);

}  // namespace unrig::trial
