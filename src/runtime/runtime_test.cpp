#include "runtime/runtime.h"

#include <gmock/gmock.h>

#include "base/testing_folder.h"

namespace unrig::runtime {
namespace {

using ::testing::HasSubstr;

class RuntimesTest : public FolderTest {
 protected:
  static stack::StackSpec spec(const std::string& name, const std::string& language) {
    return {.name = name,
            .language = language,
            .application = "/apps/app.py",
            .vintages = {{.name = "2026", .group = "wsgi"}}};
  }
  SystemClock clock_;
  Result<process::Guard> guard_ = process::Guard::start();
  Runtimes runtimes_{{.data = folder(), .home = folder() / "home"}, {*guard_, clock_}};
};

TEST_F(RuntimesTest, OneForAllStacksOfALanguage) {
  const auto one = spec("one", "python"), two = spec("two", "python"), none = spec("x", "cobol");
  const auto first = runtimes_.of({&one, "2026"});
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(*runtimes_.of({&two, "2026"}), *first);
  const auto missing = runtimes_.of({&none, "2026"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::usage);
  EXPECT_EQ(missing.error().what, "x: there is no runtime for the language 'cobol'");
}

TEST_F(RuntimesTest, PrepareAnswersInTheOrderOfTheStacks) {
  const auto python = spec("one", "python"), none = spec("x", "cobol");
  const std::vector<stack::Selection> stacks = {{&python, "2026"}, {&none, "2026"}};
  const auto done = runtimes_.prepare(stacks);
  ASSERT_EQ(done.size(), 2U);
  ASSERT_FALSE(done[0]);
  EXPECT_THAT(done[0].error().what, HasSubstr("there is no vintage '2026'"));
  ASSERT_FALSE(done[1]);
  EXPECT_THAT(done[1].error().what, HasSubstr("'cobol'"));
}

}  // namespace
}  // namespace unrig::runtime
