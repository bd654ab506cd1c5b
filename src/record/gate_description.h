/// \file
/// What became of a gate, key by key.
#pragma once

#include <array>

#include "record/description.h"
#include "record/gate.h"

namespace unrig::record {

template <>
struct Description<GateOutcome> {
  static constexpr std::array values{GateOutcome::passed, GateOutcome::failed,
                                     GateOutcome::undecided};
};

template <>
struct Description<GateUnit> {
  static constexpr std::array values{GateUnit::per_second, GateUnit::microseconds, GateUnit::ratio,
                                     GateUnit::requests, GateUnit::fraction};
};

template <>
struct Description<JudgedGate> {
  static void visit(auto& in, auto& gate) {
    in.field("gate", gate.gate);
    in.field("label", OrNull{gate.label});
    in.field("against", OrNull{gate.against});
    in.field("metric", gate.metric);
    in.field("unit", gate.unit);
    in.field("comparison", gate.comparison);
    in.field("bound", gate.bound);
    in.group("figure", [&](auto& figure) {
      figure.field("estimate", gate.estimate);
      figure.field("low", gate.low);
      figure.field("high", gate.high);
      figure.field("confidence", gate.confidence);
    });
    in.field("outcome", gate.outcome);
    in.field("why", OrNull{gate.why});
  }
};

}  // namespace unrig::record
