#include "runtime/reach.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/testing_folder.h"

namespace unrig::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Interpreter, IsWhatTheFirstLineOfAScriptNames) {
  EXPECT_EQ(interpreter_in("#!/srv/shop/venv/bin/python3\nimport sys\n"),
            "/srv/shop/venv/bin/python3");
  EXPECT_EQ(interpreter_in("#! /usr/bin/env python3\n"), "/usr/bin/env");
  EXPECT_EQ(interpreter_in("\x7f"
                           "ELF"),
            "");
  EXPECT_EQ(interpreter_in(""), "");
}

class ReachTest : public FolderTest {};

TEST_F(ReachTest, NamesFolderProgramAndWhatRunsIt) {
  write("shop/venv/bin/serve", "#!/opt/python/bin/python3\n", 0755);
  stack::StackSpec spec;
  spec.directory = folder() / "shop";
  spec.command = {"venv/bin/serve", "{port}"};
  EXPECT_THAT(own_paths(spec), ElementsAre(folder() / "shop", folder() / "shop/venv/bin/serve",
                                           "/opt/python/bin/python3"));
  spec.command = {"gunicorn"};
  EXPECT_THAT(own_paths(spec), ElementsAre(folder() / "shop")) << "PATH finds it";
  spec.directory.clear();
  spec.command = {"{build}/server"};
  EXPECT_THAT(own_paths(spec), IsEmpty()) << "unrig finds it";
}

TEST_F(ReachTest, TheCommandsOpenWhatIsClosedOnTheWay) {
  write("home/shop/app.py", "");
  const auto home = folder() / "home", shop = home / "shop";
  ASSERT_EQ(chmod(folder().c_str(), 0755), 0);
  ASSERT_EQ(chmod(home.c_str(), 0700), 0);
  ASSERT_EQ(chmod(shop.c_str(), 0755), 0);
  EXPECT_EQ(letting_in(shop), "chmod o+x " + home.string());
  ASSERT_EQ(chmod(shop.c_str(), 0700), 0);
  EXPECT_EQ(letting_in(shop), "chmod o+x " + home.string() + " && chmod -R o+rX " + shop.string());
  ASSERT_EQ(chmod(home.c_str(), 0755), 0);
  ASSERT_EQ(chmod(shop.c_str(), 0755), 0);
  EXPECT_EQ(letting_in(shop), "");
}

}  // namespace
}  // namespace unrig::runtime
