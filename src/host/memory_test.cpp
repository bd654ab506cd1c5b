#include "host/memory.h"

#include <gtest/gtest.h>

namespace unrig::host {
namespace {

TEST(Memory, AvailableIsTheLesserOfMachineAndGroup) {
  const std::string machine = "MemTotal: 4096 kB\nMemFree: 100 kB\nMemAvailable:   2048 kB\n";
  EXPECT_EQ(available_memory(machine, "", ""), 2048 * 1024);
  EXPECT_EQ(available_memory(machine, "max\n", "77\n"), 2048 * 1024);
  EXPECT_EQ(available_memory(machine, "1000000\n", "400000\n"), 600000);
  EXPECT_EQ(available_memory("", "1000000\n", "400000\n"), 600000);
  EXPECT_EQ(available_memory(machine, "9223372036854771712\n", "400000\n"), 2048 * 1024);
  EXPECT_FALSE(available_memory("", "", ""));
}

}  // namespace
}  // namespace unrig::host
