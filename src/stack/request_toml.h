/// \file
/// Reads the table `[request]` of a stack.toml.
#pragma once

#include <toml++/toml.h>
#include <cstddef>
#include <filesystem>

#include "base/result.h"
#include "stack/request.h"

namespace unrig::stack {

/// A longer body is one that a proxy writes to its disk (nginx, client_body_buffer_size).
inline constexpr std::size_t longest_request_body = 8 << 10;
/// Path and headers: a proxy refuses a longer line (nginx, large_client_header_buffers).
inline constexpr std::size_t longest_request_head = 8 << 10;

/// `table` is what stands in `[request]`, in `file`: method, path, headers, body and expect, of
/// which only the path is needed. Error: usage, with file, line and column.
[[nodiscard]] Result<OwnRequest> read_request(const std::filesystem::path& file,
                                              const toml::table& table);

}  // namespace unrig::stack
