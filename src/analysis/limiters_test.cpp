#include "analysis/limiters.h"

#include <gtest/gtest.h>

namespace unrig::analysis {
namespace {

record::Trial trial_of(const std::string& limiter, std::vector<record::Suspect> suspects) {
  record::Trial trial;
  trial.limiter = {.name = limiter, .evidence = {}, .suspects = std::move(suspects)};
  return trial;
}

/// "workers cpu", with a "!" behind those that are near.
std::string names(const std::vector<record::Trial>& trials) {
  std::vector<const record::Trial*> pointers;
  for (const auto& trial : trials) pointers.push_back(&trial);
  std::string text;
  for (const auto& [name, is_near] : candidates(pointers)) {
    text += (text.empty() ? "" : " ") + name + (is_near ? "!" : "");
  }
  return text;
}

TEST(Limiters, TheTypicalTrialIsTheFirstWithTheMostFrequentOne) {
  const record::Trial a = trial_of("cpu", {}), b = trial_of("workers", {}), c = b;
  EXPECT_EQ(typical_trial({}), nullptr);
  EXPECT_EQ(typical_trial({&a, &b}), &a);
  EXPECT_EQ(typical_trial({&a, &b, &c}), &b);
}

TEST(Limiters, CandidatesAreRankedByVotesAndThenByWhatIsLeft) {
  EXPECT_EQ(names({}), "");
  EXPECT_EQ(names({trial_of("workers", {{.name = "workers", .margin = 0.3},
                                        {.name = "cpu", .margin = 0.6},
                                        {.name = "pooler", .margin = 0.1},
                                        {.name = "clients"}}),
                   trial_of("workers", {{.name = "workers", .margin = 0.3},
                                        {.name = "cpu", .margin = 0.2},
                                        {.name = "pooler", .margin = 0.9}}),
                   trial_of("database", {})}),
            "workers! database! cpu! pooler clients")
      << "the mean of what is left; what nobody could read comes last";
}

TEST(Limiters, WhatNamesNoResourceIsNoCandidate) {
  EXPECT_EQ(names({trial_of("several", {{.name = "cpu", .margin = 0.3}}),
                   trial_of("unattributed", {{.name = "cpu", .margin = 0.3}})}),
            "cpu!");
}

}  // namespace
}  // namespace unrig::analysis
