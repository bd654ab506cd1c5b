/// \file
/// The layers of the chain, each as the scenario does not have it: which cells tell what it costs.
/// Pure.
#pragma once

#include <vector>

#include "record/record.h"
#include "scenario/scenario.h"

namespace unrig::plan {

/// One setting for each layer that can be had otherwise: what is there is left out, what is not is
/// put in, and the rest of the chain stays as it is. What needs a layer that the scenario does not
/// have is not among them.
[[nodiscard]] std::vector<record::Pairs> layer_changes(const scenario::Scenario& scenario);

/// The cell, and after it the same once for each of `changes`, labelled by it: "flask-gunicorn
/// proxy.enabled=false". Whatever `knobs` the cell has of its own stay.
[[nodiscard]] std::vector<record::Cell> changed(const record::Cell& cell,
                                                const std::vector<record::Pairs>& changes);

}  // namespace unrig::plan
