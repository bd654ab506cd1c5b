// What it costs the load generator to hold each answer against what is expected of it, by the size
// of its body: read as JSON each time, or the very bytes of the last right one. Of a request, which
// takes some 3 us on loopback.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <string>

#include "http/expect.h"
#include "load/answer.h"

namespace unrig {
namespace {

/// A user's page, so long: a token that changes, three members, and items of a list to fill it.
std::string body_of(std::size_t size, int token) {
  std::string body = fmt::format(
      R"({{"token": "{:08}", "user": {{"id": 7, "name": "Ann"}}, "ok": true, "items": [)", token);
  for (int i = 0; body.size() + 60 < size; ++i)
    body += fmt::format(R"({}{{"id": {}, "price": 12.5, "name": "item"}})", i > 0 ? ", " : "", i);
  body += "], \"rest\": \"";
  body += std::string(size > body.size() + 2 ? size - body.size() - 2 : 0, 'x');
  return body + "\"}";
}

load::Plan plan_of_bodies(bool expecting) {
  load::Plan plan;
  if (!expecting) return plan;
  for (const char* text : {"user.id=7", "user.name=Ann", "ok=true"})
    plan.expect.members.push_back(http::parse_member(text).value());
  return plan;
}

/// Whole answers, `different` of them in turn.
void judge_answers(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto different = static_cast<std::size_t>(state.range(1));
  const load::Plan plan = plan_of_bodies(state.range(2) != 0);
  std::array<std::string, 2> answers;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::string body = body_of(size, static_cast<int>(i));
    answers[i] = fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        body.size(), body);
  }
  load::Judge judge(plan);
  load::AnswerSoFar so_far;
  std::size_t next = 0;
  for (auto _ : state) {
    judge.begin(so_far);
    const load::Judgement judgement = judge.read(so_far, answers[next]);
    if (judgement.failure) state.SkipWithError("an answer was refused");
    next = (next + 1) % different;
  }
}
BENCHMARK(judge_answers)
    ->ArgNames({"bytes", "different", "expecting"})
    ->ArgsProduct({{200, 2000}, {1, 2}, {0, 1}});

}  // namespace
}  // namespace unrig

BENCHMARK_MAIN();
