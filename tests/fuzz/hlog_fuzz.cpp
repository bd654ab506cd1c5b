// The reader of HdrHistogram's interval log: whatever the text or the counts inside are, it ends
// with an error or with a histogram that adds up, in little memory.
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "stats/hlog.h"

namespace {

using namespace unrig;

void require(bool fact) {
  if (!fact) std::abort();
}

void check(const stats::Histogram& histogram) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : histogram.counts()) sum += count;
  require(sum == histogram.count());
  require(histogram.min() <= histogram.max() && histogram.max() <= stats::Histogram::highest);
  const auto again = stats::decode_histogram(stats::encode_histogram(histogram));
  require(again && again->count() == histogram.count());
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char byte : bytes) {
    group = group << 8 | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6; bits -= 6) text += letters[group >> (bits - 6) & 63];
    group &= 0xff;
  }
  if (bits > 0) text += letters[group << (6 - bits) & 63];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

/// The bytes wrapped as zlib and base64, which no fuzzer finds by chance.
std::string wrapped(std::string_view plain) {
  uLongf size = compressBound(plain.size());
  std::string small(size, '\0');
  compress(reinterpret_cast<Bytef*>(small.data()), &size,
           reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  small.resize(size);
  std::string head("\x1c\x84\x93\x14", 4);
  for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(size >> shift & 0xff);
  return base64(head + small);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto each = [](const stats::LogInterval& interval) { check(interval.histogram); };
  (void)stats::read_hlog(bytes, each);

  // As counts of a histogram with a head that is right: the first bytes choose digits and unit.
  if (size < 2) return 0;
  const std::string_view counts = bytes.substr(2);
  std::string plain("\x1c\x84\x93\x13\0\0", 6);
  plain += static_cast<char>(counts.size() >> 8 & 0xff);
  plain += static_cast<char>(counts.size() & 0xff);
  plain += std::string(7, '\0') + static_cast<char>(data[0] % 8);
  plain += std::string(5, '\0') + static_cast<char>(data[1]) + std::string(1, '\0') + '\1';
  plain += std::string(16, '\0');
  plain += counts;
  for (const Duration unit : {Duration(1), Duration(std::chrono::milliseconds(1))}) {
    const auto histogram = stats::decode_histogram(wrapped(plain), unit);
    if (histogram) check(*histogram);
  }
  return 0;
}
