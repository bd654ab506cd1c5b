/// \file
/// What is changed to see whether a suspect limits a cell: more of it, or where there can be no
/// more of it, less. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "record/record.h"

namespace unrig::plan {

/// So much more of what is enlarged, before it is rounded up to a whole number.
inline constexpr double enlarged = 1.25;
/// So much is left of what is slowed.
inline constexpr double slowed = 0.8;

/// The change that puts `suspect` (one of record::limiter_names) to the test in a cell of which
/// `seen` is a trial with its conditions. Where there is none, not_checked says why. Whether this
/// machine and the stack allow it is not known here.
[[nodiscard]] record::Perturbation perturbation(const record::Manifest& manifest,
                                                const record::Cell& cell, const record::Trial& seen,
                                                std::string_view suspect);

/// ln of by how much the change enlarges what the throughput would follow: below 0 where it slows.
/// Of a delay it is the inverse. There has to be a knob.
[[nodiscard]] double log_change(const record::Perturbation& change);

/// Cells whose limiters are put to the test, by their place in the manifest: those that somebody
/// asked for, and the settings of a grid.
[[nodiscard]] std::vector<std::size_t> cells_to_confirm(const record::Manifest& manifest);

/// \name Places of everything that has trials
/// The manifest's cells, and after them its perturbations.
/// @{
[[nodiscard]] std::size_t places(const record::Manifest& manifest);
[[nodiscard]] const std::string& label_at(const record::Manifest& manifest, std::size_t place);
/// Place of what is measured unchanged: of a cell its own.
[[nodiscard]] std::size_t unchanged(const record::Manifest& manifest, std::size_t place);
/// The cell as a bench measures it.
[[nodiscard]] record::Cell cell_at(const record::Manifest& manifest, std::size_t place);
/// Why it is not measured: the cell's failure, or that of its perturbation. Empty: it is.
[[nodiscard]] std::string& failure_at(record::Manifest& manifest, std::size_t place);
[[nodiscard]] const std::string& failure_at(const record::Manifest& manifest, std::size_t place);
/// @}

}  // namespace unrig::plan
