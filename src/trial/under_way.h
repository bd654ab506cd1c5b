/// \file
/// Where the requests of a trial were, by Little's law: the mean number at a place is the rate at
/// which they come there times the mean time that each stays. Pure.
#pragma once

#include <optional>
#include <string>

#include "record/record.h"

namespace unrig::trial {

/// From the trial's throughput, service time, signals and conditions, which must be set. Of a
/// server that is not seen, or not looked at, only `all` is.
[[nodiscard]] record::UnderWay under_way(const record::Trial& trial);

/// Of all of them, those that waited for something to become free, as far as that was seen: in a
/// listen queue, for a session, or elsewhere. Not set: it is not known how many were under way.
[[nodiscard]] std::optional<double> waiting(const record::UnderWay& where);

/// "100 requests under way: 50 asleep in the query, 41 in the application's listen queue, …", the
/// most first; "" where not even their number is known.
[[nodiscard]] std::string in_words(const record::UnderWay& where);

}  // namespace unrig::trial
