#include "arrivals/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace unrig::arrivals {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::vector<Duration> draw(const Phase& phase, ArrivalProcess process, std::uint64_t seed = 1) {
  RandomStream random(seed, "arrivals");
  return schedule(phase, process, random);
}

TEST(Rates, OneOrARamp) {
  EXPECT_EQ(parse_rates("1000/s")->from, Rate{1000});
  EXPECT_FALSE(parse_rates("1000/s")->to);
  EXPECT_EQ(parse_rates("100/s..2000/s")->from, Rate{100});
  EXPECT_EQ(parse_rates("100/s..2000/s")->to, Rate{2000});
  for (const char* bad :
       {"", "1000", "0/s", "-1/s", "100/s..", "..100/s", "100..200/s", "1/s..0/s"}) {
    const auto rates = parse_rates(bad);
    ASSERT_FALSE(rates) << bad;
    EXPECT_EQ(rates.error().kind, ErrorKind::usage) << bad;
  }
}

TEST(Schedule, ConstantIsEvenlySpacedFromTheStart) {
  EXPECT_THAT(draw({Rate{4}, Rate{4}, 1s}, ArrivalProcess::constant),
              ElementsAre(0ms, 250ms, 500ms, 750ms));
}

TEST(Schedule, ConstantDoesNotDrift) {
  const auto times = draw({Rate{3}, Rate{3}, 1000s}, ArrivalProcess::constant);
  ASSERT_EQ(times.size(), 3000u);
  EXPECT_EQ(times[2997], 999s);
  EXPECT_EQ(times[1], 333333333ns);
}

TEST(Schedule, CountIsRateTimesDurationExactly) {
  for (const ArrivalProcess process : {ArrivalProcess::constant, ArrivalProcess::poisson}) {
    EXPECT_EQ(draw({Rate{1000}, Rate{1000}, 10s}, process).size(), 10000u);
    EXPECT_EQ(draw({Rate{0.5}, Rate{0.5}, 10s}, process).size(), 5u);
    EXPECT_EQ(draw({Rate{100}, Rate{2000}, 10s}, process).size(), 10500u);
    EXPECT_EQ(draw({Rate{1000}, Rate{1000}, 0s}, process).size(), 0u);
    EXPECT_EQ(draw({Rate{0.1}, Rate{0.1}, 1s}, process).size(), 0u);
  }
}

TEST(Schedule, RampReachesItsExpectedCounts) {
  // 10/s to 30/s over 10 s: 10 t + t^2 arrivals until t, so 56 until 4 s and 200 in all.
  const auto times = draw({Rate{10}, Rate{30}, 10s}, ArrivalProcess::constant);
  ASSERT_EQ(times.size(), 200u);
  EXPECT_EQ(times[0], 0s);
  EXPECT_EQ(times[56], 4s);
  EXPECT_EQ(times[11], 1s);
}

TEST(Schedule, RampDownMirrorsRampUp) {
  const auto up = draw({Rate{10}, Rate{30}, 10s}, ArrivalProcess::constant);
  const auto down = draw({Rate{30}, Rate{10}, 10s}, ArrivalProcess::constant);
  ASSERT_EQ(down.size(), up.size());
  EXPECT_EQ(down[200 - 56], 6s);  // what is 56 arrivals from its start is 56 from the other's end
}

TEST(Schedule, RampBelowOnePerSecond) {
  // 1/s to 0.5/s over 100 s: t - t^2 / 400 arrivals until t, so 36 until 40 s.
  EXPECT_EQ(draw({Rate{1}, Rate{0.5}, 100s}, ArrivalProcess::constant)[36], 40s);
}

TEST(Schedule, RoundingStaysInThePhase) {
  // Four in each nanosecond: the last one is due after 9.75 ns, which is 10 ns to the next whole.
  EXPECT_EQ(draw({Rate{4e9}, Rate{4e9}, 10ns}, ArrivalProcess::constant).back(), 9ns);
}

TEST(Schedule, SameSeedSameSchedule) {
  const Phase phase{Rate{1000}, Rate{1000}, 5s};
  EXPECT_EQ(draw(phase, ArrivalProcess::poisson, 7), draw(phase, ArrivalProcess::poisson, 7));
  EXPECT_NE(draw(phase, ArrivalProcess::poisson, 7), draw(phase, ArrivalProcess::poisson, 8));
}

TEST(Schedule, AscendsWithinThePhase) {
  for (const ArrivalProcess process : {ArrivalProcess::constant, ArrivalProcess::poisson}) {
    const auto times = draw({Rate{5000}, Rate{100}, 2s}, process);
    EXPECT_TRUE(std::ranges::is_sorted(times));
    EXPECT_GE(times.front(), 0s);
    EXPECT_LT(times.back(), 2s);
  }
}

/// Largest distance between the empirical distribution of `sample` and `cdf`, times sqrt(n): above
/// 1.95 for one true hypothesis of a thousand (Kolmogorov).
template <class Cdf>
double kolmogorov(std::vector<double> sample, Cdf cdf) {
  std::ranges::sort(sample);
  const auto n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double p = cdf(sample[i]);
    distance =
        std::max({distance, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
  }
  return distance * std::sqrt(n);
}

TEST(Schedule, PoissonEndsBeforeThePhaseDoes) {
  // The gap behind the last arrival is as long as any other: 10 ms on average, here.
  EXPECT_LT(draw({Rate{100}, Rate{100}, 2s}, ArrivalProcess::poisson).back(), 2s - 1us);
}

TEST(Schedule, SinglePoissonArrivalIsAnywhereAlike) {
  std::vector<double> sample;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const auto times = draw({Rate{1}, Rate{1}, 1s}, ArrivalProcess::poisson, seed);
    ASSERT_EQ(times.size(), 1u);
    sample.push_back(seconds(times[0]));
  }
  EXPECT_LT(kolmogorov(sample, [](double t) { return t; }), 1.95);
}

TEST(Schedule, PoissonGapsAreExponential) {
  const auto times = draw({Rate{1000}, Rate{1000}, 100s}, ArrivalProcess::poisson);
  std::vector<double> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(seconds(times[i] - times[i - 1]));
  EXPECT_LT(kolmogorov(gaps, [](double gap) { return 1 - std::exp(-1000 * gap); }), 1.95);
}

TEST(Schedule, PoissonRampFollowsTheRate) {
  // Of a ramp from 100/s to 300/s over 100 s, the share (100 t + t^2) / 20000 has come until t.
  std::vector<double> sample;
  for (const Duration t : draw({Rate{100}, Rate{300}, 100s}, ArrivalProcess::poisson)) {
    sample.push_back(seconds(t));
  }
  EXPECT_LT(kolmogorov(sample, [](double t) { return (100 * t + t * t) / 20000; }), 1.95);
}

TEST(ThinkTime, ConstantIsTheMean) {
  RandomStream random(1, "think");
  EXPECT_EQ(think_time(ThinkTime::constant, 30ms, random), 30ms);
}

TEST(ThinkTime, ExponentialHasItsDistribution) {
  RandomStream random(1, "think");
  std::vector<double> sample(20000);
  for (double& value : sample) {
    value = seconds(think_time(ThinkTime::exponential, 30ms, random));
  }
  EXPECT_LT(kolmogorov(sample, [](double t) { return 1 - std::exp(-t / 0.03); }), 1.95);
}

TEST(FirstThinkTime, IsWhatIsLeftOfOne) {
  RandomStream random(1, "first");
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Duration first = first_think_time(ThinkTime::constant, std::chrono::seconds(1), random);
    ASSERT_GE(first, Duration{0});
    ASSERT_LT(first, std::chrono::seconds(1));
    sum += seconds(first);
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
  EXPECT_EQ(first_think_time(ThinkTime::constant, Duration{0}, random), Duration{0});
}

TEST(FirstThinkTime, OfAnExponentialOneIsAsLongAsEver) {
  RandomStream random(1, "first");
  std::vector<double> sample(20000);
  for (double& value : sample) {
    value = seconds(first_think_time(ThinkTime::exponential, 30ms, random));
  }
  EXPECT_LT(kolmogorov(sample, [](double t) { return 1 - std::exp(-t / 0.03); }), 1.95);
}

}  // namespace
}  // namespace unrig::arrivals
