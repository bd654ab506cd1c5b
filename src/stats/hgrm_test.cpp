#include "stats/hgrm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace unrig::stats {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Worked by hand, one tick per halving: levels 0, 50, 75, 87.5 %. Of the values 1, 2, 3 and 4 the
// first reaches 25 % (level 0), the second 50 % (50), the third 75 % (75), the last 100 % (87.5,
// and the closing row). Mean 2.5; deviation sqrt(5 / 4) = 1.118.
TEST(ToHgrm, WorkedByHand) {
  Histogram histogram;
  for (int i = 1; i <= 4; ++i) histogram.record(Duration(i));
  EXPECT_EQ(to_hgrm(histogram, 1ns, 1),
            "       Value     Percentile TotalCount 1/(1-Percentile)\n"
            "\n"
            "       1.000 0.000000000000          1           1.00\n"
            "       2.000 0.500000000000          2           2.00\n"
            "       3.000 0.750000000000          3           4.00\n"
            "       4.000 0.875000000000          4           8.00\n"
            "       4.000 1.000000000000          4\n"
            "#[Mean    =        2.500, StdDeviation   =        1.118]\n"
            "#[Max     =        4.000, Total count    =            4]\n"
            "#[Buckets =           32, SubBuckets     =         2048]\n");
}

// Two ticks per halving: levels 0, 25, 50, 62.5, 75, 81.25 %, of which each value has those that it
// reaches and no value before it.
TEST(ToHgrm, TicksDivideEachHalf) {
  Histogram histogram;
  for (int i = 1; i <= 4; ++i) histogram.record(Duration(i));
  const auto read = parse_hgrm(to_hgrm(histogram, 1ns, 2));
  ASSERT_TRUE(read);
  const std::pair<double, double> expected[] = {{1, 0},    {1, 0.25},   {2, 0.5}, {3, 0.625},
                                                {3, 0.75}, {4, 0.8125}, {4, 1}};
  ASSERT_EQ(read->rows.size(), std::size(expected));
  for (std::size_t i = 0; i < read->rows.size(); ++i) {
    EXPECT_EQ(read->rows[i].value, expected[i].first) << i;
    EXPECT_EQ(read->rows[i].percentile, expected[i].second) << i;
  }
}

TEST(ToHgrm, OfNothingHasNoRows) {
  EXPECT_EQ(to_hgrm(Histogram()),
            "       Value     Percentile TotalCount 1/(1-Percentile)\n"
            "\n"
            "#[Mean    =        0.000, StdDeviation   =        0.000]\n"
            "#[Max     =        0.000, Total count    =            0]\n"
            "#[Buckets =           32, SubBuckets     =         2048]\n");
}

TEST(ToHgrm, EndsEvenWhereLevelsCanNoLongerBeToldFrom100) {
  Histogram histogram;
  histogram.record(1ms, std::uint64_t{1} << 60);
  histogram.record(2ms);
  const auto read = parse_hgrm(to_hgrm(histogram));
  ASSERT_TRUE(read);
  EXPECT_LT(read->rows.size(), 400U);
  EXPECT_EQ(read->rows.back().percentile, 1);
}

TEST(ParseHgrm, ReadsWhatIsWritten) {
  Histogram histogram;
  for (int i = 0; i < 10'000; ++i) histogram.record(1ms);
  histogram.record(100s);
  const auto read = parse_hgrm(to_hgrm(histogram));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->total_count, 10'001U);
  EXPECT_EQ(read->max, 1e8);  // microseconds
  EXPECT_NEAR(read->mean, histogram.mean_ns() / 1000, 0.001);
  EXPECT_NEAR(read->standard_deviation, histogram.standard_deviation_ns() / 1000, 0.001);
  EXPECT_NEAR(read->rows.front().value, 1000, 1);
  EXPECT_EQ(read->rows.front().total_count, 10'000U);
  EXPECT_NEAR(read->rows.back().value, 1e8, 1e5);
  EXPECT_EQ(read->rows.back().percentile, 1);
}

constexpr std::string_view head = "Value Percentile TotalCount 1/(1-Percentile)\n\n";
constexpr std::string_view foot =
    "#[Mean = 1.5, StdDeviation = 0.5]\r\n#[Max = 2, Total count = 2]\r\n#[Buckets = 1]\n";

TEST(ParseHgrm, TakesTheLastRowAsOthersWriteIt) {
  for (const std::string_view last : {"2 1 2", "2 1.0 2 inf", "2 1.0 2 Infinity", "2 1 2 8.0"}) {
    const auto read = parse_hgrm(std::string(head) + "1 0 1 1.00\r\n" + std::string(last) + "\n" +
                                 std::string(foot));
    ASSERT_TRUE(read) << last;
    EXPECT_EQ(read->rows.size(), 2U);
    EXPECT_EQ(read->mean, 1.5);
    EXPECT_EQ(read->standard_deviation, 0.5);
    EXPECT_EQ(read->max, 2);
    EXPECT_EQ(read->total_count, 2U);
  }
}

TEST(ParseHgrm, FootersNeedNoBlanks) {
  const auto read = parse_hgrm(std::string(head) +
                               "1 0 1 1.00\n2 1 2\n#[Mean=1.5,StdDeviation=0.5]\n"
                               "#[Max=2,Total count=2]\n#[Buckets=1]\n");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->mean, 1.5);
  EXPECT_EQ(read->total_count, 2U);
}

TEST(ParseHgrm, ColumnsStandApartByBlanksAndTabs) {
  const auto read = parse_hgrm("Value\tPercentile \t TotalCount 1/(1-Percentile)\n1\t0.5  1\t2\n" +
                               std::string(foot));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->rows.size(), 1U);
  EXPECT_EQ(read->rows[0].value, 1);
  EXPECT_EQ(read->rows[0].percentile, 0.5);
  EXPECT_EQ(read->rows[0].total_count, 1U);
}

TEST(ParseHgrm, QuotesTheStartOfALongLine) {
  const auto read = parse_hgrm(std::string(1000, 'x'));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what, "line 1: no HdrHistogram percentiles: " + std::string(80, 'x'));
}

struct BadCase {
  const char* text;
  const char* why;
};
class ParseHgrmBad : public testing::TestWithParam<BadCase> {};

TEST_P(ParseHgrmBad, SaysWhereAndWhy) {
  const auto read = parse_hgrm(GetParam().text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::usage);
  EXPECT_THAT(read.error().what, HasSubstr(GetParam().why));
}
#define HEAD "Value Percentile TotalCount 1/(1-Percentile)\n"
INSTANTIATE_TEST_SUITE_P(
    Rows, ParseHgrmBad,
    testing::Values(BadCase{"", "end before"}, BadCase{"hello\n", "line 1: no HdrHistogram"},
                    BadCase{HEAD "1 0 1\n", "end before"},
                    BadCase{HEAD "one 0 1\n", "line 2: not a row"},
                    BadCase{HEAD "1 0\n", "line 2: not a row"},
                    BadCase{HEAD "1 0 1 1 1\n", "line 2: not a row"},
                    BadCase{HEAD "1 0 -1\n", "line 2: not a row"},
                    BadCase{HEAD "1 1.5 1\n", "line 2: not a row"},
                    BadCase{HEAD "1 -0.5 1\n", "line 2: not a row"},
                    BadCase{HEAD "1 0 one\n", "line 2: not a row"},
                    BadCase{HEAD "1 none 1\n", "line 2: not a row"},
                    BadCase{HEAD "inf 0.5 1\n", "line 2: not a row"},
                    BadCase{HEAD "#[Mean = 1, StdDeviation = 1]\n", "end before"},
                    BadCase{HEAD "#[Max = 1, Total count = 1]\n", "end before"},
                    BadCase{HEAD "#[Mean 1, StdDeviation = 1]\n", "line 2: no mean"},
                    BadCase{HEAD "nan 0.5 1\n", "line 2: not a row"},
                    BadCase{HEAD "1 nan 1\n", "line 2: not a row"},
                    BadCase{HEAD "1 0 1 x\n", "line 2: not a row"},
                    BadCase{HEAD "2 0 1\n1 0.5 2\n", "line 3: less than"},
                    BadCase{HEAD "2 0.5 1\n2 0.4 2\n", "line 3: less than"},
                    BadCase{HEAD "2 0.5 2\n2 0.5 1\n", "line 3: less than"},
                    BadCase{HEAD "#[Mean = x, StdDeviation = 1]\n", "line 2: no mean"},
                    BadCase{HEAD "#[Mean = 1]\n", "line 2: no mean"},
                    BadCase{HEAD "#[Max = 1]\n", "line 2: no maximum"},
                    BadCase{HEAD "\x1b[2J\n", "\\x1b[2J"}));
#undef HEAD

}  // namespace
}  // namespace unrig::stats
