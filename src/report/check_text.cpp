#include "report/check_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/plural.h"
#include "base/text.h"

namespace unrig::report {
namespace {

using record::CheckedStack;
using record::Point;
using record::PointOutcome;

std::vector<Point> points_of(const CheckedStack& stack, PointOutcome outcome) {
  std::vector<Point> found;
  std::ranges::copy_if(stack.points, std::back_inserter(found),
                       [&](const Point& point) { return point.outcome == outcome; });
  return found;
}

std::string failing_text(const std::vector<Point>& points, const Look& look) {
  if (points.empty()) return {};
  std::string text = "  " + toned("Not kept:", Tone::bad, look) + "\n";
  for (const auto& point : points) {
    text += printable(fmt::format("    {}: {}\n", point.point, point.observed));
    text += printable(fmt::format("      expected: {}\n", point.expected));
    if (!point.where.empty()) text += printable(fmt::format("      at: {}\n", point.where));
    if (!point.help.empty()) text += printable(fmt::format("      help: {}\n", point.help));
  }
  return text;
}

/// Whether the reason of both why they were not checked is the same.
bool alike(const Point& a, const Point& b) {
  return a.outcome == PointOutcome::not_checked && b.outcome == a.outcome &&
         a.observed == b.observed && b.help.empty();
}

/// Each in a line; what is recorded may have its reason and what helps.
std::string listed_points(const std::string& head, const std::vector<Point>& points) {
  if (points.empty()) return {};
  std::string text = "  " + head + "\n";
  for (auto point = points.begin(); point != points.end(); ++point) {
    // Of several one after the other that have the same to say it is said once.
    std::string names = point->point;
    while (point->help.empty() && point + 1 != points.end() && alike(*point, *(point + 1)))
      names += ", " + (++point)->point;
    text += printable(fmt::format("    {}: {}\n", names, point->observed));
    if (point->help.empty()) continue;
    text += printable(fmt::format("      at: {}\n      help: {}\n", point->where, point->help));
  }
  return text;
}

std::string stack_heading(const CheckedStack& stack, const Look& look) {
  return toned(printable(fmt::format("{}: {} on {}, {}, {}", stack.label, stack.framework,
                                     stack.server, stack.concurrency,
                                     counted(stack.workers, "worker"))),
               Tone::strong, look) +
         "\n";
}

std::string failure_text(const CheckedStack& stack) {
  if (stack.failure.empty()) return {};
  std::string text = "  Could not be looked at";
  text += stack.points.empty() ? ":\n" : " any further:\n";
  for (const auto& line : split(stack.failure, '\n')) text += "    " + printable(line) + "\n";
  return text;
}

std::string stack_text(const CheckedStack& stack, const Look& look) {
  return stack_heading(stack, look) + failing_text(points_of(stack, PointOutcome::fails), look) +
         failure_text(stack) +
         listed_points("Not checked:", points_of(stack, PointOutcome::not_checked)) +
         listed_points("Only recorded:", points_of(stack, PointOutcome::recorded)) +
         listed_points("Kept:", points_of(stack, PointOutcome::holds)) + "\n";
}

std::string check_verdict(const record::Check& check) {
  const auto number = [&](PointOutcome outcome) {
    return std::ranges::count_if(
        check.stacks, [&](const CheckedStack& stack) { return stack.outcome() == outcome; });
  };
  std::string text =
      fmt::format("{} of {} {} the contract", number(PointOutcome::holds),
                  counted(check.stacks.size(), "stack"),
                  number(PointOutcome::holds) == 1 || check.stacks.size() == 1 ? "keeps" : "keep");
  if (const auto failing = number(PointOutcome::fails); failing > 0)
    text += fmt::format(", {} {} not", failing, failing == 1 ? "does" : "do");
  if (const auto open = number(PointOutcome::not_checked); open > 0)
    text += fmt::format(", of {} nobody knows", open);
  return text + ".";
}

}  // namespace

std::string check_text(const record::Check& check, const Look& look) {
  std::string text;
  for (const auto& stack : check.stacks) text += stack_text(stack, look);
  return text + toned(check_verdict(check), Tone::strong, look) + "\n";
}

}  // namespace unrig::report
