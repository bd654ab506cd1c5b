#include "audit/process_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "audit/points.h"
#include "base/plural.h"
#include "base/text.h"
#include "record/limits.h"

namespace unrig::audit {
namespace {

using record::Point;
using Figure = record::Reading<double>;

/// Bytes per request to streams between processes that are no statements: what wakes somebody up.
constexpr double most_wake_bytes = 64;

double per_request(std::uint64_t bytes, int requests) {
  return static_cast<double>(bytes) / requests;
}

/// Whether it can be no line of a log, whatever the server does: it is what answers, asks or wakes.
bool is_expected(Sink sink) {
  return sink == Sink::client || sink == Sink::stream || sink == Sink::wake;
}

/// The one that got most of what is none of that.
const Writes* log_among(const LogSeen& seen) {
  const Writes* most = nullptr;
  for (const auto& writes : seen.writes) {
    if (is_expected(writes.sink)) continue;
    if (most == nullptr || writes.bytes > most->bytes) most = &writes;
  }
  return most;
}

/// Whether they are lines of requests: workers share them out, so all of them count together.
bool comes_with_requests(const LogSeen& seen) {
  std::uint64_t calls = 0;
  for (const auto& writes : seen.writes)
    if (!is_expected(writes.sink)) calls += writes.calls;
  return calls * 2 >= static_cast<std::uint64_t>(seen.traced);
}

/// A file that has grown in both halves, and by how much per request in that in which it was less.
struct Grown {
  const host::Growth* file = nullptr;
  double each = 0;
};
Grown grown_twice(const LogSeen& seen) {
  Grown most;
  for (const auto& first : seen.grown) {
    for (const auto& second : seen.again) {
      if (first.path != second.path || seen.watched == 0) continue;
      const double each = per_request(std::min(first.bytes, second.bytes), seen.watched);
      if (each > most.each) most = {.file = &first, .each = each};
    }
  }
  return most;
}

/// Why nobody knows, and what was seen all the same.
std::string why_not_traced(const LogSeen& seen) {
  std::string why = seen.not_traced.empty() ? "nobody looked" : seen.not_traced;
  if (seen.watched > 0 && seen.written) {
    why += fmt::format("; {:.0f} bytes per request went through write(2), which sockets may be",
                       per_request(*seen.written, 2 * seen.watched));
  }
  return why;
}

std::uint64_t unexpected_bytes(const LogSeen& seen) {
  std::uint64_t bytes = 0;
  for (const auto& writes : seen.writes)
    if (!is_expected(writes.sink)) bytes += writes.bytes;
  return bytes;
}

/// What two processes write to each other, there and back, about a connection that one hands on to
/// the other, as Node's cluster does (up to 200 bytes).
constexpr std::uint64_t most_hand_on_bytes = 400;

/// Bytes on streams between processes that the database did not get.
double stray_bytes(const LogSeen& seen) {
  std::uint64_t streams = 0, handed_on = 0;
  for (const auto& writes : seen.writes) {
    if (writes.sink != Sink::stream) continue;
    streams += writes.bytes;
    handed_on += writes.handed_on;
  }
  const std::uint64_t expected = seen.to_database + handed_on * most_hand_on_bytes + seen.at_rest;
  return streams > expected ? per_request(streams - expected, seen.traced) : 0;
}

std::string target_of(const Writes& writes) {
  switch (writes.sink) {
    case Sink::file:
      return printable(writes.target);
    case Sink::message:
      return fmt::format("a socket for messages ({})", printable(writes.target));
    default:
      return fmt::format("something else ({})", printable(writes.target));
  }
}

}  // namespace

std::optional<std::uint64_t> backlog_each(const std::optional<host::ListenQueue>& queue) {
  if (!queue || queue->inodes.empty()) return std::nullopt;
  return queue->limit / queue->inodes.size();
}

Point backlog_point(std::string name, int asked, std::optional<int> longest,
                    const std::optional<host::ListenQueue>& queue) {
  const int allowed = std::min(asked, longest.value_or(asked));
  std::string expected = fmt::format("{}, as asked for", asked);
  if (allowed < asked) expected += fmt::format(", of which the kernel allows {}", allowed);
  Point point = point_demanded(std::move(name), std::move(expected));
  const auto each = backlog_each(queue);
  if (!each)
    return point_open(std::move(point), "the kernel does not tell of a socket at that port");
  const auto sockets = queue->inodes.size();
  std::string told = fmt::format("{} of {}", *each, counted(sockets, "socket"));
  const bool right = queue->limit == static_cast<std::uint64_t>(allowed) * sockets;
  if (right) return point_kept(std::move(point), std::move(told));
  return point_broken(std::move(point), std::move(told), "Send-Q of ss -ltn",
                      "give the server UNRIG_BACKLOG: many take 100 or 128 where nobody says");
}

int watched_requests(int workers) {
  constexpr int least = 300, of_each = 3 * watched_at_once;
  return std::max(least, of_each * workers);
}

bool has_stray_bytes(const LogSeen& seen) {
  return seen.traced > 0 && stray_bytes(seen) > most_wake_bytes;
}

Point log_point(const LogSeen& seen) {
  Point point = point_demanded("log", "no line per request, wherever it would go");
  const std::string help =
      "switch the access log off, and take calls of a logger out of the way "
      "of a request";
  if (const auto grown = grown_twice(seen); grown.each >= least_log_bytes) {
    return point_broken(std::move(point),
                        fmt::format("{} grows by {:.0f} bytes per request",
                                    printable(grown.file->path), grown.each),
                        fmt::format("process {}", grown.file->process), help);
  }
  if (seen.traced == 0) return point_open(std::move(point), why_not_traced(seen));
  const auto* most = log_among(seen);
  const double each = per_request(unexpected_bytes(seen), seen.traced);
  if (most != nullptr && each >= least_log_bytes && comes_with_requests(seen)) {
    return point_broken(std::move(point),
                        fmt::format("{:.0f} bytes per request to {}: {}", each, target_of(*most),
                                    bytes_shown(most->sample)),
                        fmt::format("process {}", most->process), help);
  }
  if (has_stray_bytes(seen)) {
    return point_broken(
        std::move(point),
        fmt::format("{:.0f} bytes per request to a socket that is not the database's",
                    stray_bytes(seen)),
        "a stream between processes", help);
  }
  std::string told = "nothing but answers and statements in " + counted(seen.traced, "request");
  if (seen.files_seen && seen.watched > 0)
    told += fmt::format(", and no open file that grows with {}", 2 * seen.watched);
  return point_kept(std::move(point), std::move(told));
}

Figure log_bytes(const LogSeen& seen) {
  const double grown = grown_twice(seen).each;
  if (seen.traced > 0) return std::max(grown, per_request(unexpected_bytes(seen), seen.traced));
  // What files have got is a part of it at least; without any, nobody knows.
  return grown > 0 ? Figure(grown) : Figure::not_checked(why_not_traced(seen));
}

Figure memory_growth(const MemorySeen& seen) {
  if (seen.requests == 0) return Figure::not_checked("no request was answered");
  if (!seen.halfway || !seen.after) return Figure::not_checked("the kernel does not tell");
  return static_cast<double>(*seen.after - *seen.halfway) * 2 / seen.requests;
}

Point memory_point(const MemorySeen& seen) {
  Point point = point_recorded("memory", "as much after some hundred requests as before");
  const auto growth = memory_growth(seen);
  if (!growth || !seen.before)
    return point_open(std::move(point), growth ? "the kernel does not tell" : growth.why());
  const double first = static_cast<double>(*seen.halfway - *seen.before) * 2 / seen.requests;
  std::string told =
      fmt::format("{:.0f} and then {:.0f} bytes more per request, in {} requests; {:.1f} MiB",
                  first, *growth, seen.requests, static_cast<double>(*seen.after) / (1 << 20));
  const bool is_leak = record::is_leak({.first_bytes = *seen.halfway - *seen.before,
                                        .second_bytes = *seen.after - *seen.halfway,
                                        .requests = seen.requests / 2.0,
                                        .processes = seen.processes});
  if (!is_leak) return point_kept(std::move(point), std::move(told));
  return point_broken(std::move(point), told + ": a leak, or something that is still being filled",
                      "all processes of the server together",
                      "look at what lives on when a request has ended");
}

}  // namespace unrig::audit
