#include "row.h"

#include <stdlib.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <stdexcept>

namespace application {
namespace {

std::string padded(std::uint64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

std::int32_t draw() {
  // Of each thread, so that nobody waits for another one's.
  static thread_local std::minstd_rand numbers(arc4random());
  return std::uniform_int_distribution<std::int32_t>(0, rows - 1)(numbers);
}

}  // namespace

const char* statement(bool sleeps) {
  return sleeps ? "SELECT t.a, t.b FROM pg_sleep($1), test t WHERE t.a = $2"
                : "SELECT t.a, t.b FROM test t WHERE t.a = $1";
}

std::int32_t key(std::optional<std::string_view> asked) {
  if (!asked) return draw();
  const char* end = asked->data() + asked->size();
  std::int32_t read = 0;
  const auto [stopped, error] = std::from_chars(asked->data(), end, read);
  if (error == std::errc() && stopped == end) return read;
  throw std::invalid_argument("a is no number: " + std::string(*asked));
}

Row made_up(std::int32_t a) {
  constexpr std::uint64_t factor = 6364136223846793005;
  constexpr std::uint64_t summand = 1442695040888963407;
  constexpr std::size_t digits = 20;
  return {.a = a, .b = padded(static_cast<std::uint64_t>(a) * factor + summand, digits)};
}

std::string body(const Row& row) {
  constexpr std::size_t digits = 10;
  return R"({"a": ")" + padded(static_cast<std::uint64_t>(row.a), digits) + R"(", "b": ")" + row.b +
         R"("})";
}

}  // namespace application
