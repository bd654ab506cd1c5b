#include "process/wire.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace unrig::process {
namespace {

TEST(Wire, ARequestArrivesAsItWasSent) {
  Launch sent{.program = "/bin/x", .command = {}};
  sent.command.argv = {"x", "", "a b", "line\nline", "ümlaut"};
  sent.command.environment = {"A=1", "EMPTY="};
  sent.command.folder = "/some where";
  sent.command.group = "/sys/a group";
  sent.command.user = User{7, 4294967290U};
  sent.command.cpus = {0, 11};
  sent.command.farewell = SIGINT;
  sent.command.fence = Fence{.writable = {"/a b", "/c"}, .hidden = {"/d"}, .readable = {"/d/e"}};
  const Launch got = decode(encode(sent));
  EXPECT_EQ(got.program, sent.program);
  EXPECT_EQ(got.command.argv, sent.command.argv);
  EXPECT_EQ(got.command.environment, sent.command.environment);
  EXPECT_EQ(got.command.folder, sent.command.folder);
  EXPECT_EQ(got.command.group, "/sys/a group");
  ASSERT_TRUE(got.command.user);
  EXPECT_EQ(got.command.user->uid, 7u);
  EXPECT_EQ(got.command.user->gid, 4294967290U);
  EXPECT_EQ(got.command.cpus, sent.command.cpus);
  EXPECT_EQ(got.command.farewell, SIGINT);
  ASSERT_TRUE(got.command.fence);
  EXPECT_EQ(got.command.fence->writable, sent.command.fence->writable);
  EXPECT_EQ(got.command.fence->hidden, sent.command.fence->hidden);
  EXPECT_EQ(got.command.fence->readable, sent.command.fence->readable);
}

TEST(Wire, WhatIsNotSetStaysUnset) {
  const Launch got = decode(encode({.program = "/bin/x", .command = {.argv = {"x"}}}));
  EXPECT_FALSE(got.command.user);
  EXPECT_FALSE(got.command.fence);
  EXPECT_TRUE(got.command.cpus.empty());
  EXPECT_TRUE(got.command.environment.empty());
}

TEST(Wire, DescriptorsTravelAlongAndAreClosedOnExec) {
  auto pair = socket_pair();
  ASSERT_TRUE(pair);
  const UniqueFd file(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ASSERT_EQ(send_message((*pair)[0].get(), "text", {file.get(), file.get()}), 0);
  const auto message = receive_message((*pair)[1].get());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text, "text");
  for (const UniqueFd& each : message->descriptors) {
    ASSERT_TRUE(each);
    EXPECT_NE(each.get(), file.get());
    EXPECT_TRUE(::fcntl(each.get(), F_GETFD) & FD_CLOEXEC);
  }
}

TEST(Wire, ARemovalIsNoRequest) {
  const auto got = decode_removal(encode(Removal{"/tmp/some folder"}));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->folder, "/tmp/some folder");
  EXPECT_FALSE(got->is_group);
  const auto group = decode_removal(encode(Removal{"/sys/a group", true}));
  ASSERT_TRUE(group);
  EXPECT_EQ(group->folder, "/sys/a group");
  EXPECT_TRUE(group->is_group);
  EXPECT_FALSE(decode_removal(encode(Launch{.program = "/bin/x", .command = {.argv = {"x"}}})));
}

TEST(Wire, AMessageMayComeWithoutDescriptors) {
  auto pair = socket_pair();
  ASSERT_TRUE(pair);
  ASSERT_EQ(send_message((*pair)[0].get(), "text"), 0);
  const auto message = receive_message((*pair)[1].get());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text, "text");
  EXPECT_FALSE(message->descriptors[0]);
}

TEST(Wire, TheOtherEndsCloseIsTheEnd) {
  auto pair = socket_pair();
  ASSERT_TRUE(pair);
  (*pair)[0].reset();
  EXPECT_FALSE(receive_message((*pair)[1].get()));
  EXPECT_EQ(send_message((*pair)[1].get(), "text", {1, 2}), EPIPE);
}

TEST(Wire, WhatIsTooLongIsRefused) {
  auto pair = socket_pair();
  ASSERT_TRUE(pair);
  EXPECT_EQ(send_message((*pair)[0].get(), std::string(max_message + 1, 'x'), {1, 2}), EMSGSIZE);
  EXPECT_EQ(send_message((*pair)[0].get(), std::string(max_message, 'x'), {1, 2}), 0);
}

}  // namespace
}  // namespace unrig::process
