/// \file
/// The two routes there are: /test, and everything else. Boost.Beast's messages; no socket.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <exception>
#include <optional>
#include <string_view>

#include "reading.h"
#include "row.h"

namespace application {

using Request = boost::beast::http::request<boost::beast::http::string_body>;
using Response = boost::beast::http::response<boost::beast::http::string_body>;

/// What a request for /test says of the row.
struct Asked {
  std::optional<std::string_view> a;  ///< a part of the request; none: any row
};
/// Nothing where it is not /test that is asked for.
[[nodiscard]] std::optional<Asked> asked_in(const Request& request);

/// \name Answers
/// To HEAD with the head that GET would have had.
/// @{
[[nodiscard]] Response found(const Request& request, const Row& row);
[[nodiscard]] Response not_found(const Request& request);
/// Says in the log what failed, as other frameworks do with an exception.
[[nodiscard]] Response failed(const Request& request, const std::exception& error);
/// @}

/// For models in which waiting is a call that comes back when it is over: `model.wait(reading,
/// what)`.
template <typename Model>
Response respond(Model& model, const Request& request) {
  const auto asked = asked_in(request);
  if (!asked) return not_found(request);
  try {
    Reading<Model> reading(model, key(asked->a));
    for (Wait what = reading.go_on(); what != Wait::nothing; what = reading.go_on())
      model.wait(reading, what);
    return found(request, reading.row());
  } catch (const std::exception& error) {
    return failed(request, error);
  }
}

}  // namespace application
