#include "report/limiters_text.h"

#include <gtest/gtest.h>

namespace unrig::report {
namespace {

analysis::Row row_of(const char* label, record::Limiter limiter) {
  analysis::Row row;
  row.cell.label = label;
  row.valid_trials = 3;
  row.limiter = std::move(limiter);
  return row;
}

TEST(LimitersText, SaysWhatSpeaksForItAndWhatIsNextToIt) {
  analysis::Summary summary;
  summary.rows.push_back(
      row_of("loop", {.name = "event loop",
                      .confirmed = true,
                      .evidence = {"its busiest thread ran 89 % of the time", "100 under way"},
                      .suspects = {{.name = "event loop", .margin = 0.11},
                                   {.name = "cpu", .margin = 0.2, .evidence = {"80 % busy", "b"}},
                                   {.name = "clients", .margin = 0.5, .evidence = {"half wait"}},
                                   {.name = "proxy", .margin = 0.87, .evidence = {"13 %"}},
                                   {.name = "pooler", .margin = 0.8, .evidence = {"20 %"}},
                                   {.name = "database", .evidence = {"not checked: silent"}}}}));
  EXPECT_EQ(limiters_text(summary),
            "What limited them, by rules over what was seen of one trial of each:\n"
            "  loop: event loop, confirmed\n"
            "    its busiest thread ran 89 % of the time\n"
            "    100 under way\n"
            "    then cpu, 20 % left: 80 % busy; b\n"
            "    then clients, 50 % left: half wait\n"
            "    far from their limit: proxy 87 % left, pooler 80 % left\n"
            "    without a measure: database (not checked: silent)\n");
}

TEST(LimitersText, OfTrialsThatWereOnlyDisturbedIsGivenToo) {
  analysis::Summary summary;
  analysis::Row disturbed = row_of("a", {});
  disturbed.valid_trials = 0;
  summary.rows = {disturbed};
  EXPECT_EQ(limiters_text(summary), "") << "nothing was measured";
  summary.rows[0].disturbed.emplace();
  summary.rows[0].disturbed->limiter = {.name = "workers", .evidence = {"7 of 7 busy"}};
  EXPECT_EQ(limiters_text(summary),
            "What limited them, by rules over what was seen of one trial of each:\n"
            "  a: workers\n"
            "    7 of 7 busy\n");
}

TEST(LimitersText, OfAnEarlierVersionThereIsTheEvidenceAlone) {
  analysis::Summary summary;
  summary.rows = {row_of("a\x1b", {.name = "cpu", .evidence = {"95 % busy"}})};
  EXPECT_EQ(limiters_text(summary),
            "What limited them, by rules over what was seen of one trial of each:\n"
            "  a\\x1b: cpu\n"
            "    95 % busy\n");
}

}  // namespace
}  // namespace unrig::report
