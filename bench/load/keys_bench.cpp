// What it costs the load generator that each request asks for a row of its own: to write it, and to
// hold the answer against it. Of a request, which takes some 3 us on loopback.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "chain/questions.h"
#include "chain/row.h"
#include "http/request.h"
#include "load/requests.h"

namespace unrig {
namespace {

constexpr int clients = 64;

load::Plan plan_with(bool keys) {
  load::Plan plan;
  plan.loop = load::ClosedLoop{.clients = clients};
  plan.request.path = chain::path_for(keys ? std::optional(0U) : std::nullopt);
  if (keys) plan.keys = load::Keys{.count = chain::row_count, .digits = chain::key_digits};
  return plan;
}

void next_request(benchmark::State& state) {
  const load::Plan plan = plan_with(state.range(0) != 0);
  const auto bytes = http::to_bytes(plan.request, "192.0.2.1:8080", true);
  const load::Share share = load::divide(plan, bytes.value()).front();
  load::Requests requests(plan, share);
  load::Slot slot = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(requests.next(slot));
    benchmark::ClobberMemory();
    slot = (slot + 1) % clients;
  }
}
BENCHMARK(next_request)->ArgName("keys")->Arg(0)->Arg(1);

void check_body(benchmark::State& state) {
  const auto rule = chain::RowRule::of_secret(random_secret(chain::row_secret_bytes)).value();
  std::vector<std::string> bodies;
  for (std::uint32_t a = 0; a < clients; ++a)
    bodies.push_back(fmt::format(R"({{"a": "{:010}", "b": "{}"}})", a, chain::row_b(a, rule)));
  const bool keys = state.range(0) != 0;
  std::uint32_t a = 0;
  for (auto _ : state) {
    const auto key = keys ? std::optional(a) : std::nullopt;
    benchmark::DoNotOptimize(chain::body_is_right(bodies[a], key, rule));
    a = (a + 1) % clients;
  }
}
BENCHMARK(check_body)->ArgName("keys")->Arg(0)->Arg(1);

}  // namespace
}  // namespace unrig

BENCHMARK_MAIN();
