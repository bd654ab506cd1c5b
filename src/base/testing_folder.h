/// \file
/// For tests: a folder of their own, and files in it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"

namespace unrig {

/// A folder that other users may enter, removed at the end.
class FolderTest : public ::testing::Test {
 protected:
  FolderTest() {
    auto name = (std::filesystem::temp_directory_path() / "unrig-test-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  }
  ~FolderTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Writes a file below the folder, with the folders it needs.
  std::filesystem::path write(const std::filesystem::path& name, std::string_view content,
                              mode_t mode = 0644) const {
    const auto path = folder_ / name;
    EXPECT_TRUE(make_folder(path.parent_path()).has_value());
    EXPECT_TRUE(write_file(path, content, mode).has_value());
    return path;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace unrig
