/// \file
/// What became of gates, for people.
#pragma once

#include <span>
#include <string>

#include "record/gate.h"
#include "report/look.h"

namespace unrig::report {

/// "starlette-uvicorn: p99 < 50ms": with the cell that was judged, whichever name was typed.
[[nodiscard]] std::string gate_title(const record::JudgedGate& gate);

/// "48.20 ms [45.10 ms, 52.30 ms]", with the confidence where it is not 95 %; "-" without a figure.
[[nodiscard]] std::string gate_figure(const record::JudgedGate& gate);

/// "undecided: the interval holds the bound"; the reason's first line.
[[nodiscard]] std::string gate_outcome(const record::JudgedGate& gate);

/// A line a gate below a head; "" without any. Why one is undecided goes on below where the line is
/// too long.
[[nodiscard]] std::string gates_text(std::span<const record::JudgedGate> gates,
                                     const Look& look = {});

}  // namespace unrig::report
