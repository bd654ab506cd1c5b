/// \file
/// Records as JSON text, for the store. Apart from json.h, so that who only keeps records does not
/// compile a JSON library.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "record/record.h"

namespace unrig::record {

/// Without line ends; broken UTF-8 inside is replaced.
[[nodiscard]] std::string json_text(const Trial& trial);
[[nodiscard]] std::string json_text(const Manifest& manifest);

/// Keys that are not known are passed over. Error: internal, when the text is not such a record,
/// with the key that is wrong: "of a stored trial, window.seconds is no number".
[[nodiscard]] Result<Trial> trial_from_json(std::string_view text);
[[nodiscard]] Result<Manifest> manifest_from_json(std::string_view text);

}  // namespace unrig::record
