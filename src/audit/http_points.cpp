#include "audit/http_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "audit/asking.h"
#include "audit/claims.h"
#include "audit/points.h"
#include "base/number.h"
#include "base/plural.h"
#include "base/text.h"
#include "chain/questions.h"
#include "chain/row.h"
#include "http/text.h"
#include "record/limits.h"

namespace unrig::audit {
namespace {

using record::Point;

constexpr int status_ok = 200;
constexpr int status_not_found = 404;
constexpr const char* not_asked = "not asked for: GET /test is not answered";

/// What a server adds by itself, and what the contract wants.
constexpr std::array own_fields = {
    std::string_view("Content-Type"), std::string_view("Content-Length"),
    std::string_view("Server"),       std::string_view("Date"),
    std::string_view("Connection"),   std::string_view("Keep-Alive")};

std::string status_line(const RawAnswer& answer) {
  return bytes_shown(answer.head.substr(0, answer.head.find_first_of("\r\n")));
}

std::string body_fault(std::string_view body, const chain::RowRule& rule) {
  const auto at = first_wrong_byte(body, rule);
  if (!at) return {};
  return fmt::format("{} bytes that begin to differ at byte {}: {}", body.size(), *at,
                     bytes_shown(body));
}

/// Why it is not the right answer; empty where it is.
std::string fault_of_answer(const RawAnswer& answer, const chain::RowRule& rule) {
  if (!answer.complete()) return answer.failure;
  if (answer.status != status_ok) return "status " + std::to_string(answer.status);
  return body_fault(answer.body, rule);
}

std::string fault_of_reply(const chain::Reply& reply, const chain::RowRule& rule) {
  const auto failure = failure_of(reply);
  return failure.empty() ? body_fault(reply.body, rule) : failure;
}

/// "answer 3 of 29"
std::string which(std::size_t index, std::size_t all) {
  return fmt::format("answer {} of {}", index + 1, all);
}

/// The first answer of which `fault` says something that is wrong. `told`: what is said where none.
template <class Fault>
Point of_each(Point point, std::span<const RawAnswer> answers, const std::string& told,
              const std::string& help, Fault fault) {
  std::size_t looked = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].status == 0) continue;  // the point "status" is about those
    ++looked;
    if (const std::string wrong = fault(answers[i]); !wrong.empty())
      return point_broken(std::move(point), wrong, which(i, answers.size()), help);
  }
  if (looked == 0) return point_open(std::move(point), "no answer came");
  return point_kept(std::move(point), fmt::format("{} in {} of {} answers", told, looked, looked));
}

std::string type_fault(const RawAnswer& answer) {
  const auto types = answer.values("Content-Type");
  if (types == std::vector<std::string>{std::string(content_type)}) return {};
  return types.empty() ? "none" : bytes_shown(join(types, ", and "));
}

std::string length_fault(const RawAnswer& answer) {
  const auto lengths = answer.values("Content-Length");
  const auto codings = answer.values("Transfer-Encoding");
  if (!codings.empty())
    return fmt::format("Transfer-Encoding: {}", bytes_shown(join(codings, ", ")));
  if (lengths.empty()) return "no Content-Length";
  if (lengths.size() > 1)
    return fmt::format("{} times Content-Length: {}", lengths.size(),
                       bytes_shown(join(lengths, ", ")));
  if (lengths.front() == std::to_string(chain::row_shape.size())) return {};
  return "Content-Length: " + bytes_shown(lengths.front());
}

std::string headers_fault(const RawAnswer& answer) {
  std::vector<std::string> wrong;
  std::set<std::string> seen;
  for (const auto& name : answer.names()) {
    const auto same = [&](std::string_view own) { return http::same_word(own, name); };
    const auto* const known = std::ranges::find_if(own_fields, same);
    if (known == own_fields.end()) {
      const auto value = answer.values(name).front();
      wrong.push_back(bytes_shown(fmt::format("{}: {}", name, value)));
    } else if (!seen.emplace(*known).second) {
      wrong.push_back(fmt::format("{} twice", *known));
    }
  }
  if (!wrong.empty()) return join(wrong, ", ");
  if (answer.head.size() <= most_head_bytes) return {};
  return fmt::format("a head of {} bytes: {}", answer.head.size(),
                     bytes_shown(answer.head, most_head_bytes));
}

std::string parts_of(std::string_view request, const Cut& cut) {
  if (cut.after == 0) return "sent byte by byte: " + bytes_shown(request);
  constexpr std::size_t behind = 12;
  return fmt::format("cut after byte {}: \"{}\" and then \"{}\"", cut.after,
                     bytes_shown(request.substr(0, cut.after)),
                     bytes_shown(request.substr(cut.after), behind));
}

}  // namespace

std::optional<std::size_t> first_wrong_byte(std::string_view body, const chain::RowRule& rule) {
  const auto is_digit_there = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < chain::row_shape.size(); ++i) {
    if (i == body.size()) return i;
    const bool fits =
        chain::row_shape[i] == '0' ? is_digit_there(body[i]) : body[i] == chain::row_shape[i];
    if (!fits) return i;
  }
  if (body.size() > chain::row_shape.size()) return chain::row_shape.size();
  const auto a = to_number<std::uint32_t>(body.substr(chain::a_at, chain::key_digits));
  if (!a || *a >= chain::row_count) return chain::a_at;
  const auto b = chain::row_b(*a, rule);
  const auto* const wrong = std::ranges::mismatch(body.substr(chain::b_at), b).in1;
  const auto at = static_cast<std::size_t>(wrong - body.data());
  return at < chain::b_at + b.size() ? std::optional(at) : std::nullopt;
}

Point status_point(std::span<const RawAnswer> answers) {
  Point point = point_demanded("status", "200 to GET /test");
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& answer = answers[i];
    if (answer.complete() && answer.status == status_ok) continue;
    return point_broken(std::move(point), answer.complete() ? status_line(answer) : answer.failure,
                        which(i, answers.size()),
                        "GET /test is to be answered with 200, each time");
  }
  if (answers.empty()) return point_open(std::move(point), "nothing was asked");
  return point_kept(std::move(point), fmt::format("so in {0} of {0} answers", answers.size()));
}

Point body_point(std::span<const RawAnswer> answers, const chain::RowRule& rule) {
  return of_each(point_demanded("body", "48 bytes: " + std::string(chain::row_shape) +
                                            ", with the digits of a row of the table"),
                 answers, "right", "send the row byte by byte as docs/application.md has it",
                 [&](const RawAnswer& answer) { return body_fault(answer.body, rule); });
}

Point type_point(std::span<const RawAnswer> answers) {
  return of_each(point_demanded("content type", std::string(content_type)), answers,
                 std::string(content_type),
                 "set Content-Type: application/json, without a charset behind it", type_fault);
}

Point length_point(std::span<const RawAnswer> answers) {
  return of_each(point_demanded("content length", "Content-Length: 48, and no chunks"), answers,
                 "Content-Length: 48",
                 "answer with the bytes as a whole, or set Content-Length in the application",
                 length_fault);
}

Point headers_point(std::span<const RawAnswer> answers) {
  return of_each(
      point_demanded("headers", fmt::format("nothing but {}, each once, in a head of at most {} "
                                            "bytes",
                                            fmt::join(own_fields, ", "), most_head_bytes)),
      answers, "none else", "take the middleware or the setting out that adds them", headers_fault);
}

Point row_point(std::span<const RawAnswer> answers) {
  Point point = point_demanded("another row", "a row that is drawn anew for each request");
  std::set<std::string> rows;
  std::size_t whole = 0;
  for (const auto& answer : answers) {
    if (!answer.complete() || answer.status != status_ok || answer.body.empty()) continue;
    ++whole;
    rows.insert(answer.body);
  }
  constexpr std::size_t enough = 4;
  if (whole < enough) return point_open(std::move(point), "too few answers came");
  std::string seen = fmt::format("{} in {}", counted(rows.size(), "row"), counted(whole, "answer"));
  // Of a million rows, more than one in four answers that has been there is no chance.
  if (rows.size() * 4 >= whole * 3) return point_kept(std::move(point), std::move(seen));
  return point_broken(std::move(point), std::move(seen), bytes_shown(*rows.begin()),
                      "draw the key in the handler of the request, and keep no answer");
}

Point elsewhere_point(std::span<const Elsewhere> asked) {
  Point point = point_demanded("elsewhere", "404 to every other path");
  for (const auto& [path, answer] : asked) {
    if (answer.complete() && answer.status == status_not_found) continue;
    return point_broken(std::move(point), answer.complete() ? status_line(answer) : answer.failure,
                        "GET " + path, "serve /test and /about, and nothing else");
  }
  if (asked.empty()) return point_open(std::move(point), "nothing was asked");
  return point_kept(std::move(point), fmt::format("404 to {} paths", asked.size()));
}

Point cuts_point(std::string_view request, std::span<const Cut> cuts, const chain::RowRule& rule) {
  Point point = point_demanded("request in pieces", "the right answer, wherever a request is cut");
  const std::string help = "read until the empty line: one read is not one request";
  for (const auto& cut : cuts) {
    if (cut.early && cut.answer.status != 0) {
      return point_broken(
          std::move(point),
          "an answer before the request had come completely: " + status_line(cut.answer),
          parts_of(request, cut), help);
    }
    if (const auto fault = fault_of_answer(cut.answer, rule); !fault.empty())
      return point_broken(std::move(point), fault, parts_of(request, cut), help);
  }
  if (cuts.empty()) return point_open(std::move(point), not_asked);
  return point_kept(std::move(point), fmt::format("right in {0} of {0} cuts", cuts.size()));
}

Point pipelined_point(const std::optional<Pipelined>& asked, const chain::RowRule& rule) {
  Point point = point_demanded("pipelined requests",
                               "all are answered in their order, or the connection is closed");
  if (!asked) return point_open(std::move(point), not_asked);
  const Pipelined& seen = *asked;
  const std::size_t all = seen.asked;
  const std::string help = "keep what is read behind a request: it is the next one";
  for (std::size_t i = 0; i < seen.answers.size(); ++i) {
    if (const auto fault = fault_of_answer(seen.answers[i], rule); !fault.empty())
      return point_broken(std::move(point), fault, which(i, all), help);
  }
  const std::string answered = fmt::format("{} of {} answered", seen.answers.size(), all);
  if (seen.answers.size() == all) return point_kept(std::move(point), answered);
  const auto& last = seen.unfinished;
  const std::string where = which(seen.answers.size(), all);
  if (seen.answers.empty() || !last.head.empty())
    return point_broken(std::move(point), last.failure, where, help);
  if (last.end == ConnectionEnd::open) {
    return point_broken(std::move(point), answered + ", and the connection stays open", where,
                        help);
  }
  return point_kept(std::move(point), answered + ", and the connection is closed");
}

Point kept_point(const std::optional<Kept>& asked, const chain::RowRule& rule) {
  Point point = point_demanded(
      "kept connection", "a server that closes a connection after an answer says so in its head");
  if (!asked) return point_open(std::move(point), not_asked);
  const Kept& seen = *asked;
  if (const auto fault = fault_of_answer(seen.first, rule); !fault.empty())
    return point_broken(std::move(point), fault, "the first answer", "answer GET /test with 200");
  if (!seen.first.says_it_keeps) {
    if (seen.end != ConnectionEnd::open)
      return point_kept(std::move(point), "closes after each answer, and says so");
    return point_broken(std::move(point), "stays open after an answer that says it is closed",
                        bytes_shown(seen.first.head, most_head_bytes),
                        "close it, or do not send Connection: close");
  }
  if (!seen.second) return point_open(std::move(point), "no second request was sent");
  const auto& second = *seen.second;
  if (second.complete() || second.end == ConnectionEnd::open) {
    const auto fault = fault_of_answer(second, rule);
    if (fault.empty()) return point_kept(std::move(point), "keeps it, and answers again");
    return point_broken(std::move(point), fault, "the second answer on one connection",
                        "answer each request of a connection like its first one");
  }
  return point_broken(std::move(point), second.failure,
                      bytes_shown(seen.first.head, most_head_bytes),
                      "send Connection: close, or keep the connection: a proxy that keeps it takes "
                      "a dead one, and answers 502");
}

Point last_one_point(const std::optional<LastOne>& asked, const chain::RowRule& rule) {
  Point point =
      point_demanded("closed connection", "asked to close, the server answers and closes");
  if (!asked) return point_open(std::move(point), not_asked);
  const LastOne& seen = *asked;
  if (const auto fault = fault_of_answer(seen.answer, rule); !fault.empty())
    return point_broken(std::move(point), fault, "Connection: close", "answer it like any other");
  if (seen.end != ConnectionEnd::open) return point_kept(std::move(point), "answered, and closed");
  return point_broken(std::move(point), "answered, and the connection stays open",
                      "Connection: close", "close the connection when the client asks for it");
}

Point to_head_point(const std::optional<ToHead>& asked) {
  Point point = point_demanded("HEAD", "200, 404, 405 or 501, and no byte of a body");
  if (!asked) return point_open(std::move(point), not_asked);
  const ToHead& seen = *asked;
  constexpr std::array allowed{status_ok, status_not_found, 405, 501};
  const auto& answer = seen.answer;
  if (!answer.complete())
    return point_broken(std::move(point), answer.failure, "HEAD /test",
                        "answer it, with the head alone");
  if (!seen.surplus.empty()) {
    return point_broken(std::move(point),
                        fmt::format("{} behind the head: {}", counted(seen.surplus.size(), "byte"),
                                    bytes_shown(seen.surplus)),
                        "HEAD /test",
                        "send the head alone: what follows is taken for the next "
                        "answer");
  }
  if (std::ranges::find(allowed, answer.status) == allowed.end())
    return point_broken(std::move(point), status_line(answer), "HEAD /test",
                        "answer it like GET without its body, or with 405");
  const auto lengths = answer.values("Content-Length");
  return point_kept(std::move(point),
                    fmt::format("{}, Content-Length {}", answer.status,
                                lengths.empty() ? "none" : bytes_shown(lengths.front())));
}

std::optional<Duration> head_to_body(std::span<const RawAnswer> answers) {
  std::vector<Duration> apart;
  for (const auto& answer : answers) {
    const auto head = std::ranges::find(answer.arrivals, answer.head.size(), &Arrival::upto);
    if (answer.body.empty() || head == answer.arrivals.end()) continue;
    apart.push_back(answer.arrivals.back().when - head->when);
  }
  if (apart.empty() || apart.size() * 4 < answers.size()) return std::nullopt;
  std::ranges::sort(apart);
  return apart[apart.size() / 2];
}

Point apart_point(std::span<const RawAnswer> plain, std::span<const RawAnswer> in_turn) {
  Point point = point_recorded("one piece", "head and body in one segment");
  const auto& looked = in_turn.empty() ? plain : in_turn;
  if (looked.empty()) return point_open(std::move(point), "no answer came");
  const auto time = head_to_body(looked);
  if (!time) return point_kept(std::move(point), "head and body come together");
  const std::string seen =
      fmt::format("head and body come apart, {:.1f} ms from each other", seconds(*time) * 1e3);
  if (microseconds(*time) < record::plateau_us) return point_kept(std::move(point), seen);
  return point_broken(
      std::move(point), seen + ": the plateau of delayed acknowledgements",
      in_turn.empty() ? "on new connections" : "on a kept connection",
      "set TCP_NODELAY, or send both in one call: the second waits until the first is confirmed");
}

Point named_row_point(std::span<const chain::Reply> replies, const chain::RowRule& rule) {
  Point point = point_demanded("named row", "the row that the request names in its query");
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto& reply = replies[i];
    std::string fault = fault_of_reply(reply, rule);
    if (fault.empty() && !chain::body_is_right(reply.body, reply.key, rule))
      fault = bytes_shown(reply.body) + " where " + chain::path_for(reply.key) + " was asked for";
    if (fault.empty()) continue;
    return point_broken(std::move(point), fault, which(i, replies.size()),
                        "read a, ten decimal digits, from the query of each request");
  }
  if (replies.empty()) return point_open(std::move(point), "nothing was asked");
  return point_kept(std::move(point), fmt::format("so in {0} of {0} answers", replies.size()));
}

Point at_once_point(std::span<const chain::Reply> replies, const chain::RowRule& rule) {
  Point point = point_demanded("many at once", "the right answer to each");
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const std::string fault = fault_of_reply(replies[i], rule);
    if (fault.empty()) continue;
    return point_broken(std::move(point), fault, which(i, replies.size()),
                        "share nothing between requests that are under way");
  }
  if (replies.empty()) return point_open(std::move(point), "nothing was asked");
  return point_kept(std::move(point), fmt::format("right in {0} of {0} answers", replies.size()));
}

void judge(const HttpSeen& seen, const chain::RowRule& rule, record::CheckedStack& stack) {
  std::vector<RawAnswer> all = seen.plain;
  all.insert(all.end(), seen.in_turn.begin(), seen.in_turn.end());
  stack.points.insert(
      stack.points.end(),
      {status_point(all), body_point(all, rule), type_point(all), length_point(all),
       headers_point(all), row_point(all), elsewhere_point(seen.elsewhere),
       cuts_point(seen.request, seen.cuts, rule), pipelined_point(seen.pipelined, rule),
       kept_point(seen.kept, rule), last_one_point(seen.last_one, rule),
       to_head_point(seen.to_head), apart_point(seen.plain, seen.in_turn)});
  auto& figures = stack.figures;
  using Size = record::Reading<std::uint64_t>;
  figures.head_bytes = !seen.plain.empty() && seen.plain.front().complete()
                           ? Size(seen.plain.front().head.size())
                           : Size::not_checked("no answer came");
  const auto apart = head_to_body(seen.in_turn);
  figures.head_to_body_us =
      apart ? record::Reading<double>(microseconds(*apart))
            : record::Reading<double>::not_checked(
                  seen.in_turn.empty() ? "the server keeps no connection" : "they come together");
}

}  // namespace unrig::audit
