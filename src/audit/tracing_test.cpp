#include "audit/tracing.h"

#include <array>

#include "audit/writes.h"
#include "process/testing.h"

namespace unrig::audit {
namespace {

class TracingTest : public process::ProcessTest {
 protected:
  process::Guard guard_ = process::Guard::start().value();
};

TEST_F(TracingTest, ShowsWhatAProcessWritesMeanwhile) {
  if (!process::find_program("strace")) GTEST_SKIP() << "strace is not installed";
  auto writer = process::Process::start(python("out = open('elsewhere', 'w', buffering=1)\n"
                                               "say('ready')\n"
                                               "while not os.path.exists('go'): time.sleep(0.01)\n"
                                               "out.write('a line\\n')\n"
                                               "say('written')\n"
                                               "time.sleep(1000)\n"),
                                        guard_);
  ASSERT_TRUE(writer) << writer.error().what;
  ASSERT_GT(pid_of("ready"), 0);
  const std::array processes{writer->pid()};
  const auto trace = traced(processes, {"-yy", "-s", "80", "-e", std::string(write_calls)}, folder_,
                            guard_, clock_, [&] {
                              ASSERT_TRUE(write_file(folder_ / "go", ""));
                              ASSERT_GT(pid_of("written"), 0);
                            });
  if (!trace) GTEST_SKIP() << trace.error().what;
  bool found = false;
  for (const auto& writes : parse_writes(*trace, 1)) {
    if (!writes.target.ends_with("/elsewhere")) continue;
    found = true;
    EXPECT_EQ(writes.sink, Sink::file);
    EXPECT_EQ(writes.process, writer->pid());
    EXPECT_EQ(writes.bytes, 7U);
    EXPECT_EQ(writes.sample, "a line\\n");
  }
  EXPECT_TRUE(found) << *trace;
}

TEST_F(TracingTest, SaysWhyItCannot) {
  if (!process::find_program("strace")) GTEST_SKIP() << "strace is not installed";
  bool called = false;
  const std::array nobody{pid_t{0x3fffffff}};
  const auto trace = traced(nobody, {"-c"}, folder_, guard_, clock_, [&called] { called = true; });
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().kind, ErrorKind::environment);
  EXPECT_NE(trace.error().what, "");
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace unrig::audit
