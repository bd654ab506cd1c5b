#include "host/pressure.h"

#include <gtest/gtest.h>

namespace unrig::host {
namespace {

using std::chrono::microseconds;

TEST(Pressure, IsTheTotalOfSome) {
  EXPECT_EQ(parse_pressure("some avg10=6.07 avg60=7.70 avg300=12.34 total=34238868204\n"
                           "full avg10=0.00 avg60=0.00 avg300=0.00 total=17\n"),
            microseconds(34'238'868'204));
}

TEST(Pressure, OfAnotherTextIsNotZero) {
  for (const char* text : {"", "some avg10=0.00", "full avg10=0.00 total=17\n",
                           "some avg10=0.00 total=x\n", "\nsome avg10=0.00 total=1\n"}) {
    EXPECT_FALSE(parse_pressure(text)) << text;
  }
}

}  // namespace
}  // namespace unrig::host
