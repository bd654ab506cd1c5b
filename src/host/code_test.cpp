#include "host/code.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

namespace unrig::host {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Maps, HaveTheFilesWhoseCodeCanBeRun) {
  const auto code = parse_maps(
      "00400000-0041f000 r--p 00000000 fe:00 1054   /usr/bin/python3.11\n"
      "0041f000-006d5000 r-xp 0001f000 fe:00 1054   /usr/bin/python3.11\n"
      "02f5e000-03211000 rw-p 00000000 00:00 0      [heap]\n"
      "7f391d8a2000-7f391d8d4000 r-xp 00030000 fe:00 99   /env/a b/uvloop/loop.cpython-311.so\n"
      "7f391e000000-7f391e001000 rwxp 00000000 00:00 0 \n"
      "7f391e100000-7f391e101000 r-xp 00000000 fe:00 7    /tmp/x.so (deleted)\n"
      "7ffdc4d5e000-7ffdc4d60000 r-xp 00000000 00:00 0    [vdso]\n");
  EXPECT_THAT(
      code, ElementsAre(Code{0x41f000, 0x6d5000, "/usr/bin/python3.11"},
                        Code{0x7f391d8a2000, 0x7f391d8d4000, "/env/a b/uvloop/loop.cpython-311.so"},
                        Code{0x7f391e100000, 0x7f391e101000, "/tmp/x.so (deleted)"}));
  for (const char* text :
       {"", "\n", "nonsense", "x-y r-xp 0 0 0 /a", "12 r-xp 0 0 0 /a", "/a r-xp"})
    EXPECT_THAT(parse_maps(text), IsEmpty()) << text;
}

TEST(Image, NamesEachFileOnce) {
  const Image image{.program = "/p", .code = {{0, 1, "/p"}, {1, 2, "/a.so"}, {3, 4, "/p"}}};
  EXPECT_THAT(image.files(), ElementsAre("/p", "/a.so"));
}

TEST(Image, OfThisProcessHasItsProgram) {
  const auto image = image_of(::getpid());
  ASSERT_TRUE(image) << image.error().what;
  EXPECT_EQ(image->program, std::filesystem::read_symlink("/proc/self/exe").string());
  EXPECT_THAT(image->files(), Contains(image->program));
  EXPECT_FALSE(image_of(-5));
}

}  // namespace
}  // namespace unrig::host
