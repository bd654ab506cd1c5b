/// \file
/// For tests: a folder of stacks with one of them, "one".
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/testing_folder.h"
#include "stack/spec.h"

namespace unrig::stack {

class StacksTest : public FolderTest {
 protected:
  /// `good`: a stack.toml in which nothing is wrong.
  explicit StacksTest(std::string good) : good_(std::move(good)) {}

  [[nodiscard]] Result<std::vector<StackSpec>> load(std::string_view content) const {
    write("stacks/one/stack.toml", content);
    const auto stacks = folder() / "stacks";
    return load_stacks(std::span(&stacks, 1));
  }
  [[nodiscard]] std::string place(int line, int column) const {
    return (folder() / "stacks/one/stack.toml").string() + fmt::format(":{}:{}: ", line, column);
  }
  /// The good one with one line replaced.
  [[nodiscard]] std::string with(std::string_view line, std::string_view instead) const {
    std::string text = good_;
    const auto at = text.find(line);
    EXPECT_NE(at, std::string::npos);
    return text.replace(at, line.size(), instead);
  }

 private:
  std::string good_;
};

}  // namespace unrig::stack
