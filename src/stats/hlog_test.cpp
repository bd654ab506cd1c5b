#include "stats/hlog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>

#include <chrono>
#include <vector>

namespace unrig::stats {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string bytes_of(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

/// Another base64 than the one under test.
std::string base64(const std::string& bytes) {
  std::string text(4 * (bytes.size() / 3 + 1) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}
std::string from_base64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  return bytes;
}

std::string big_endian(std::uint64_t value, int size) {
  std::string bytes;
  for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

/// A histogram in the encoding, from its parts.
struct Parts {
  std::uint64_t cookie = 0x1c849313;
  std::uint64_t digits = 3;
  std::uint64_t lowest = 1;
  std::string counts;
  int length_off_by = 0;
  int outer_length_off_by = 0;
};
std::string encoded(const Parts& parts) {
  const std::string plain =
      big_endian(parts.cookie, 4) +
      big_endian(parts.counts.size() + static_cast<std::size_t>(parts.length_off_by), 4) +
      big_endian(0, 4) + big_endian(parts.digits, 4) + big_endian(parts.lowest, 8) +
      big_endian(1'000'000'000, 8) + big_endian(0x3ff0000000000000, 8) + parts.counts;
  uLongf size = compressBound(plain.size());
  std::string small(size, '\0');
  compress(reinterpret_cast<Bytef*>(small.data()), &size,
           reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  small.resize(size);
  return base64(big_endian(0x1c849314, 4) +
                big_endian(small.size() + static_cast<std::size_t>(parts.outer_length_off_by), 4) +
                small);
}

// The example in the README of hdr-histogram-js: one value of 42.
TEST(DecodeHistogram, ReadsAPublishedExample) {
  const auto histogram = decode_histogram("HISTFAAAAB542pNpmSzMwMDAxAABzFCaEUoz2X+AMIKZAEARAtM=");
  ASSERT_TRUE(histogram);
  EXPECT_EQ(histogram->count(), 1U);
  EXPECT_EQ(histogram->min(), 42ns);
  EXPECT_EQ(histogram->max(), 42ns);
}

// Worked by hand: slots 0 to 4 hold 0, 3, 0, 0, 64 values. One empty slot is a 0, two are -2, a
// number n is 2n and -n is 2n - 1: 0, 6, 3, 128 = 0x80 0x01.
TEST(EncodeHistogram, WorkedByHand) {
  Histogram histogram;
  histogram.record(1ns, 3);
  histogram.record(4ns, 64);
  const std::string bytes = from_base64(encode_histogram(histogram));
  EXPECT_EQ(bytes.substr(0, 4), bytes_of({0x1c, 0x84, 0x93, 0x14}));
  std::string plain(100, '\0');
  uLongf size = plain.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
                       reinterpret_cast<const Bytef*>(bytes.data()) + 8, bytes.size() - 8),
            Z_OK);
  plain.resize(size);
  EXPECT_EQ(plain, bytes_of({0x1c, 0x84, 0x93, 0x13}) + bytes_of({0, 0, 0, 5}) +
                       bytes_of({0, 0, 0, 0}) + bytes_of({0, 0, 0, 3}) +
                       bytes_of({0, 0, 0, 0, 0, 0, 0, 1}) +
                       bytes_of({0, 0, 0x03, 0x46, 0x30, 0xb8, 0xa0, 0x00}) +
                       bytes_of({0x3f, 0xf0, 0, 0, 0, 0, 0, 0}) + bytes_of({0, 6, 3, 0x80, 0x01}));
}

RC_GTEST_PROP(EncodeHistogram, EverySlotComesBack, ()) {
  const auto values = *rc::gen::container<std::vector<std::pair<std::int64_t, std::int64_t>>>(
      rc::gen::pair(rc::gen::inRange<std::int64_t>(0, 3'600'000'000'000),
                    rc::gen::inRange<std::int64_t>(1, std::int64_t{1} << 50)));
  Histogram histogram;
  for (const auto& [value, count] : values) {
    histogram.record(Duration(value), static_cast<std::uint64_t>(count));
  }
  const auto back = decode_histogram(encode_histogram(histogram));
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->count() == histogram.count());
  RC_ASSERT(std::ranges::equal(back->counts(), histogram.counts()));
  RC_ASSERT(back->min() <= histogram.min());
  RC_ASSERT(back->max() >= histogram.max());
}

TEST(EncodeHistogram, EmptyAndExtremeOnesComeBack) {
  EXPECT_EQ(decode_histogram(encode_histogram(Histogram()))->count(), 0U);
  Histogram histogram;
  histogram.record(0ns, (std::uint64_t{1} << 62) - 1);  // nine bytes
  histogram.record(1h);
  const auto back = decode_histogram(encode_histogram(histogram));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->count(), std::uint64_t{1} << 62);
  EXPECT_EQ(back->max(), 1h);
  EXPECT_EQ(back->min(), 0ns);
}

// By hand: 63 is 126 = 0x7e, 64 is 128 = 0x80 0x01, as are -64 = 0x7f and -65 = 0x81 0x01; 8192 is
// 16384 = 0x80 0x80 0x01.
TEST(EncodeHistogram, WordsGrowByTheByte) {
  for (const std::uint64_t count : {1ul, 63ul, 64ul, 8191ul, 8192ul, 1ul << 20, 1ul << 54,
                                    1ul << 55, 1ul << 56, (1ul << 62) - 1}) {
    Histogram histogram;
    histogram.record(65ns, count);
    const auto back = decode_histogram(encode_histogram(histogram));
    ASSERT_TRUE(back) << count;
    EXPECT_EQ(back->count(), count);
    EXPECT_EQ(back->max(), 65ns);
    EXPECT_EQ(back->min(), 65ns);
  }
  const auto of = [](std::initializer_list<int> counts) {
    return decode_histogram(encoded({.counts = bytes_of(counts)}));
  };
  EXPECT_EQ(of({0x7e})->count(), 63U);
  EXPECT_EQ(of({0x80, 0x01})->count(), 64U);
  EXPECT_EQ(of({0x7f, 2})->max(), 64ns);
  EXPECT_EQ(of({0x81, 0x01, 2})->max(), 65ns);
  EXPECT_EQ(of({0x80, 0x80, 0x01})->count(), 8192U);
}

TEST(DecodeHistogram, TakesTheFinestPrecisionAndTheLargestUnit) {
  // Five digits: 262,144 slots of one unit each, so slot 3 is [3, 3].
  const auto fine = decode_histogram(encoded({.digits = 5, .counts = bytes_of({5, 2})}));
  ASSERT_TRUE(fine);
  EXPECT_EQ(fine->max(), 3ns);
  // Units of 2^40 ns, some 18 minutes.
  const auto coarse =
      decode_histogram(encoded({.lowest = std::uint64_t{1} << 40, .counts = bytes_of({1, 2})}));
  ASSERT_TRUE(coarse);
  EXPECT_EQ(coarse->max(), 2'199'023'255'551ns);
}

// By hand, no digits: 1 in [4, 7], 2 in [8, 15], 1 in [16, 31].
TEST(DecodeHistogram, SlotsBetweenGiveTheirMiddles) {
  const auto histogram = decode_histogram(
      encoded({.digits = 0, .counts = bytes_of({5, 2, 4, 2})}));  // -3, 1, 2, 1: [4, 7], [8, 15] …
  ASSERT_TRUE(histogram);
  EXPECT_EQ(histogram->count(), 4U);
  EXPECT_EQ(histogram->min(), 4ns);
  EXPECT_EQ(histogram->quantile(0.5), 11ns);
  EXPECT_EQ(histogram->max(), 31ns);
}

// By hand, two digits and units of 2^10: 256 slots of 1024, then 128 of 2048, and so on. Slot 256
// is [262144, 264191].
TEST(DecodeHistogram, OtherPrecisionsFindTheirValues) {
  const std::string counts = bytes_of({0xff, 0x03, 2});  // -256, 1
  const auto histogram = decode_histogram(encoded({.digits = 2, .lowest = 1024, .counts = counts}));
  ASSERT_TRUE(histogram) << histogram.error().what;
  EXPECT_EQ(histogram->count(), 1U);
  EXPECT_EQ(histogram->max(), 264'191ns);
}

// By hand, no digits: 2 slots of 1, then one of 2, one of 4, one of 8. Slot 4 is [8, 15].
TEST(DecodeHistogram, NoDigitsMeansPowersOfTwo) {
  const auto histogram = decode_histogram(encoded({.digits = 0, .counts = bytes_of({7, 2, 2})}));
  ASSERT_TRUE(histogram);
  EXPECT_EQ(histogram->min(), 8ns);
  EXPECT_EQ(histogram->max(), 31ns);
}

TEST(DecodeHistogram, FirstAndLastSlotGiveTheirEnds) {
  // Slot 2048 is [2048, 2049], slot 2049 [2050, 2051]: -2048 is 4095 = 0xff 0x1f.
  const auto histogram = decode_histogram(encoded({.counts = bytes_of({0xff, 0x1f, 4, 4})}));
  ASSERT_TRUE(histogram);
  EXPECT_EQ(histogram->count(), 4U);
  EXPECT_EQ(histogram->min(), 2048ns);
  EXPECT_EQ(histogram->max(), 2051ns);
}

TEST(DecodeHistogram, ValuesAreInTheUnitOfTheLog) {
  const auto histogram = decode_histogram(encoded({.counts = bytes_of({7, 2})}), 1ms);  // -4, 1
  ASSERT_TRUE(histogram);
  EXPECT_EQ(histogram->max(), 4ms);
  // Slot 25001 ends at 12163481599 hours, which is 1 h here, and no overflow into the negative.
  const std::string far = bytes_of({0xd1, 0x86, 0x3, 2});
  const auto beyond = decode_histogram(encoded({.counts = far}), 1h);
  ASSERT_TRUE(beyond) << beyond.error().what;
  EXPECT_EQ(beyond->max(), 1h);
}

struct BadCase {
  std::string blob;
  const char* why;
};
class DecodeHistogramBad : public testing::TestWithParam<BadCase> {};

TEST_P(DecodeHistogramBad, IsAnErrorWithItsReason) {
  const auto histogram = decode_histogram(GetParam().blob);
  ASSERT_FALSE(histogram);
  EXPECT_EQ(histogram.error().kind, ErrorKind::usage);
  EXPECT_THAT(histogram.error().what, HasSubstr(GetParam().why));
}
INSTANTIATE_TEST_SUITE_P(
    Blobs, DecodeHistogramBad,
    testing::Values(
        BadCase{"", "compressed V2"}, BadCase{"HISTF", "base64"}, BadCase{"HIST====", "base64"},
        BadCase{"HIS\nFAAA", "base64"}, BadCase{"HISTFAAA", "compressed V2"},
        BadCase{"HISTFAAAAAA=", "zlib"}, BadCase{"HISTFAAAAARBQUFB", "zlib"},
        BadCase{encoded({.outer_length_off_by = 1}), "wrong length"},
        BadCase{encoded({.cookie = 0x1c849301}), "V2"},
        BadCase{encoded({.length_off_by = 1}), "wrong length"},
        BadCase{encoded({.digits = 6}), "digits"}, BadCase{encoded({.lowest = 0}), "lowest"},
        BadCase{encoded({.lowest = std::uint64_t{1} << 63}), "lowest"},
        BadCase{encoded({.counts = bytes_of({0x80})}), "middle"},
        // A run of 2^63 empty slots, and two counts whose sum is 2^63.
        BadCase{encoded({.counts = std::string(9, '\xff')}), "beyond all values"},
        BadCase{encoded({.counts = std::string("\xff\xff\xff\x7f\x02", 5)}), "beyond all values"},
        BadCase{
            encoded({.counts = std::string(8, '\x80') + "\x7f" + std::string(8, '\x80') + "\x7f"}),
            "impossibly large"},
        // Two MiB of empty slots deflate to two KiB.
        BadCase{encoded({.counts = std::string(2 << 20, '\0')}), "1 MiB"}));

std::vector<LogInterval> intervals_of(std::string_view text) {
  std::vector<LogInterval> intervals;
  const auto read = read_hlog(text, [&](const LogInterval& i) { intervals.push_back(i); });
  EXPECT_TRUE(read) << (read ? "" : read.error().what);
  return intervals;
}

TEST(Hlog, ReadsWhatIsWritten) {
  LogInterval first{.tag = "flask-gunicorn", .start_s = 0.127, .length_s = 1.007, .histogram = {}};
  first.histogram.record(2769us);
  LogInterval second{.tag = "", .start_s = 1.134, .length_s = 0.999, .histogram = {}};
  const std::string text =
      hlog_head(WallTime(1'441'812'279'474ms)) + hlog_line(first) + hlog_line(second);
  EXPECT_THAT(text, HasSubstr("#[Histogram log format version 1.3]\n"
                              "#[StartTime: 1441812279.474 (seconds since epoch), "
                              "2015-09-09T15:24:39Z]\n"
                              "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                              "\"Interval_Compressed_Histogram\"\n"
                              "Tag=flask-gunicorn,0.127,1.007,2.769,HISTFA"));
  const std::vector<LogInterval> intervals = intervals_of(text);
  ASSERT_EQ(intervals.size(), 2U);
  EXPECT_EQ(intervals[0].tag, "flask-gunicorn");
  EXPECT_EQ(intervals[0].start_s, 0.127);
  EXPECT_EQ(intervals[0].length_s, 1.007);
  EXPECT_EQ(intervals[0].histogram.count(), 1U);
  EXPECT_EQ(intervals[1].tag, "");
  EXPECT_EQ(intervals[1].histogram.count(), 0U);
}

TEST(Hlog, TakesTheOlderVersionAndNone) {
  const std::string line = hlog_line({.tag = "", .start_s = 0, .length_s = 1, .histogram = {}});
  EXPECT_EQ(intervals_of("#[Histogram log format version 1.2]\r\n\r\n" + line).size(), 1U);
  EXPECT_EQ(intervals_of("#[BaseTime: 0.0 (seconds since epoch)]\n" + line).size(), 1U);
  EXPECT_EQ(intervals_of("").size(), 0U);
}

TEST(Hlog, BadLinesSayWhereAndWhy) {
  const std::string good = hlog_line({.tag = "", .start_s = 0, .length_s = 1, .histogram = {}});
  const std::pair<std::string, const char*> cases[] = {
      {"#[Histogram log format version 2.0]\n", "line 1: a version"},
      {good + "1,2\n", "line 2: not start"},
      {good + "a,1,2,HISTFAAA\n", "line 2: not start"},
      {"inf,1,2,HISTFAAA\n", "line 1: not start"},
      {"Tag=x\n", "line 1: not start"},
      {"0,1,2,HISTFAAA\n", "line 1: not a histogram"},
      {"0,1,2,\n", "line 1: not a histogram"},
      {"\x1b]0;x,1,2,3\n", "\\x1b]0;x"},
  };
  for (const auto& [text, why] : cases) {
    const auto read = read_hlog(text, [](const LogInterval&) {});
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::usage);
    EXPECT_THAT(read.error().what, HasSubstr(why));
  }
}

}  // namespace
}  // namespace unrig::stats
