/// \file
/// Connections on which half of a request was sent: whoever takes one has to hold it, whatever it
/// does with whole requests, for as long as it takes to look.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "host/endpoint.h"
#include "http/response_parser.h"

namespace unrig::audit {

class HalfRequests {
 public:
  /// `request`: the bytes of a whole one. `clock` must outlive it.
  HalfRequests(host::Endpoint at, std::string request, const Clock& clock)
      : at_(std::move(at)), request_(std::move(request)), clock_(clock) {}
  HalfRequests(const HalfRequests&) = delete;
  HalfRequests& operator=(const HalfRequests&) = delete;
  ~HalfRequests() = default;  ///< closes them

  /// So many more. Error: environment: one could not be opened.
  [[nodiscard]] Result<> open(int count);
  [[nodiscard]] std::size_t size() const { return open_.size(); }
  /// Sends the other halves and reads the answers, so that nobody finds a request broken off; gives
  /// up after the limit.
  void finish(Duration limit);

 private:
  [[nodiscard]] std::size_t half() const { return request_.size() / 2; }

  host::Endpoint at_;
  std::string request_;
  const Clock& clock_;
  struct Half {
    UniqueFd fd;
    http::ResponseParser parser = {};
  };
  std::vector<Half> open_;
};

}  // namespace unrig::audit
