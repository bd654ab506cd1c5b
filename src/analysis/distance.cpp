#include "analysis/distance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "plan/cells.h"

namespace unrig::analysis {
namespace {

/// How a knob is spoken of.
struct Words {
  std::string_view knob;
  std::string_view what;   ///< "its workers"
  std::string_view times;  ///< behind "1.4 times"
  bool is_number = false;  ///< whole, and worth naming
  /// Of one cell alone: the other one has its own.
  bool is_own = false;
};

constexpr std::array words{
    Words{"workers.sync", "its workers", "as many", true, true},
    Words{"workers.async", "its workers", "as many", true, true},
    Words{"clients", "the clients", "as many", true},
    Words{"db.sessions", "the database sessions", "as many", true},
    Words{"db.delay", "the query's delay", "as long a delay"},
    Words{"machine.cpu", "the CPU time of the machine", "as much"},
    Words{"quota.proxy", "the CPU time of its proxy", "as much", false, true},
    Words{"quota.app", "the CPU time of its application server", "as much", false, true},
    Words{"quota.pooler", "the CPU time of its pooler", "as much", false, true},
    Words{"quota.database", "the CPU time of its database", "as much", false, true},
};

const Elasticity* limiting(const Row& row) {
  const auto found = std::ranges::find_if(row.elasticities, [&](const Elasticity& each) {
    return each.proof == Proof::confirmed && each.change.suspect == row.limiter.name;
  });
  return row.limiter.confirmed && found != row.elasticities.end() ? &*found : nullptr;
}

/// How the other cell follows the same setting. Not set: that was not measured.
std::optional<double> of_other(const Row& other, const Words& knob) {
  if (knob.is_own) return 0;
  const auto found = std::ranges::find_if(other.elasticities, [&](const Elasticity& each) {
    return each.change.knob == knob.knob && each.blocks > 0;
  });
  if (found == other.elasticities.end()) return std::nullopt;
  return found->elasticity.estimate;
}

/// `gain`: by how much the row's throughput would have to change against the other's.
std::string text_of(const Row& row, const Elasticity& limit, const Row& other, double gain) {
  const auto knob = std::ranges::find(words, limit.change.knob, &Words::knob);
  if (knob == words.end()) return {};
  const std::string head = fmt::format("{} is limited by {} (elasticity {})", row.cell.label,
                                       knob->what, figures_text(limit.elasticity));
  const auto others = of_other(other, *knob);
  if (!others) return head + ": how the other one follows it was not measured";
  const double apart = limit.elasticity.estimate - *others;
  // Of a delay the inverse is what throughput follows.
  const bool is_inverse = knob->knob == "db.delay";
  const double factor = apart <= 0 ? 0 : std::pow(gain, (is_inverse ? -1 : 1) / apart);
  if (!(factor > 1 / farthest && factor < farthest))
    return head + fmt::format(": no value within {:g} times of it makes the two equal", farthest);
  std::string values;
  if (knob->is_number) {
    const double to = std::max(1.0, std::round(limit.change.from * factor));
    values = fmt::format(" ({:.0f} instead of {:.0f})", to, limit.change.from);
  }
  return head + fmt::format(": with roughly {:.1f} times {}{} the two would be equal", factor,
                            knob->times, values);
}

}  // namespace

std::string distance_text(const Row& a, const Row& b, double ratio) {
  const bool a_is_slower = ratio < 1;
  const Row& slower = a_is_slower ? a : b;
  const Row& faster = a_is_slower ? b : a;
  const double lead = a_is_slower ? 1 / ratio : ratio;
  if (const auto* limit = limiting(slower)) return text_of(slower, *limit, faster, lead);
  if (const auto* limit = limiting(faster)) return text_of(faster, *limit, slower, 1 / lead);
  return {};
}

}  // namespace unrig::analysis
