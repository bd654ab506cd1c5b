#include "stack/files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "base/testing_folder.h"

namespace unrig::stack {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Glob, StandsForAnyTextFoldersIncluded) {
  EXPECT_TRUE(selects("*.go", "main.go"));
  EXPECT_TRUE(selects("*.go", "data/pool.go"));
  EXPECT_TRUE(selects("src/*", "src/a/b.rs"));
  EXPECT_TRUE(selects("go.sum", "go.sum"));
  EXPECT_TRUE(selects(R"(a\*)", R"(a\b)")) << "no character is written otherwise";
  EXPECT_FALSE(selects("go.sum", "sub/go.sum"));
  EXPECT_FALSE(selects("*.go", "go.mod"));
}

class FilesTest : public FolderTest {
 protected:
  [[nodiscard]] Result<std::vector<SourceFile>> files(std::vector<std::string> globs = {}) const {
    const std::vector<std::filesystem::path> layers = {folder() / "apps", folder() / "stack"};
    return source_files(layers, globs);
  }
  [[nodiscard]] std::vector<std::string> names(std::vector<std::string> globs = {}) const {
    const auto found = files(std::move(globs));
    EXPECT_TRUE(found) << found.error().what;
    std::vector<std::string> names;
    for (const auto& file : *found) names.push_back(file.name);
    return names;
  }
};

TEST_F(FilesTest, OfTheStackLieOverThoseThatAreShared) {
  write("apps/data/pool.js", "1");
  write("apps/settings.js", "1");
  write("stack/settings.js", "2");
  write("stack/server.js", "2");
  write("stack/stack.toml", "");
  EXPECT_THAT(names(), ElementsAre("data/pool.js", "server.js", "settings.js"));
  const auto found = files();
  EXPECT_EQ(find(*found, "settings.js")->from, folder() / "stack/settings.js");
  EXPECT_EQ(find(*found, "other.js"), nullptr);
  EXPECT_THAT(names({"data/*"}), ElementsAre("data/pool.js"));
}

TEST_F(FilesTest, WhatToolsLeaveLyingAboutIsNone) {
  for (const auto name : {".git/config", "node_modules/a/index.js", "target/release/x",
                          "data/__pycache__/x.pyc", ".env"})
    write("stack/" + std::string(name), "");
  write("stack/main.go", "");
  write("stack/other/stack.toml", "");
  EXPECT_THAT(names(), ElementsAre("main.go", "other/stack.toml"))
      << "only the stack's own stack.toml is none of its files";
}

TEST_F(FilesTest, LinksAndPipesAreRefused) {
  write("outside/secret", "");
  write("stack/main.go", "");
  std::filesystem::create_symlink(folder() / "outside/secret", folder() / "stack/link.go");
  const auto linked = files();
  ASSERT_FALSE(linked);
  EXPECT_EQ(linked.error().kind, ErrorKind::usage);
  EXPECT_THAT(linked.error().what, HasSubstr("stack/link.go is no regular file"));
  EXPECT_TRUE(files({"main.go"})) << "what is not named is nobody's business";
  std::filesystem::remove(folder() / "stack/link.go");
  ASSERT_EQ(::mkfifo((folder() / "stack/pipe").c_str(), 0600), 0);
  EXPECT_FALSE(files());
}

TEST_F(FilesTest, MoreThanAStackHasAreRefused) {
  std::filesystem::create_directory(folder() / "stack");
  for (std::size_t i = 0; i < most_source_files; ++i)
    std::ofstream(folder() / "stack" / std::to_string(i)) << 'x';
  ASSERT_TRUE(files());
  write("stack/one more", "");
  const auto many = files();
  ASSERT_FALSE(many);
  EXPECT_THAT(many.error().what, HasSubstr("more than 2000 files"));
  EXPECT_THAT(many.error().help, HasSubstr("files = ["));
}

TEST_F(FilesTest, OneThatIsTooLongHasNoHash) {
  const auto path = write("stack/data", "");
  std::filesystem::resize_file(path, longest_source_file);
  EXPECT_TRUE(hash_of(*files()));
  std::filesystem::resize_file(path, longest_source_file + 1);
  EXPECT_FALSE(hash_of(*files()));
}

TEST_F(FilesTest, WhatItsOwnerMayRunIsKnown) {
  write("stack/script", "", 0744);
  write("stack/text", "", 0644);
  const auto found = files();
  ASSERT_TRUE(found);
  EXPECT_TRUE(find(*found, "script")->runs);
  EXPECT_FALSE(find(*found, "text")->runs);
}

TEST(ProjectFiles, OfALanguageThatIsNotKnownHasNoNames) {
  EXPECT_EQ(project_files_of("rust").lock, "Cargo.lock");
  const auto& unknown = project_files_of("cobol");
  EXPECT_EQ(unknown.manifest, "");
  EXPECT_EQ(unknown.lock, "");
}

TEST_F(FilesTest, HashChangesWithNamesContentsAndWhatMayRun) {
  write("stack/a.js", "1");
  const auto hash = [&] { return hash_of(*files()).value(); };
  const auto first = hash();
  EXPECT_EQ(hash(), first);
  write("stack/a.js", "2");
  const auto second = hash();
  EXPECT_NE(second, first);
  std::filesystem::permissions(folder() / "stack/a.js", std::filesystem::perms(0755));
  const auto third = hash();
  EXPECT_NE(third, second);
  std::filesystem::rename(folder() / "stack/a.js", folder() / "stack/b.js");
  EXPECT_NE(hash(), third);
}

}  // namespace
}  // namespace unrig::stack
