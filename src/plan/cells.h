/// \file
/// Which cells a run has, made from those that were asked for. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/record.h"
#include "scenario/scenario.h"

namespace unrig::plan {

/// The baseline once more: how far the two come apart is what means nothing.
[[nodiscard]] record::Cell double_of(record::Cell baseline);

/// One knob of a grid and the values that it takes, in the order in which they were given.
struct Axis {
  std::string knob;
  std::vector<std::string> values;  ///< as TOML writes them; at least one, and none twice
  std::optional<std::size_t> own;   ///< place of the scenario's value; not set: not among them
  std::size_t baseline = 0;         ///< place of the value that the baseline has
};

/// Reads "KNOB=V1,V2,…", each value TOML or a bare text; a comma within brackets, braces or quotes
/// separates nothing: "cpus.app=[0],[0,1]". The baseline has the scenario's own value or, where it
/// is not among them, the first. Error: usage: an unknown knob (with did-you-mean), no value, a
/// value that the knob does not take, or the same one twice.
[[nodiscard]] Result<Axis> axis_from(std::string_view text, const scenario::Scenario& scenario);

/// Every cell with every combination of values: those of the first axis change last, and at one
/// setting the cells stand together. Without axes they are as they were. The label has the whole
/// setting; `knobs` only what is not the scenario's own.
[[nodiscard]] std::vector<record::Cell> grid(std::span<const record::Cell> cells,
                                             std::span<const Axis> axes);

/// Whether every knob that is varied has the baseline's value.
[[nodiscard]] bool has_baseline_setting(const record::Cell& cell, std::span<const Axis> axes);

/// Place of the cell that the one at `index` is held against: the baseline's stack at the same
/// setting, and the baseline for the cells of that stack.
[[nodiscard]] std::size_t beside(std::span<const record::Cell> cells, std::size_t baseline,
                                 std::size_t index);

/// What the knob is for a cell of the run, as TOML: its own or the scenario's; "" where neither is
/// known.
[[nodiscard]] std::string value_of(const record::Manifest& manifest, const record::Cell& cell,
                                   std::string_view knob);

/// A value as it is typed and shown: without the quotes and spaces that only TOML needs.
[[nodiscard]] std::string value_text(std::string value);

/// What tells a cell from those of the same stack: "db.delay=10ms clients=50". The workers of a
/// stack are called so, whichever knob sets them: "workers=7". "" for no knobs.
[[nodiscard]] std::string setting_text(const record::Pairs& knobs);

/// What the cell's stack is called in its run, at whichever setting: "flask-gunicorn", or with the
/// vintage where the run has several.
[[nodiscard]] std::string name_of(const record::Cell& cell);

/// For each cell the place of the first one of which a look before the first trial tells the same.
/// A look sends requests of its own, lets the database take a delay of its own and has the whole
/// machine's time: the settings of the load, `db.delay`, `machine.cpu`, quotas and what is watched
/// under the load do not matter to it; whatever else is varied is looked at anew.
[[nodiscard]] std::vector<std::size_t> first_alike(std::span<const record::Cell> cells);
/// How many cells have to be looked at.
[[nodiscard]] std::size_t looks(std::span<const record::Cell> cells);

}  // namespace unrig::plan
