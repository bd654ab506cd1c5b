// Tests of the application's own parts, without a socket: prints what does not hold, and ends with
// status 1 if there is any.

#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "http.h"
#include "pool.h"
#include "row.h"
#include "settings.h"

namespace {

using namespace application;

/// What does not hold.
class Report {
 public:
  void expect(bool holds, const char* what) {
    if (holds) return;
    std::printf("does not hold: %s\n", what);
    ++failures_;
  }
  /// `call` fails, with a text that has `word`.
  template <typename Call>
  void expect_failure(Call call, const std::string& word, const char* what) {
    try {
      call();
    } catch (const std::exception& error) {
      return expect(std::string(error.what()).find(word) != std::string::npos, what);
    }
    expect(false, what);
  }
  [[nodiscard]] int failures() const { return failures_; }

 private:
  int failures_ = 0;
};

Settings settings_of(const std::map<std::string, std::string>& variables) {
  return read_settings([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

void test_settings(Report& report) {
  const auto read = settings_of({{"UNRIG_PORT", "8123"},
                                 {"UNRIG_WORKERS", "3"},
                                 {"UNRIG_BACKLOG", "777"},
                                 {"UNRIG_DB_HOST", "db"},
                                 {"UNRIG_DB_DELAY", "0.02"},
                                 {"UNRIG_DB_CONNECTION", "pooled"},
                                 {"UNRIG_DB_POOL", "4"}});
  report.expect(read.port == 8123 && read.workers == 3 && read.backlog == 777, "how it listens");
  report.expect(read.database.host == "db" && read.delay == "0.02", "what it asks");
  report.expect(read.source == Source::pooled && read.pool == 4, "how it is connected");

  const auto otherwise = settings_of({});
  report.expect(otherwise.port == 8000 && otherwise.backlog == 2048, "how it listens otherwise");
  report.expect(otherwise.source == Source::per_request, "how it is connected otherwise");
  report.expect(otherwise.delay.empty() && settings_of({{"UNRIG_DB_DELAY", "0.0"}}).delay.empty(),
                "there is no sleep of 0 s");
  report.expect_failure(
      [] {
        settings_of({{"UNRIG_PORT", "x"}});
      },
      "UNRIG_PORT", "what is no number is named");
}

void test_rows(Report& report) {
  report.expect(
      body({.a = 123, .b = made_up(0).b}) == R"({"a": "0000000123", "b": "01442695040888963407"})",
      "the body has the same 48 bytes in every framework");
  report.expect(made_up(1).b == "07806831264735756412", "the rule that is known");
  report.expect(made_up(rows - 1).b.size() == 20, "all rows have one length");
  report.expect(key("0000000123") == 123 && key("0000000000") == 0,
                "the row that a request names is the one that is read");
  for (const char* text : {"", "x", "1; DROP TABLE test", "1 OR 1=1", "1.5"})
    report.expect_failure([&] { (void)key(text); }, "no number", text);
  std::set<std::int32_t> drawn;
  for (int i = 0; i < 50; ++i) drawn.insert(key(std::nullopt));
  report.expect(drawn.size() > 1 && *drawn.begin() >= 0 && *drawn.rbegin() < rows,
                "rows of its own choice exist and differ");
  const std::string plain = statement(false);
  report.expect(plain.find("pg_sleep") == std::string::npos, "without delay nobody sleeps");
}

void test_requests(Report& report) {
  namespace http = boost::beast::http;
  const auto a_of = [](const char* target) -> std::string {
    const Request request(http::verb::get, target, 11);
    const auto asked = asked_in(request);
    return !asked ? "elsewhere" : std::string(asked->a.value_or("any"));
  };
  report.expect(a_of("/test") == "any" && a_of("/test?b=1") == "any", "a request that names none");
  report.expect(a_of("/test?a=0000000123") == "0000000123", "a request that names a row");
  report.expect(a_of("/test?aa=1&a=2&a=3") == "2" && a_of("/test?&a=2") == "2", "other parameters");
  report.expect(a_of("/") == "elsewhere" && a_of("/test/") == "elsewhere" &&
                    a_of("/tests?a=1") == "elsewhere",
                "other paths");

  const Response head = found(Request(http::verb::head, "/test", 11), made_up(1));
  report.expect(head.body().empty() && head["Content-Length"] == "48", "HEAD has no body");
  const Response old = found(Request(http::verb::get, "/test", 10), made_up(1));
  report.expect(!old.keep_alive() && old.version() == 10, "HTTP/1.0 closes");
}

/// Where nobody has to wait for anything.
struct Model {
  struct Link {};
  struct Signal {
    bool is_set = false;
    void set() { is_set = true; }
  };
  using Mutex = NoMutex;
};

void test_pool(Report& report) {
  Pool<Model> pool(1);
  Model::Signal first, second, third;
  report.expect(pool.take_place(first), "a place that is free");
  report.expect(!pool.take_idle(), "nothing is open at the beginning");
  report.expect(!pool.take_place(second) && !pool.take_place(third), "there are no more places");
  auto link = std::make_unique<Model::Link>();
  const auto* opened = link.get();
  pool.leave_place(std::move(link));
  report.expect(second.is_set && !third.is_set, "the first that waits is the next");
  link = pool.take_idle();
  report.expect(link.get() == opened, "an open connection is used again");
  pool.leave_place(nullptr);
  report.expect(third.is_set && !pool.take_idle(), "one that failed is not");
  pool.leave_place(nullptr);
  report.expect(pool.take_place(first), "a place that was left is free again");
}

}  // namespace

int main() {
  Report report;
  test_settings(report);
  test_rows(report);
  test_requests(report);
  test_pool(report);
  std::printf("%d failures\n", report.failures());
  return report.failures() == 0 ? 0 : 1;
}
