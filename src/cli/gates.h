/// \file
/// Bounds that a result has to keep: the option `--gate`, and the exit code that comes of it.
#pragma once

#include <span>
#include <vector>

#include "analysis/gate.h"
#include "base/result.h"
#include "campaign/task.h"
#include "record/gate.h"

namespace CLI {
class App;
}

namespace unrig::cli {

/// Adds `--gate`; `gates` must outlive the parsing.
void add_gates(CLI::App* sub, std::vector<analysis::Gate>& gates);

/// Gives them to the task, whose cells are known; without any, those stay that it has. Error:
/// usage, before anything is measured: one of them is of nothing that the task measures.
[[nodiscard]] Result<> use(std::span<const analysis::Gate> gates, campaign::Task& task);

/// Of a command that did what it was asked for: 99 where a gate failed, else 98 where one is
/// undecided, else 0.
[[nodiscard]] int exit_code_of(std::span<const record::JudgedGate> gates);

}  // namespace unrig::cli
