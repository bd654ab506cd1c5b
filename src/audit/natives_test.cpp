#include "audit/natives.h"

#include <gmock/gmock.h>

namespace unrig::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string env = "/home-of-unrig/environments/2026-starlette-8698caa999ab";
const std::string packages = env + "/lib/python3.11/site-packages";
const std::string uvloop = packages + "/uvloop/loop.cpython-311-x86_64-linux-gnu.so";
const std::string psycopg2 = packages + "/psycopg2/_psycopg.cpython-311-x86_64-linux-gnu.so";
const std::string psycopg3 = packages + "/psycopg_binary/_psycopg.cpython-311-x86_64-linux-gnu.so";
const std::string asyncpg = packages + "/asyncpg/protocol/protocol.cpython-311-x86_64-linux-gnu.so";

TEST(Module, IsKnownByItsFile) {
  EXPECT_TRUE(is_module(uvloop, "uvloop.loop", env));
  EXPECT_TRUE(is_module(packages + "/tornado/speedups.abi3.so", "tornado.speedups", env));
  EXPECT_TRUE(is_module(packages + "/granian/_granian.so", "granian._granian", env));
  EXPECT_TRUE(is_module(asyncpg, "asyncpg.protocol.protocol", ""));
  EXPECT_FALSE(is_module(uvloop, "uvloop.loo", env));
  EXPECT_FALSE(is_module(uvloop, "loop.cpython", env));
  EXPECT_FALSE(is_module(uvloop, "uvloop", env)) << "a folder on the way is no module";
  EXPECT_FALSE(is_module(packages + "/my_uvloop/loop.so", "uvloop.loop", env));
  EXPECT_FALSE(is_module(uvloop + " (deleted)", "uvloop.loop", env));
}

TEST(Module, OfAnotherPlaceIsNone) {
  const std::string planted = "/tmp/x/uvloop/loop.so";
  EXPECT_FALSE(is_module(planted, "uvloop.loop", env));
  EXPECT_TRUE(is_module(planted, "uvloop.loop", ""));
  EXPECT_FALSE(is_module(env + "2/uvloop/loop.so", "uvloop.loop", env)) << "only begins alike";
}

TEST(Files, AreFoundByModuleAndByPackage) {
  const std::vector<std::string> files = {"/usr/bin/python3.11", psycopg2, uvloop};
  EXPECT_EQ(file_of(files, "uvloop.loop", env), uvloop);
  EXPECT_EQ(file_of(files, "uvloop.other", env), "");
  EXPECT_EQ(file_of_package(files, "uvloop.Loop", env), uvloop);
  EXPECT_EQ(file_of_package(files, "asyncio.unix_events.Loop", env), "");
  EXPECT_EQ(file_of_package(files, "uvloop.Loop", "/elsewhere"), "");
  EXPECT_EQ(package_of("uvloop.Loop"), "uvloop");
  EXPECT_EQ(package_of("uvloop"), "uvloop");
  EXPECT_EQ(short_name(uvloop), "loop.cpython-311-x86_64-linux-gnu.so");
}

TEST(Drivers, AreKnownByTheirCompiledParts) {
  EXPECT_THAT(modules_of_driver("aiopg"), ElementsAre("psycopg2._psycopg"));
  EXPECT_THAT(modules_of_driver("psycopg3"),
              ElementsAre("psycopg_binary._psycopg", "psycopg_c._psycopg"));
  EXPECT_THAT(modules_of_driver("mine"), IsEmpty());
}

TEST(Drivers, OthersAreSeenBeside) {
  const std::vector<std::string> files = {psycopg2, asyncpg};
  EXPECT_THAT(other_drivers(files, "psycopg2"), ElementsAre("asyncpg"));
  EXPECT_THAT(other_drivers(files, "aiopg"), ElementsAre("asyncpg")) << "psycopg2 is its own part";
  EXPECT_THAT(other_drivers(files, "asyncpg"), ElementsAre("psycopg2"));
  EXPECT_THAT(other_drivers(files, "psycopg3"), ElementsAre("asyncpg", "psycopg2"));
  EXPECT_THAT(other_drivers({&psycopg3, 1}, "psycopg3"), IsEmpty());
  const std::string hidden = "/app/asyncpg/protocol/protocol.so";
  EXPECT_THAT(other_drivers({&hidden, 1}, "psycopg2"), ElementsAre("asyncpg"));
}

TEST(Environment, HasItsOwnPackages) {
  EXPECT_FALSE(is_of_another_environment(uvloop, env));
  EXPECT_FALSE(is_of_another_environment("/usr/lib/python3.11/lib-dynload/_json.so", env));
  EXPECT_TRUE(is_of_another_environment("/usr/lib/python3/dist-packages/x/y.so", env));
  EXPECT_TRUE(is_of_another_environment("/other/site-packages/x.so", env));
}

}  // namespace
}  // namespace unrig::audit
