#include "report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "report/page_template.h"
#include "report/testing.h"

namespace unrig::report {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view hostile = "</script><script>alert(1)</script><!--";

record::Run hostile_run() {
  record::Run run;
  run.manifest.run = "20261124-100000-0001";
  run.manifest.seed = 9'007'199'254'740'993;  // 2^53 + 1
  run.manifest.command_line = {"/opt/unrig", "run", "it's <odd>"};
  run.manifest.baseline = "flask-gunicorn";
  run.manifest.cells = {{.stack = "flask-gunicorn", .label = "flask-gunicorn"},
                        {.stack = std::string(hostile),
                         .framework = "<img src=x onerror=alert(1)>",
                         .note = "\" onmouseover='alert(1)'",
                         .label = std::string(hostile)}};
  add_blocks(run, 3, [](const record::Cell& cell) {
    record::Trial trial;
    trial.throughput_per_s = cell.stack == "flask-gunicorn" ? 600 : 1200;
    trial.seconds = {{.completed = 10, .mean_response_us = 1234.5}};
    return trial;
  });
  return run;
}

std::string html_of(const record::Run& run) {
  const auto summary = analysis::summarize(run);
  const Reported reported{.run = &run, .summary = &summary};
  return html(std::span(&reported, 1));
}

std::size_t times_in(std::string_view text, std::string_view part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at) ++times;
  return times;
}

/// What the data element of the page holds.
record::Json data_of(const std::string& html) {
  constexpr std::string_view begins = "<script id=\"data\" type=\"application/json\">";
  const std::size_t from = html.find(begins) + begins.size();
  return record::Json::parse(html.substr(from, html.find("</script>", from) - from));
}

TEST(Escaping, OfHtml) {
  EXPECT_EQ(html_escaped("a<b> & \"c\" 'd'\x1b"),
            "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;\\x1b");
}

TEST(Escaping, OfScripts) {
  EXPECT_EQ(script_escaped("</script><!--\u2028\u2029"), "\\u003c/script>\\u003c!--\\u2028\\u2029");
}

TEST(Html, HasEachMarkOnce) {
  for (const char* mark : {"{{unrig:title}}", "{{unrig:page}}", "{{unrig:data}}"}) {
    EXPECT_EQ(times_in(page_template(), mark), 1u) << mark;
  }
  EXPECT_LT(page_template().size(), 400'000u);
}

TEST(Html, AsksNoNetworkAndRunsOneScript) {
  EXPECT_THAT(page_template(), HasSubstr("default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(page_template(), Not(HasSubstr("unsafe")));
  EXPECT_EQ(times_in(page_template(), "<script"), 2u) << "that of the page, and its data";
  EXPECT_EQ(times_in(page_template(), " src="), 0u);
}

TEST(Html, OfHostileNamesIsText) {
  const std::string html = html_of(hostile_run());
  EXPECT_EQ(times_in(html, "<script"), times_in(page_template(), "<script"));
  EXPECT_EQ(times_in(html, "</script"), times_in(page_template(), "</script"));
  EXPECT_EQ(times_in(html, "<!--"), times_in(page_template(), "<!--"));
  EXPECT_EQ(times_in(html, "<img"), 0u);
  EXPECT_THAT(html, HasSubstr("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--"));
  const auto record = data_of(html).at("runs").at(0).at("record");
  EXPECT_EQ(record.at("cells").at(0).at("label"), hostile) << "as it is, after JSON";
}

TEST(Html, HasAnswerAndTableWithoutScripts) {
  record::Run run = hostile_run();
  run.manifest.cells[1] = {.stack = "odd", .framework = "Odd", .label = "odd"};
  for (auto& trial : run.trials) {
    if (trial.label == hostile) trial.label = trial.stack = "odd";
  }
  const std::string html = html_of(run);
  const std::string body = html.substr(html.find("<main"), html.find("</main>"));
  EXPECT_THAT(body, HasSubstr("<h1>odd is the fastest: 1200 requests/s, 2.00 times"));
  EXPECT_THAT(body, HasSubstr("<th scope=\"col\" class=\"number\">Req/s</th>"));
  EXPECT_THAT(body, HasSubstr("<td class=\"number\">1200</td>"));
  EXPECT_THAT(html, HasSubstr("<title>unrig 20261124-100000-0001</title>"));
}

TEST(Html, OfSeveralRunsComparesEachWithTheFirst) {
  record::Run first = hostile_run();
  record::Run second = hostile_run();
  second.manifest.run = "20261125-100000-0002";
  for (auto& trial : second.trials) trial.throughput_per_s *= 2;
  const auto of_first = analysis::summarize(first);
  const auto of_second = analysis::summarize(second);
  const Reported both[] = {{.run = &first, .summary = &of_first},
                           {.run = &second, .summary = &of_second}};
  const auto data = page_data(both);
  ASSERT_EQ(data.at("comparisons").size(), 1u);
  const auto& comparison = data.at("comparisons").at(0);
  EXPECT_EQ(comparison.at("a"), "20261125-100000-0002");
  EXPECT_EQ(comparison.at("b"), "20261124-100000-0001");
  EXPECT_NEAR(comparison.at("cells").at(0).at("ratio").at("estimate"), 2, 1e-9);
}

}  // namespace
}  // namespace unrig::report
