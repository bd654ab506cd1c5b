/// \file
/// From a token of JSON to a value. Inside this module only.
#pragma once

#include <optional>

#include "http/expect.h"
#include "http/json_reader.h"

namespace unrig::http {

/// Nothing for a token that is no value by itself: an object, a list, a name, an end.
[[nodiscard]] std::optional<Value> value_of(const JsonToken& token);

}  // namespace unrig::http
