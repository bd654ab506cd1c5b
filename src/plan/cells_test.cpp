#include "plan/cells.h"

#include <gtest/gtest.h>

namespace unrig::plan {
namespace {

TEST(Cells, TheDoubleIsTheBaselineUnderAnotherLabel) {
  const record::Cell own{.stack = "flask-gunicorn",
                         .workers = 7,
                         .label = "flask-gunicorn@2020",
                         .knobs = {{"db.delay", "\"1ms\""}}};
  const record::Cell again = double_of(own);
  EXPECT_EQ(again.label, "flask-gunicorn@2020 (again)");
  EXPECT_EQ(again.role, record::Role::baseline_double);
  EXPECT_EQ(again.stack, own.stack);
  EXPECT_EQ(again.workers, 7);
  EXPECT_EQ(again.knobs, own.knobs);
}

}  // namespace
}  // namespace unrig::plan
