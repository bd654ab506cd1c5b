#include "cli/inputs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/file.h"
#include "cli/load_options.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;

/// A pipe that holds `content` and is closed for writing: as a shell's <(…) is.
class Pipe {
 public:
  explicit Pipe(std::string_view content) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    read_ = UniqueFd(ends[0]);
    const UniqueFd write(ends[1]);
    EXPECT_EQ(::write(write.get(), content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
  }
  [[nodiscard]] int descriptor() const { return read_.get(); }
  [[nodiscard]] fs::path path() const { return "/dev/fd/" + std::to_string(read_.get()); }

 private:
  UniqueFd read_;
};

TEST(Inputs, PipeIsReadOnceAndGivesTheSameBytesAgain) {
  const Pipe pipe("from a pipe");
  Inputs inputs;
  EXPECT_EQ(inputs.read("--body", pipe.path()).value(), "from a pipe");
  EXPECT_EQ(inputs.read("--body", pipe.path()).value(), "from a pipe");
}

TEST(Inputs, BothPlansOfAComparisonHaveTheBytes) {
  const Pipe body("sent"), expected("wanted");
  LoadOptions load;
  load.body = body.path();
  load.expect_body = expected.path();
  const auto inputs = read_inputs(load);
  ASSERT_TRUE(inputs) << inputs.error().what;
  for (const char* url : {"http://127.0.0.1:1/", "http://127.0.0.1:2/"}) {
    load.url = url;
    const auto plan = plan_of(load, *inputs);
    ASSERT_TRUE(plan) << plan.error().what;
    EXPECT_EQ(plan->request.body, "sent");
    EXPECT_EQ(plan->expected_body, "wanted");
  }
}

TEST(Inputs, StandardInputIsOneOptions) {
  for (const char* name : {"-", "/dev/stdin", "/dev/fd/0"}) {
    const Pipe pipe("typed");
    Inputs inputs(pipe.descriptor());
    EXPECT_EQ(inputs.read("--body", name).value(), "typed");
    EXPECT_EQ(inputs.read("--body", "-").value(), "typed");
    const auto second = inputs.read("--expect-body", "-");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::usage);
    EXPECT_EQ(second.error().what, "--body and --expect-body both ask for standard input");
  }
}

TEST(Inputs, WhatHasNoEndOrIsNoFileIsRefused) {
  for (const char* name : {"/dev/zero", "/", "/no/such/file"}) {
    Inputs inputs;
    const auto read = inputs.read("--body", name);
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().kind, ErrorKind::usage);
    EXPECT_TRUE(read.error().what.starts_with("--body " + std::string(name)));
  }
}

TEST(Inputs, AuthoritiesComeFromAFileThatCanBeReadAgain) {
  const Pipe pipe("pem");
  EXPECT_FALSE(check_readable_again("--cacert", pipe.path()));
  EXPECT_FALSE(check_readable_again("--cacert", "/"));
  EXPECT_TRUE(check_readable_again("--cacert", "/proc/self/exe"));
  EXPECT_TRUE(check_readable_again("--cacert", ""));
}

}  // namespace
}  // namespace unrig::cli
