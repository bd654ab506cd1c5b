#include "report/machine_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::report {
namespace {

using record::Gravity;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

record::Examination examination() {
  record::Examination seen;
  seen.scenario = "article";
  seen.demand = {.clients = 100, .most_per_s = 5000};
  seen.host = {.hostname = "box", .os = "Debian 12", .kernel = "6.1", .cpu_model = "A CPU"};
  seen.host.cores = 2;
  seen.findings = {
      {"swap", Gravity::matters, "1 MB in use", "P99 is that of the disk", "swapoff -a"},
      {"nginx", Gravity::spoils, "the program nginx is missing", "nothing runs",
       "apt-get install nginx-light"},
      {.check = "SMT", .observed = "off"},
      {.check = "governor", .gravity = Gravity::not_checked, .observed = "not told"}};
  seen.fit = false;
  return seen;
}

TEST(DoctorText, TellsWhatSpoilsFirst) {
  EXPECT_EQ(doctor_text(examination()),
            "box: 2 cores, A CPU, Debian 12, Linux 6.1\n"
            "scenario article: 100 clients, at most 5000 requests/s\n"
            "\n"
            "Would make results invalid:\n"
            "  nginx: the program nginx is missing\n"
            "    nothing runs\n"
            "    help: apt-get install nginx-light\n"
            "\n"
            "Moves the numbers:\n"
            "  swap: 1 MB in use\n"
            "    P99 is that of the disk\n"
            "    help: swapoff -a\n"
            "\n"
            "Fine:\n"
            "  SMT: off\n"
            "\n"
            "Not checked:\n"
            "  governor: not told\n"
            "\n"
            "Not fit to measure: 1 finding would make results invalid.\n");
}

TEST(DoctorText, EndsWithTheVerdict) {
  record::Examination seen = examination();
  seen.fit = true;
  seen.findings.erase(seen.findings.begin() + 1);
  EXPECT_THAT(doctor_text(seen),
              HasSubstr("\nFit to measure; 1 finding moves what is measured.\n"));
  seen.findings.erase(seen.findings.begin());
  EXPECT_THAT(doctor_text(seen), HasSubstr("\nFit to measure.\n"));
  EXPECT_THAT(doctor_text(seen), Not(HasSubstr("Moves")));
}

TEST(DoctorText, SaysWhatComes) {
  record::Examination seen = examination();
  seen.demand.rate_is_given = true;
  EXPECT_THAT(doctor_text(seen), HasSubstr("100 clients, 5000 requests/s\n"));
  seen.demand.most_per_s.reset();
  EXPECT_THAT(doctor_text(seen), HasSubstr("100 clients, as many requests/s as it can serve\n"));
}

TEST(DoctorText, OfWhatHostsCallThemselvesIsHarmless) {
  record::Examination seen = examination();
  seen.host.hostname = "a\x1b[2J";
  EXPECT_THAT(doctor_text(seen), StartsWith("a\\x1b[2J: "));
}

record::Manifest with_two_cells() {
  record::Manifest manifest;
  manifest.host.cores = 2;
  manifest.host.settings = {{"cpu.governor", "powersave"}};
  manifest.host.open_files = 500;
  manifest.knobs = {{"clients", "100"}};
  manifest.cells = {{.stack = "a", .label = "a"},
                    {.stack = "b", .label = "b", .knobs = {{"clients", "1000"}}}};
  return manifest;
}

TEST(MachineLines, NameTheCellsWhereTheseAreNotAll) {
  EXPECT_THAT(machine_lines(with_two_cells()),
              ElementsAre(StartsWith("governor: powersave: cores slow"),
                          StartsWith("b: open files: 500 at most, ")));
  EXPECT_THAT(machine_text(with_two_cells()),
              AllOf(StartsWith("This machine (unrig doctor says what mends it):\n  governor: "),
                    HasSubstr("\n  b: open files: ")));
}

TEST(MachineLines, AreNoneOfAMachineThatDoesNothing) {
  record::Manifest quiet = with_two_cells();
  quiet.host.settings.clear();
  quiet.cells.pop_back();
  EXPECT_EQ(machine_text(quiet), "");
}

}  // namespace
}  // namespace unrig::report
