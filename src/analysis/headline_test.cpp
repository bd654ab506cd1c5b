#include "analysis/headline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace unrig::analysis {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// The first label is the baseline.
record::Run run_of(const std::vector<std::string>& labels) {
  record::Run run;
  run.manifest.blocks = 3;
  for (const auto& label : labels) run.manifest.cells.push_back({.stack = label, .label = label});
  run.manifest.baseline = labels.front();
  return run;
}

record::Trial& add(record::Run& run, const std::string& label, int block, double throughput,
                   record::Purpose purpose = record::Purpose::planned) {
  record::Trial trial;
  trial.label = label;
  trial.block = block;
  trial.purpose = purpose;
  trial.throughput_per_s = throughput;
  return run.trials.emplace_back(trial);
}

/// "base" far below; "b" and "c" differ from "a" by what the third block alone says.
record::Run three_leaders() {
  record::Run run = run_of({"base", "a", "b", "c"});
  const double wobble[] = {0.97, 1.0, 1.03};
  for (int block = 1; block <= 3; ++block) {
    add(run, "base", block, 100);
    add(run, "a", block, 1010);
    add(run, "b", block, 1000 * wobble[block - 1]);
    add(run, "c", block, 990 * wobble[3 - block]);
  }
  return run;
}

TEST(Headline, OneOfAllThatCanBeTheFastest) {
  EXPECT_EQ(
      summarize(three_leaders()).sentence,
      "a is ahead, but 3 blocks cannot tell the two apart: 1010 requests/s, 1.01 times [0.94, "
      "1.09] as many as b, the next, with 1000 requests/s; the fastest is one of a, b and c (95 "
      "%). b and c may be the fastest, too; about 64 planned blocks would tell, if they are like "
      "these: the same command with --blocks 64.");
}

TEST(Headline, AheadOfTheNextIsNotYetTheFastest) {
  record::Run run = three_leaders();
  for (int block = 4; block <= 6; ++block) {
    add(run, "a", block, 1000, record::Purpose::confirmation);
    add(run, "b", block, 900, record::Purpose::confirmation);
  }
  EXPECT_EQ(
      summarize(run).sentence,
      "a is ahead of b over 3 fresh blocks: 1000 requests/s, 1.11 times [1.11, 1.11] as many "
      "as b, the next, with 900 requests/s; the fastest is one of a and c (95 %). c may be "
      "the fastest, too; about 20 planned blocks would tell, if they are like these: the same "
      "command with --blocks 20.");
}

TEST(Headline, TheFastestIsAheadOfAllThatCouldBe) {
  record::Run run = run_of({"base", "a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "base", block, 100);
    add(run, "a", block, 1200 + block);
    add(run, "b", block, 1000);
  }
  EXPECT_THAT(summarize(run).sentence,
              StartsWith("a is the fastest: 1202 requests/s, 1.20 times [1.20, 1.20] as many as b, "
                         "the next, with 1000 requests/s; sure at 95 % over 3 blocks."));
}

TEST(Headline, WhoHasTooFewTrialsIsNoCandidate) {
  record::Run run = run_of({"base", "a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1200 + block);
    add(run, "b", block, 1000);
    add(run, "base", block, 100).verdict.valid = block > 1;
  }
  const std::string sentence = summarize(run).sentence;
  EXPECT_THAT(sentence, StartsWith("a is the fastest: 1202 requests/s"));
  EXPECT_THAT(sentence, EndsWith("over 3 blocks. base has no place: fewer than 3 valid trials."));
}

TEST(Headline, SaysThatTheLimitersAreUnlike) {
  record::Run run = run_of({"a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "a", block, 1000).limiter.name = "workers";
    add(run, "b", block, 2000).limiter.name = "cpu";
  }
  EXPECT_THAT(summarize(run).sentence,
              EndsWith("(b was limited by cpu, a by workers: other settings may change the "
                       "answer)."));
  for (auto& trial : run.trials) trial.limiter.name = "cpu";
  EXPECT_THAT(summarize(run).sentence, Not(HasSubstr("limited")));
}

TEST(Headline, RatesAreThoseOfTheBlocksThatBothHave) {
  record::Run run = run_of({"base", "a", "b"});
  for (int block = 1; block <= 3; ++block) {
    add(run, "base", block, 100);
    add(run, "a", block, 1200 + block);
    add(run, "b", block, 1000);
  }
  add(run, "b", 4, 2000);  // a block that was good for it, and that a does not have
  EXPECT_THAT(summarize(run).sentence, HasSubstr("1202 requests/s, 1.20 times [1.20, 1.20] as many "
                                                 "as b, the next, with 1000 requests/s"));
}

TEST(Headline, WhoServedLessIsNotCalledAhead) {
  record::Run run = run_of({"base", "a", "b"});
  const double wobble[] = {0.9, 1.0, 1.1};
  for (int block = 1; block <= 3; ++block) {
    add(run, "base", block, 100);
    add(run, "a", block, 1010);
    add(run, "b", block, 1000);
  }
  for (int block = 4; block <= 6; ++block) {
    add(run, "a", block, 980 * wobble[block - 4], record::Purpose::confirmation);
    add(run, "b", block, 1000, record::Purpose::confirmation);
  }
  EXPECT_THAT(summarize(run).sentence,
              StartsWith("a led in the planned blocks, but 3 fresh blocks cannot tell the two "
                         "apart: 977 requests/s, 0.98 times"));
}

TEST(Headline, WhoLeadsBesideTheBaselineAloneIsNotCalledAhead) {
  record::Run run = run_of({"base", "a", "b"});
  for (int block = 1; block <= 2; ++block) {
    add(run, "base", block, 100);
    add(run, "a", block, 990);
    add(run, "b", block, 1000);
  }
  add(run, "base", 3, 50);  // where only a was measured beside it
  add(run, "a", 3, 990);
  EXPECT_THAT(summarize(run).sentence,
              StartsWith("a leads beside the baseline: 990 requests/s, 0.99 times as many as b, "
                         "the next, with 1000 requests/s; without an interval"));
}

TEST(Headline, ManyAreCounted) {
  const std::string labels[] = {"a", "b", "c", "d", "e", "f", "g"};
  EXPECT_EQ(listed(labels), "a, b, c, d and 3 more");
  EXPECT_EQ(listed(std::span(labels).first(5)), "a, b, c, d and e");
  EXPECT_EQ(listed(std::span(labels).first(2)), "a and b");
  EXPECT_EQ(listed(std::span(labels).first(1)), "a");
}

}  // namespace
}  // namespace unrig::analysis
