#include "report/warm_text.h"

#include <gtest/gtest.h>

namespace unrig::report {
namespace {

record::Trial trial(const std::string& label, std::optional<record::WarmUp> warmed) {
  record::Trial made;
  made.label = label;
  made.warmed = std::move(warmed);
  return made;
}

TEST(WarmText, SaysOfEachStackWhatItTook) {
  record::Run run;
  run.manifest.cells = {{.label = "a"}, {.label = "b"}, {.label = "c"}};
  run.trials = {trial("b", {{.seconds = 18, .levels = {1, 2}}}),
                trial("a", {{.seconds = 6, .held = true}}),
                trial("b", {{.seconds = 8, .held = true}}),
                trial("a", {{.seconds = 6, .held = true}}), trial("c", {})};
  EXPECT_EQ(warm_text(run),
            "Warmed up until the level held:\n"
            "  a: 6 s more in 2 trials\n"
            "  b: 8 to 18 s more in 2 trials; in 1 of them it did not hold by then\n");
}

TEST(WarmText, WhereNothingWasExtendedIsNone) {
  record::Run run;
  run.manifest.cells = {{.label = "a"}};
  run.trials = {trial("a", {})};
  EXPECT_EQ(warm_text(run), "");
}

}  // namespace
}  // namespace unrig::report
