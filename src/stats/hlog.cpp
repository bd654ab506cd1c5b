#include "stats/hlog.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>

#include "base/base64.h"
#include "base/deflate.h"
#include "base/number.h"
#include "base/text.h"

namespace unrig::stats {
namespace {

// The low digit of the third byte marks words of variable length (ZigZag LEB128).
constexpr std::uint32_t cookie_plain = 0x1c849313;
constexpr std::uint32_t cookie_compressed = 0x1c849314;
constexpr std::size_t head_bytes = 40;
/// More than 100,000 slots in use, three times as many as a histogram here has.
constexpr std::size_t counts_bytes_max = 1 << 20;

constexpr std::string_view legend =
    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"";

std::unexpected<Error> bad(std::string what) {
  return fail(ErrorKind::usage, std::move(what));
}

void put_big_endian(std::string& bytes, std::uint64_t value, int size) {
  for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

/// Takes `size` bytes from the front; the caller has checked that they are there.
std::uint64_t take_big_endian(std::string_view& bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (const char byte : bytes.substr(0, size))
    value = value << 8 | static_cast<unsigned char>(byte);
  bytes.remove_prefix(size);
  return value;
}

/// ZigZag LEB128 of at most 9 bytes: seven bits each and the sign in the lowest; the ninth byte has
/// all eight.
void put_word(std::string& bytes, std::int64_t number) {
  std::uint64_t rest =
      static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
  for (int i = 0; i < 8 && rest >= 0x80; ++i, rest >>= 7) bytes += static_cast<char>(rest | 0x80);
  bytes += static_cast<char>(rest);
}

std::optional<std::int64_t> take_word(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 9; ++i) {
    if (bytes.empty()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    const std::uint64_t part = i < 8 ? byte & 0x7fU : byte;
    value |= part << (7 * i);
    if (byte < 0x80) break;
  }
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

/// The counts up to the highest slot in use. A run of empty slots is its length, negative.
std::string counts_of(const Histogram& histogram) {
  std::string bytes;
  if (histogram.count() == 0) return bytes;
  const auto counts = histogram.counts().first(Histogram::slot_of(histogram.max().count()) + 1);
  for (std::size_t slot = 0; slot < counts.size(); ++slot) {
    std::int64_t empty = 0;
    for (; counts[slot] == 0; ++slot) ++empty;
    if (empty > 0) put_word(bytes, empty == 1 ? 0 : -empty);
    put_word(bytes, static_cast<std::int64_t>(counts[slot]));
  }
  return bytes;
}

/// Where the slots of a histogram of any precision lie.
class SlotLayout {
 public:
  /// Error: usage, when no histogram can have these.
  static Result<SlotLayout> of(std::uint64_t digits, std::uint64_t lowest) {
    if (digits > 5) return bad("more than 5 significant digits");
    if (lowest == 0 || lowest > std::uint64_t{1} << 40) return bad("an impossible lowest value");
    std::uint64_t single_units = 2;
    for (std::uint64_t i = 0; i < digits; ++i) single_units *= 10;
    return SlotLayout(static_cast<int>(std::bit_width(lowest)) - 1,
                      static_cast<int>(std::bit_width(single_units - 1)));
  }

  struct Range {
    std::int64_t lowest;
    std::int64_t highest;
  };
  /// Empty when the slot lies beyond 2^63.
  [[nodiscard]] std::optional<Range> at(std::uint64_t slot) const {
    const std::uint64_t half = std::uint64_t{1} << (sub_slot_bits_ - 1);
    const std::uint64_t doubling = slot < 2 * half ? 0 : slot / half - 1;
    if (doubling + static_cast<std::uint64_t>(unit_bits_ + sub_slot_bits_) > 63) {
      return std::nullopt;
    }
    const std::uint64_t shift = doubling + static_cast<std::uint64_t>(unit_bits_);
    const auto lowest = static_cast<std::int64_t>((slot - doubling * half) << shift);
    return Range{.lowest = lowest, .highest = lowest + ((std::int64_t{1} << shift) - 1)};
  }

 private:
  SlotLayout(int unit_bits, int sub_slot_bits)
      : unit_bits_(unit_bits), sub_slot_bits_(sub_slot_bits) {}

  int unit_bits_;      // values are counted in units of 2^this
  int sub_slot_bits_;  // of the lowest slots, each one unit wide; at least 1
};

/// Fills a histogram slot by slot, in rising order. The first value is put at the lower end of its
/// slot, the last at the upper end, all others in the middle.
class Refill {
 public:
  explicit Refill(Duration unit) : unit_(unit) {}

  void add(SlotLayout::Range range, std::uint64_t count) {
    flush();
    waiting_ = range;
    waiting_count_ = count;
  }
  Histogram finish() {
    if (waiting_count_ > 0) {
      histogram_.record(scaled(waiting_.highest));
      --waiting_count_;
    }
    flush();
    return std::move(histogram_);
  }
  [[nodiscard]] std::uint64_t count() const { return histogram_.count() + waiting_count_; }

 private:
  void flush() {
    if (waiting_count_ == 0) return;
    if (first_) histogram_.record(scaled(waiting_.lowest));
    const auto middle = waiting_.lowest + (waiting_.highest - waiting_.lowest) / 2;
    histogram_.record(scaled(middle), waiting_count_ - (first_ ? 1 : 0));
    first_ = false;
    waiting_count_ = 0;
  }
  [[nodiscard]] Duration scaled(std::int64_t value) const {
    return value > Histogram::highest / unit_ ? Histogram::highest : value * unit_;
  }

  Duration unit_;
  Histogram histogram_;
  bool first_ = true;
  SlotLayout::Range waiting_{};
  std::uint64_t waiting_count_ = 0;
};

Result<Histogram> histogram_of(const SlotLayout& layout, std::string_view words, Duration unit) {
  constexpr std::uint64_t count_max = std::uint64_t{1} << 62;
  Refill refill(unit);
  std::uint64_t slot = 0;
  while (!words.empty()) {
    const auto word = take_word(words);
    if (!word) return bad("its counts end in the middle");
    if (*word <= 0) {
      // 0 is one empty slot; the negation is done unsigned, so that every word has one.
      slot += *word == 0 ? 1 : 0 - static_cast<std::uint64_t>(*word);
      if (slot > count_max) return bad("its counts go beyond all values");
      continue;
    }
    const auto range = layout.at(slot++);
    if (!range) return bad("its counts go beyond all values");
    const auto count = static_cast<std::uint64_t>(*word);
    if (count > count_max - refill.count()) return bad("its counts are impossibly large");
    refill.add(*range, count);
  }
  return refill.finish();
}

/// The three numbers and the histogram of a line, and its tag.
struct LogLine {
  std::string_view tag;
  double start_s = 0;
  double length_s = 0;
  std::string_view blob;
};

std::optional<LogLine> split_line(std::string_view line) {
  LogLine result;
  constexpr std::string_view tag_mark = "Tag=";
  const auto field = [&line]() {
    const std::size_t comma = line.find(',');
    const std::string_view text = line.substr(0, comma);
    line = comma == std::string_view::npos ? std::string_view() : line.substr(comma + 1);
    return trim(text);
  };
  const auto number = [&field](double& into) {
    const auto value = to_number<double>(field());
    if (value) into = *value;
    return value && std::isfinite(into);
  };
  if (line.starts_with(tag_mark)) result.tag = field().substr(tag_mark.size());
  double maximum = 0;  // the histogram knows better
  if (!number(result.start_s) || !number(result.length_s) || !number(maximum)) return std::nullopt;
  result.blob = trim(line);
  return result;
}

/// Comments say nothing that is needed, except for a version that nobody here knows.
bool known_comment(std::string_view line) {
  constexpr std::string_view mark = "#[Histogram log format version ";
  if (!line.starts_with(mark)) return true;
  const std::string_view version = line.substr(mark.size());
  return version.starts_with("1.2]") || version.starts_with("1.3]");
}

}  // namespace

std::string pack_histogram(const Histogram& histogram) {
  const std::string counts = counts_of(histogram);
  std::string plain;
  put_big_endian(plain, cookie_plain, 4);
  put_big_endian(plain, counts.size(), 4);
  put_big_endian(plain, 0, 4);  // slots are not shifted
  put_big_endian(plain, Histogram::digits, 4);
  put_big_endian(plain, 1, 8);  // the lowest value told from 0
  put_big_endian(plain, static_cast<std::uint64_t>(Histogram::highest.count()), 8);
  put_big_endian(plain, std::bit_cast<std::uint64_t>(1.0), 8);  // values are whole numbers
  const std::string compressed = deflated(plain + counts);
  std::string bytes;
  put_big_endian(bytes, cookie_compressed, 4);
  put_big_endian(bytes, compressed.size(), 4);
  return bytes + compressed;
}

std::string encode_histogram(const Histogram& histogram) {
  return to_base64(pack_histogram(histogram));
}

Result<Histogram> unpack_histogram(std::string_view bytes, Duration unit) {
  assert(unit > Duration(0));
  std::string_view rest = bytes;
  if (rest.size() < 8 || take_big_endian(rest, 4) != cookie_compressed) {
    return bad("not a histogram in compressed V2 encoding");
  }
  const std::uint64_t size = take_big_endian(rest, 4);
  if (size != rest.size()) return bad("a histogram of the wrong length");
  const auto plain = inflated(rest, head_bytes + counts_bytes_max);
  if (!plain) return bad("a histogram that is not zlib, or has more than 1 MiB of counts");
  rest = *plain;
  if (rest.size() < head_bytes || take_big_endian(rest, 4) != cookie_plain) {
    return bad("not a histogram in V2 encoding");
  }
  const std::uint64_t counts_size = take_big_endian(rest, 4);
  take_big_endian(rest, 4);  // a shift of slots, which no histogram of whole numbers has
  const std::uint64_t digits = take_big_endian(rest, 4);
  const std::uint64_t lowest = take_big_endian(rest, 8);
  rest.remove_prefix(16);  // the highest value and the ratio of non-whole numbers: not needed
  if (counts_size != rest.size()) return bad("a histogram whose counts have the wrong length");
  const auto layout = SlotLayout::of(digits, lowest);
  if (!layout) return std::unexpected(layout.error());
  return histogram_of(*layout, rest, unit);
}

Result<Histogram> decode_histogram(std::string_view base64, Duration unit) {
  const auto bytes = from_base64(base64);
  return bytes ? unpack_histogram(*bytes, unit) : bad("a histogram that is not base64");
}

std::string hlog_head(WallTime start) {
  const double seconds_since_epoch = seconds(start.time_since_epoch());
  return fmt::format(
      "#[Histogram log format version 1.3]\n"
      "#[StartTime: {:.3f} (seconds since epoch), {}]\n{}\n",
      seconds_since_epoch, iso8601(start), legend);
}

std::string hlog_line(const LogInterval& interval) {
  assert(interval.tag.find_first_of(",\r\n") == std::string::npos);
  const double maximum_ms = static_cast<double>(interval.histogram.max().count()) * 1e-6;
  return fmt::format("{}{}{}{:.3f},{:.3f},{:.3f},{}\n",
                     interval.tag.empty() ? "" : "Tag=", interval.tag,
                     interval.tag.empty() ? "" : ",", interval.start_s, interval.length_s,
                     maximum_ms, encode_histogram(interval.histogram));
}

Result<> read_hlog(std::string_view text, const std::function<void(const LogInterval&)>& each,
                   Duration unit) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.starts_with('#') && !known_comment(line)) {
      return bad(fmt::format("line {}: a version other than 1.2 and 1.3", number));
    }
    if (line.empty() || line.starts_with('#') || line.starts_with('"')) continue;
    const auto parts = split_line(line);
    if (!parts) {
      return bad(fmt::format("line {}: not start, length, maximum and histogram: {}", number,
                             printable(line.substr(0, 80))));
    }
    auto histogram = decode_histogram(parts->blob, unit);
    if (!histogram) return bad(fmt::format("line {}: {}", number, histogram.error().what));
    each({.tag = std::string(parts->tag),
          .start_s = parts->start_s,
          .length_s = parts->length_s,
          .histogram = std::move(*histogram)});
  }
  return {};
}

}  // namespace unrig::stats
