#include "experiment/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "plan/perturbation.h"
#include "stats/stopping.h"

namespace unrig::experiment {
namespace {

using record::Purpose;

record::Run run_of(const std::vector<std::string>& labels) {
  record::Run run;
  run.manifest.seed = 42;
  run.manifest.baseline = labels.front();
  for (const auto& label : labels) run.manifest.cells.push_back({.label = label});
  return run;
}

/// Plays the run to its end: throughput of a cell in a block from `value`; at most `limit` blocks.
template <class Value>
std::vector<Block> play(record::Run& run, const Rule& rule, Value value, int limit = 300) {
  std::vector<Block> blocks;
  while (auto block = next_block(run, rule)) {
    blocks.push_back(*block);
    if (static_cast<int>(blocks.size()) > limit) break;
    for (const std::size_t cell : block->cells) {
      record::Trial trial;
      trial.label = plan::label_at(run.manifest, cell);
      trial.block = block->number;
      trial.purpose = block->purpose;
      trial.throughput_per_s = value(cell, block->number, trial);
      run.trials.push_back(trial);
    }
  }
  return blocks;
}

std::vector<std::size_t> sorted(std::vector<std::size_t> cells) {
  std::sort(cells.begin(), cells.end());
  return cells;
}

TEST(BlockOrder, IsAPermutationDrawnFromTheSeed) {
  const auto order = block_order(1, 1, 21);
  EXPECT_EQ(order, block_order(1, 1, 21));
  EXPECT_NE(order, block_order(2, 1, 21));
  EXPECT_NE(order, block_order(1, 2, 21));
  const auto all = sorted(order);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i);
}

TEST(Schedule, AFixedNumberOfBlocksThenTheFastestTwoAgain) {
  record::Run run = run_of({"slow", "fast", "middle"});
  const double speed[] = {100, 300, 200};
  const auto blocks =
      play(run, {.blocks = 3}, [&](std::size_t cell, int, record::Trial&) { return speed[cell]; });
  ASSERT_EQ(blocks.size(), 8u);
  EXPECT_EQ(run.trials.size(), static_cast<std::size_t>(expected_trials({.blocks = 3}, 3)));
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(blocks[i].number, static_cast<int>(i) + 1);
    EXPECT_EQ(blocks[i].purpose, i < 3 ? Purpose::planned : Purpose::confirmation);
    const std::vector<std::size_t> all{0, 1, 2}, fastest{1, 2};
    EXPECT_EQ(sorted(blocks[i].cells), i < 3 ? all : fastest);
  }
}

/// Cells "a" and "b", of which the one has two changes and the other one has one.
record::Run perturbed_run() {
  record::Run run = run_of({"a", "b"});
  run.manifest.perturbations = {{.of = "a", .label = "a workers=9", .not_checked = {}},
                                {.of = "a", .label = "a clients=125", .not_checked = {}},
                                {.of = "b", .label = "b workers=9", .not_checked = {}}};
  return run;
}

TEST(Schedule, PerturbationsComeLastBesideTheirCells) {
  record::Run run = perturbed_run();
  const auto steady = [](std::size_t, int, record::Trial&) { return 100.0; };
  const auto blocks = play(run, {.blocks = 3, .perturbation_blocks = 5}, steady);
  ASSERT_EQ(blocks.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(blocks[i].purpose, i < 3 ? Purpose::planned : Purpose::perturbation);
    const std::vector<std::size_t> both{0, 1}, all{0, 1, 2, 3, 4};
    EXPECT_EQ(sorted(blocks[i].cells), i < 3 ? both : all);
  }
  EXPECT_FALSE(next_block(run, {.blocks = 3}));
  record::Run none = perturbed_run();
  EXPECT_EQ(play(none, {.blocks = 3}, steady).size(), 3u) << "none asked for";
}

TEST(Schedule, APerturbationThatIsNotCheckedHasNoTrials) {
  record::Run run = perturbed_run();
  run.manifest.perturbations[0].not_checked = "no control group";
  run.manifest.perturbations[2].not_checked = "no control group";
  const auto blocks = play(run, {.blocks = 1, .perturbation_blocks = 1},
                           [](std::size_t, int, record::Trial&) { return 100.0; });
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(sorted(blocks[1].cells), (std::vector<std::size_t>{0, 3})) << "nor has b alone";
}

TEST(Schedule, TrialsAreTheCellsThoughAChangeThatCannotBeMadeHasTheSameLabel) {
  record::Run run = perturbed_run();
  run.manifest.perturbations[0] = {.of = "a", .label = "a", .not_checked = "it waits for locks"};
  const auto blocks = play(run, {.blocks = 2, .perturbation_blocks = 1},
                           [](std::size_t, int, record::Trial&) { return 100.0; });
  ASSERT_EQ(blocks.size(), 3u) << "and no block without end";
  EXPECT_EQ(sorted(blocks[2].cells), (std::vector<std::size_t>{0, 1, 3, 4}));
}

TEST(Schedule, PerturbedBlocksThatDoNotCountAreMadeUpForTwiceAsManyAtMost) {
  record::Run run = perturbed_run();
  const auto blocks = play(run, {.blocks = 1, .perturbation_blocks = 3},
                           [](std::size_t cell, int block, record::Trial& trial) {
                             const bool spoils = (cell == 0 && block == 3) || cell == 4;
                             if (block > 1 && spoils)
                               trial.verdict = {.valid = false, .disturbed = true};
                             return 100.0;
                           });
  ASSERT_EQ(blocks.size(), 7u) << "six of them: b never counts";
  EXPECT_EQ(blocks[3].cells.size(), 5u);
  EXPECT_EQ(blocks[4].cells.size(), 5u) << "a lacks one";
  EXPECT_EQ(sorted(blocks[5].cells), (std::vector<std::size_t>{1, 4}));
}

// What the run had when it was interrupted is not measured again, and nothing is left out.
TEST(Schedule, PerturbedBlocksGoOnInTheMiddleOfOne) {
  const Rule rule{.blocks = 1, .perturbation_blocks = 2};
  const auto steady = [](std::size_t, int, record::Trial&) { return 100.0; };
  record::Run whole = perturbed_run(), broken = perturbed_run();
  play(whole, rule, steady);
  ASSERT_EQ(whole.trials.size(), 2u + 2 * 5);
  for (std::size_t stop = 2; stop < whole.trials.size(); ++stop) {
    broken.trials.assign(whole.trials.begin(),
                         whole.trials.begin() + static_cast<std::ptrdiff_t>(stop));
    play(broken, rule, steady);
    ASSERT_EQ(broken.trials.size(), whole.trials.size());
    for (std::size_t i = 0; i < whole.trials.size(); ++i) {
      EXPECT_EQ(broken.trials[i].label, whole.trials[i].label);
      EXPECT_EQ(broken.trials[i].block, whole.trials[i].block);
    }
  }
}

TEST(Schedule, MoreFreshBlocksMayComeAfterPerturbedOnes) {
  record::Run run = run_of({"a", "b", "c"});
  run.manifest.perturbations = {{.of = "a", .label = "a clients=125", .not_checked = {}}};
  const double speed[] = {300, 200, 100, 300};
  const auto value = [&](std::size_t cell, int, record::Trial&) { return speed[cell]; };
  const auto fresh = [](int blocks) {
    return Rule{.blocks = 1,
                .confirmation_blocks = blocks,
                .confirms_until_precise = false,
                .perturbation_blocks = 2};
  };
  EXPECT_EQ(play(run, fresh(3), value).size(), 1u + 3 + 2);
  const auto rest = play(run, fresh(5), value);
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].purpose, Purpose::confirmation);
  EXPECT_EQ(rest[1].number, 8);
  EXPECT_EQ(rest[1].purpose, Purpose::confirmation);
}

TEST(Schedule, ASearchGoesOnWithWhatMayBeTheFastest) {
  record::Run run = run_of({"a", "b", "c", "d", "e"});
  const double speed[] = {100, 200, 320, 390, 400};
  const auto blocks =
      play(run, {.blocks = 3, .make_up_limit = 0, .confirmation_blocks = 0, .searches = true},
           [&](std::size_t cell, int, record::Trial&) { return speed[cell]; });
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[0].cells.size(), 5u);
  const std::vector<std::size_t> near{2, 3, 4};
  EXPECT_EQ(sorted(blocks[1].cells), near) << "less than a fifth behind";
  EXPECT_EQ(sorted(blocks[2].cells), near);
}

TEST(Schedule, ASearchAlwaysHasTheFirstTwoAndWhatDoesNotCountYet) {
  record::Run run = run_of({"a", "b", "c"});
  const auto blocks =
      play(run, {.blocks = 3, .make_up_limit = 0, .confirmation_blocks = 0, .searches = true},
           [&](std::size_t cell, int block, record::Trial& trial) {
             if (cell == 0 && block == 1) trial.verdict = {.valid = false, .disturbed = true};
             return 100.0 * (1 << (2 * cell));
           });
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[1].cells.size(), 3u) << "a was disturbed";
  EXPECT_EQ(sorted(blocks[2].cells), (std::vector<std::size_t>{1, 2}));
}

/// Fresh blocks of a run whose "b" leads by `lead` (ln) in the planned blocks and whose fresh
/// blocks differ by `fresh` and +-`noise` in turn.
std::size_t fresh_blocks(double lead, double fresh, double noise, const Rule& rule) {
  record::Run run = run_of({"slow", "a", "b"});
  const auto blocks = play(run, rule, [&](std::size_t cell, int block, record::Trial& trial) {
    if (cell == 0) return 0.5;
    if (cell == 1) return 1.0;
    if (trial.purpose != Purpose::confirmation) return std::exp(lead);
    return std::exp(fresh + (block % 2 == 0 ? noise : -noise));
  });
  return blocks.size() - 3;
}

TEST(Schedule, FreshBlocksEndWhenTheirRatioIsPreciseEnough) {
  EXPECT_EQ(fresh_blocks(0.5, 0.5, 0.01, {}), 5u) << "five at least";
  EXPECT_EQ(fresh_blocks(0.1, 0.1, 0.2, {}), 10u) << "ten at most";
  const auto between = fresh_blocks(0.1, 0.1, 0.05, {});
  EXPECT_GT(between, 5u);
  EXPECT_LT(between, 10u);
}

// What slows both down alike says nothing against their ratio; a block that has only one says
// nothing of it.
TEST(Schedule, FreshBlocksArePairedByBlock) {
  record::Run run = run_of({"slow", "a", "b"});
  const auto blocks = play(run, {}, [](std::size_t cell, int block, record::Trial& trial) {
    if (cell == 0) return 0.5;
    if (trial.purpose == Purpose::confirmation && block == 4 && cell == 1)
      trial.verdict.reject("wrong");
    return (cell == 1 ? 1.0 : 1.5) * (block % 2 == 0 ? 2 : 1);
  });
  EXPECT_EQ(blocks.size(), 3u + 6u) << "five that tell something";
}

// A visible difference must not end them: whoever stops there finds one in the end.
TEST(Schedule, FreshBlocksNeverEndOnADifference) {
  for (const double seen : {0.0, 0.1, 1.0, -1.0}) {
    EXPECT_EQ(fresh_blocks(0.1, seen, 0.05, {}), fresh_blocks(0.1, 0.1, 0.05, {})) << seen;
  }
}

TEST(Schedule, ANumberOfFreshBlocksThatWasAskedForIsKept) {
  const Rule asked{.confirmation_blocks = 14, .confirms_until_precise = false};
  EXPECT_EQ(fresh_blocks(0.5, 0.5, 0.01, asked), 14u);
  EXPECT_EQ(fresh_blocks(0.5, 0.5, 0.01, {.confirmation_blocks = 0}), 0u);
}

TEST(Schedule, MoreFreshBlocksFollowWhereMoreAreAskedFor) {
  record::Run run = run_of({"slow", "a", "b"});
  const auto value = [](std::size_t cell, int, record::Trial&) {
    return 1.0 + static_cast<double>(cell);
  };
  play(run, {}, value);
  const Rule more{.confirmation_blocks = 12, .confirms_until_precise = false};
  const auto rest = play(run, rule_to_go_on(more, run), value);
  ASSERT_EQ(rest.size(), 7u);
  EXPECT_EQ(rest.front().number, 9);
  EXPECT_EQ(rest.front().purpose, Purpose::confirmation);
}

TEST(Schedule, FreshBlocksThatSayNothingEndAfterThree) {
  record::Run run = run_of({"slow", "a", "b"});
  const auto blocks = play(run, {}, [](std::size_t cell, int, record::Trial& trial) {
    if (trial.purpose == Purpose::confirmation) {
      trial.verdict.reject("steal");
      trial.verdict.disturbed = true;
    }
    return 1.0 + static_cast<double>(cell);
  });
  EXPECT_EQ(blocks.size(), 3u + 3u);
}

// The whole of a run as its rule plays it; the two fastest are equal, and noise of a trial is 3 to
// 30 % of what the fresh blocks are to become precise to.
TEST(Schedule, IntervalsOfFreshBlocksCoverThoughTheirNumberFollowsFromThem) {
  constexpr int experiments = 1500;
  for (const double noise : {0.005, 0.01, 0.03}) {
    RandomStream random(7, "coverage of fresh blocks");
    int covered = 0;
    for (int i = 0; i < experiments; ++i) {
      record::Run run = run_of({"slow", "a", "b"});
      run.manifest.margin = 0.02;
      play(run, {}, [&](std::size_t cell, int, record::Trial&) {
        return (cell == 0 ? 0.5 : 1.0) * std::exp(noise * random.normal());
      });
      std::map<int, std::map<std::string, double>> fresh;
      for (const auto& trial : run.trials) {
        if (trial.purpose == Purpose::confirmation)
          fresh[trial.block][trial.label] = trial.throughput_per_s;
      }
      std::vector<double> differences;
      for (const auto& [block, of] : fresh)
        differences.push_back(std::log(of.at("a") / of.at("b")));
      const auto ratio = stats::sequential_ratio_interval(differences);
      covered += *ratio.low <= 1 && 1 <= *ratio.high ? 1 : 0;
    }
    const double share = static_cast<double>(covered) / experiments;
    RecordProperty("coverage", std::to_string(share));
    EXPECT_GE(share, 0.94) << noise;
    EXPECT_LE(share, 0.98) << noise;
  }
}

TEST(Schedule, MakingUpEndsAfterABlockInVainUntilTheRunGoesOnLater) {
  record::Run run = run_of({"base", "a"});
  const auto always = [](std::size_t, int, record::Trial& trial) {
    trial.verdict.reject("steal");
    trial.verdict.disturbed = true;
    return 1.0;
  };
  EXPECT_EQ(play(run, {}, always).size(), 3u + 1u);
  EXPECT_FALSE(next_block(run, {}));
  const auto quiet = [](std::size_t, int, record::Trial&) { return 1.0; };
  const auto later = play(run, rule_to_go_on({}, run), quiet);
  EXPECT_EQ(later.size(), 3u) << "as many as were planned";
  for (const auto& block : later) EXPECT_EQ(block.purpose, Purpose::make_up);
}

TEST(Schedule, FreshBlocksInVainEndItUntilTheRunGoesOnLater) {
  record::Run run = run_of({"base", "a", "b"});
  const auto until_then = [](std::size_t cell, int block, record::Trial& trial) {
    if (block > 3) trial.verdict.reject("wrong");
    return 1.0 + static_cast<double>(cell);
  };
  EXPECT_EQ(play(run, {}, until_then).size(), 3u + 3u);
  EXPECT_FALSE(next_block(run, {}));
  const auto quiet = [](std::size_t cell, int, record::Trial&) {
    return 1.0 + static_cast<double>(cell);
  };
  const Rule more{.confirmation_blocks = 6, .confirms_until_precise = false};
  EXPECT_EQ(play(run, rule_to_go_on(more, run), quiet).size(), 3u);
}

TEST(Schedule, AcceptedNoiseIsNotMadeUpForAndCountsForTheFastest) {
  record::Run run = run_of({"slow", "a", "b"});
  run.manifest.accept_noise = true;
  const auto blocks = play(run, {}, [](std::size_t cell, int, record::Trial& trial) {
    trial.verdict.reject("steal");
    trial.verdict.disturbed = true;
    return 1.0 + static_cast<double>(cell);
  });
  ASSERT_EQ(blocks.size(), 3u + 5u);
  EXPECT_EQ(sorted(blocks.back().cells), (std::vector<std::size_t>{1, 2}));
}

TEST(Schedule, WhatIsNotProvenIsAmongTheFastestOnlyWhereThatIsAccepted) {
  const auto last = [](bool accepts) {
    record::Run run = run_of({"slow", "middle", "fast"});
    run.manifest.cells[2].claims = {{"workers", "2", "why", std::nullopt, true}};
    run.manifest.accept_unproven = accepts;
    const auto blocks = play(run, {}, [](std::size_t cell, int, record::Trial&) {
      return 1.0 + static_cast<double>(cell);
    });
    return sorted(blocks.back().cells);
  };
  EXPECT_EQ(last(true), (std::vector<std::size_t>{1, 2}));
  EXPECT_NE(last(false), (std::vector<std::size_t>{1, 2}));
}

// The machine halves its speed in blocks 3 and 4, where "lucky" has no valid trial: its mean is the
// highest, but beside the baseline it is behind "fast" and "second".
TEST(Schedule, TheFastestAreThoseBesideTheBaseline) {
  record::Run run = run_of({"base", "lucky", "fast", "second"});
  const double speed[] = {1.0, 1.1, 1.3, 1.2};
  const auto blocks = play(run, {.blocks = 4, .confirmation_blocks = 1},
                           [&](std::size_t cell, int block, record::Trial& trial) {
                             if (cell == 1 && block > 2) trial.verdict.reject("planted");
                             return speed[cell] * (block > 2 ? 50 : 100);
                           });
  ASSERT_EQ(blocks.size(), 5u);
  EXPECT_EQ(sorted(blocks[4].cells), (std::vector<std::size_t>{2, 3}));
}

TEST(Schedule, TheFreshBlocksMayBeOfTheFastestAndTheBaseline) {
  const Rule rule{.blocks = 1, .confirmation_blocks = 1, .confirms_baseline = true};
  record::Run run = run_of({"own", "fast", "middle"});
  const double speed[] = {100, 300, 200};
  const auto blocks =
      play(run, rule, [&](std::size_t cell, int, record::Trial&) { return speed[cell]; });
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(sorted(blocks[1].cells), (std::vector<std::size_t>{0, 1}));

  record::Run best = run_of({"own", "slow", "middle"});
  const double slower[] = {300, 100, 200};
  const auto alone =
      play(best, rule, [&](std::size_t cell, int, record::Trial&) { return slower[cell]; });
  EXPECT_EQ(alone.size(), 1u) << "the baseline against itself confirms nothing";
}

TEST(Schedule, TheBaselinesDoubleIsMeasuredButNeverConfirmed) {
  record::Run run = run_of({"a", "b", "a (again)"});
  run.manifest.cells.back().role = record::Role::baseline_double;
  const Rule rule{.blocks = 2};
  const auto blocks = play(run, rule, [](std::size_t cell, int, record::Trial&) {
    return cell == 2 ? 300.0 : 100.0 + static_cast<double>(cell);
  });
  ASSERT_EQ(blocks.size(), 2u) << "two stacks and a double are no choice out of many";
  EXPECT_EQ(blocks[0].cells.size(), 3u);
  EXPECT_EQ(run.trials.size(), static_cast<std::size_t>(expected_trials(rule, 3, true)));
}

TEST(Schedule, TwoCellsNeedNoConfirmation) {
  record::Run run = run_of({"a", "b"});
  EXPECT_EQ(play(run, {.blocks = 3}, [](std::size_t, int, record::Trial&) { return 1.0; }).size(),
            3u);
}

TEST(Schedule, FailedCellsAreLeftOut) {
  record::Run run = run_of({"a", "b"});
  run.manifest.cells[1].failure = "it did not start";
  const auto blocks =
      play(run, {.blocks = 2}, [](std::size_t, int, record::Trial&) { return 1.0; });
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].cells, std::vector<std::size_t>{0});
}

TEST(Schedule, PreciseCellsLeaveAndTheBaselineStays) {
  record::Run run = run_of({"base", "quiet", "noisy"});
  // The log ratio of "noisy" is +-5 % in turn: it is within 2 % after some 40 blocks, not after 10.
  const auto blocks = play(run, {.blocks = 0, .confirmation_blocks = 0},
                           [](std::size_t cell, int block, record::Trial&) {
                             return cell == 2 ? std::exp(block % 2 == 0 ? 0.05 : -0.05) : 1.0;
                           });
  ASSERT_GT(blocks.size(), 11u);
  EXPECT_EQ(blocks[9].cells.size(), 3u) << "ten blocks at least";
  EXPECT_EQ(sorted(blocks[10].cells), (std::vector<std::size_t>{0, 2}));
  EXPECT_LT(blocks.size(), 60u);
}

TEST(Schedule, BlocksAreLimited) {
  record::Run run = run_of({"base", "wild"});
  const auto blocks = play(run, {.blocks = 0, .blocks_limit = 25, .confirmation_blocks = 0},
                           [](std::size_t cell, int block, record::Trial&) {
                             return cell == 1 && block % 2 == 0 ? 3.0 : 1.0;
                           });
  EXPECT_EQ(blocks.size(), 25u);
}

TEST(Schedule, BlocksThatWereAskedForAreAllPlanned) {
  record::Run run = run_of({"base", "tame"});
  const auto blocks = play(run, {.blocks = 201, .confirmation_blocks = 0},
                           [](std::size_t, int, record::Trial&) { return 1.0; });
  EXPECT_EQ(blocks.size(), 201u);
}

TEST(Schedule, DisturbedTrialsAreMadeUpForTogetherWithTheBaseline) {
  record::Run run = run_of({"base", "a", "b"});
  const auto disturb = [](std::size_t cell, int block, record::Trial& trial) {
    if (cell == 2 && block == 2) {
      trial.verdict.reject("steal");
      trial.verdict.disturbed = true;
    }
    return 1.0;
  };
  const auto blocks = play(run, {.blocks = 3, .confirmation_blocks = 0}, disturb);
  ASSERT_EQ(blocks.size(), 4u);
  EXPECT_EQ(blocks[3].purpose, Purpose::make_up);
  EXPECT_EQ(sorted(blocks[3].cells), (std::vector<std::size_t>{0, 2}));
}

TEST(Schedule, MakingUpIsLimited) {
  record::Run run = run_of({"base", "a"});
  const auto always = [](std::size_t cell, int, record::Trial& trial) {
    if (cell == 1) {
      trial.verdict.reject("steal");
      trial.verdict.disturbed = true;
    }
    return 1.0;
  };
  EXPECT_EQ(play(run, {.blocks = 3, .make_up_limit = 2}, always).size(), 5u);
}

TEST(Schedule, ABlockThatWasInterruptedIsCompleted) {
  record::Run run = run_of({"a", "b"});
  const auto first = next_block(run, {.blocks = 1});
  ASSERT_TRUE(first);
  record::Trial trial;
  trial.label = run.manifest.cells[first->cells[0]].label;
  trial.block = 1;
  run.trials.push_back(trial);
  const auto rest = next_block(run, {.blocks = 1});
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->cells, std::vector<std::size_t>{first->cells[1]});
  EXPECT_EQ(rest->position, 1);
}

TEST(Schedule, ATrialWithAMishapIsRepeatedEvenWhereNoiseIsAccepted) {
  record::Run run = run_of({"base", "stopped"});
  run.manifest.accept_noise = true;
  const auto blocks =
      play(run, {.blocks = 2}, [](std::size_t cell, int block, record::Trial& trial) {
        if (cell == 1 && block == 2) {
          trial.verdict.reject("the proxy ended");
          trial.verdict.mishap = true;
        }
        return 100.0;
      });
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[2].purpose, Purpose::make_up);
}

TEST(Schedule, ATrialWithoutSteadyStateIsRepeatedWithTwiceTheWarmUp) {
  record::Run run = run_of({"base", "restless"});
  const auto blocks =
      play(run, {.blocks = 3}, [](std::size_t cell, int block, record::Trial& trial) {
        if (cell == 1 && block == 2) {
          trial.verdict.reject("no steady state");
          trial.verdict.unsteady = true;
        }
        return 100.0;
      });
  ASSERT_EQ(blocks.size(), 4u);
  EXPECT_EQ(blocks[3].purpose, Purpose::make_up);
  EXPECT_EQ(sorted(blocks[3].cells), (std::vector<std::size_t>{0, 1}));
  const plan::Phases usual{.warmup = std::chrono::seconds(2)};
  EXPECT_EQ(phases_of(run, 1, blocks[3], usual).warmup, std::chrono::seconds(4));
  EXPECT_EQ(phases_of(run, 0, blocks[3], usual).warmup, usual.warmup);
  EXPECT_EQ(phases_of(run, 1, blocks[1], usual).warmup, usual.warmup);
}

TEST(Schedule, OnePlannedBlockIsMeasuredLater) {
  record::Run run = run_of({"base", "other"});
  const auto blocks = play(run, {.blocks = 3, .later_block = 2},
                           [](std::size_t, int, record::Trial&) { return 100.0; });
  ASSERT_GE(blocks.size(), 3u);
  const plan::Phases usual{.warmup = std::chrono::seconds(2), .duration = std::chrono::seconds(5)};
  for (const Block& block : blocks) {
    EXPECT_EQ(block.later, block.number == 2 && block.purpose == Purpose::planned);
    EXPECT_EQ(phases_of(run, 1, block, usual).warmup, std::chrono::seconds(block.later ? 12 : 2));
    EXPECT_EQ(phases_of(run, 1, block, usual).duration, usual.duration);
  }
}

/// Stacks "a", whose cell at the second setting is the baseline, and "b" at two settings.
record::Run grid_run() {
  record::Run run = run_of({"a 1", "b 1", "a 2", "b 2"});
  run.manifest.baseline = "a 2";
  for (std::size_t i = 0; i < 4; ++i) {
    auto& cell = run.manifest.cells[i];
    cell.stack = cell.label.substr(0, 1);
    cell.role = record::Role::grid_step;
    if (i < 2) cell.knobs = {{"clients", "1"}};
  }
  return run;
}

TEST(Schedule, OfAGridWhatIsMadeUpForHasItsPartnerAtTheSameSetting) {
  record::Run run = grid_run();
  const auto blocks = play(run, {.blocks = 2, .confirmation_blocks = 0},
                           [](std::size_t cell, int block, record::Trial& trial) {
                             trial.verdict.disturbed = cell == 1 && block == 1;
                             trial.verdict.valid = !trial.verdict.disturbed;
                             return 100.0;
                           });
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(sorted(blocks[2].cells), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(Schedule, OfAGridACellStaysUntilItsRatioAtTheSameSettingIsPrecise) {
  record::Run run = grid_run();
  const auto blocks = play(run, {.blocks = 0, .blocks_limit = 11, .confirmation_blocks = 0},
                           [](std::size_t cell, int block, record::Trial&) {
                             // At the first setting both go up and down together.
                             const double together = cell < 2 ? 1 + 0.2 * (block % 2) : 1;
                             const double own = cell == 3 ? 1 + 0.2 * (block % 2) : 1;
                             return 100 * together * own;
                           });
  ASSERT_EQ(blocks.size(), 11u);
  EXPECT_EQ(sorted(blocks[10].cells), (std::vector<std::size_t>{0, 2, 3}))
      << "b is precise at the first setting; a there, over a at the second, and b there are not";
}

}  // namespace
}  // namespace unrig::experiment
