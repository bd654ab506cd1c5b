/// \file
/// The points of the contract that the bytes between client and application show: what the server
/// did goes in, points come out. Pure. docs/application.md says for each what is demanded, and why
/// not more.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/raw_client.h"
#include "base/units.h"
#include "chain/ask.h"
#include "chain/row.h"
#include "record/check.h"

namespace unrig::audit {

inline constexpr std::size_t most_head_bytes = 256;  ///< status line, fields and empty line

/// \name What was done with requests
/// @{
struct Elsewhere {
  std::string path;
  RawAnswer answer;
};
/// A request that was sent in pieces.
struct Cut {
  std::size_t after = 0;  ///< bytes of the first of two pieces; 0: each byte was a piece
  bool early = false;     ///< something came before all of it was sent
  RawAnswer answer;
};
/// Requests that were sent in one piece.
struct Pipelined {
  std::size_t asked = 0;
  std::vector<RawAnswer> answers;  ///< the complete ones, in their order
  RawAnswer unfinished = {};       ///< where there are fewer than were asked for: what came instead
};
struct Kept {
  RawAnswer first;
  std::optional<RawAnswer> second;  ///< asked for where the first says that the connection stays
  ConnectionEnd end = ConnectionEnd::open;  ///< of the connection where it says that it does not
};
/// A request with "Connection: close".
struct LastOne {
  RawAnswer answer;
  ConnectionEnd end = ConnectionEnd::open;
};
struct ToHead {
  RawAnswer answer;
  std::string surplus;  ///< that came behind its head
};
struct HttpSeen {
  std::string request;             ///< the bytes of one that may keep its connection
  std::vector<RawAnswer> plain;    ///< each on a connection of its own
  std::vector<RawAnswer> in_turn;  ///< on one connection; empty where the server keeps none
  std::vector<Elsewhere> elsewhere;
  std::vector<Cut> cuts;
  // Not set: not asked for, because nothing is answered at all, or somebody stopped the check.
  std::optional<Pipelined> pipelined = {};
  std::optional<Kept> kept = {};
  std::optional<LastOne> last_one = {};
  std::optional<ToHead> to_head = {};
};
/// @}

/// Where the first byte of a body is that no right answer has there. Empty where it is right.
[[nodiscard]] std::optional<std::size_t> first_wrong_byte(std::string_view body,
                                                          const chain::RowRule& rule);

/// \name Each of these is one row of the contract; `rule`: of the rows that are answered
/// @{
[[nodiscard]] record::Point status_point(std::span<const RawAnswer> answers);
[[nodiscard]] record::Point body_point(std::span<const RawAnswer> answers,
                                       const chain::RowRule& rule);
[[nodiscard]] record::Point type_point(std::span<const RawAnswer> answers);
[[nodiscard]] record::Point length_point(std::span<const RawAnswer> answers);
[[nodiscard]] record::Point headers_point(std::span<const RawAnswer> answers);
[[nodiscard]] record::Point row_point(std::span<const RawAnswer> answers);
[[nodiscard]] record::Point elsewhere_point(std::span<const Elsewhere> asked);
[[nodiscard]] record::Point cuts_point(std::string_view request, std::span<const Cut> cuts,
                                       const chain::RowRule& rule);
[[nodiscard]] record::Point pipelined_point(const std::optional<Pipelined>& asked,
                                            const chain::RowRule& rule);
[[nodiscard]] record::Point kept_point(const std::optional<Kept>& asked,
                                       const chain::RowRule& rule);
[[nodiscard]] record::Point last_one_point(const std::optional<LastOne>& asked,
                                           const chain::RowRule& rule);
[[nodiscard]] record::Point to_head_point(const std::optional<ToHead>& asked);
/// Only recorded: whether head and body come apart, and how long. `in_turn`: of one connection.
[[nodiscard]] record::Point apart_point(std::span<const RawAnswer> plain,
                                        std::span<const RawAnswer> in_turn);
/// Of requests that name their rows (Reply::key), all under way at once.
[[nodiscard]] record::Point named_row_point(std::span<const chain::Reply> replies,
                                            const chain::RowRule& rule);
/// Of many under way at once.
[[nodiscard]] record::Point at_once_point(std::span<const chain::Reply> replies,
                                          const chain::RowRule& rule);
/// @}

/// How long after its head the bodies of those answers came that came apart, the middle one. Empty
/// where fewer than a quarter did.
[[nodiscard]] std::optional<Duration> head_to_body(std::span<const RawAnswer> answers);

/// All of them but the last one, and the figures that go with them.
void judge(const HttpSeen& seen, const chain::RowRule& rule, record::CheckedStack& stack);

}  // namespace unrig::audit
