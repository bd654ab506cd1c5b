#include "runtime/built/locks.h"

#include <gmock/gmock.h>

namespace unrig::runtime::built {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(GoSum, HasTheModulesWhoseCodeItHashes) {
  const auto lock = parse_go_sum(
      "github.com/jackc/pgx/v5 v5.7.2 h1:aaa=\n"
      "github.com/jackc/pgx/v5 v5.7.2/go.mod h1:bbb=\n"
      "golang.org/x/text v0.20.0/go.mod h1:ccc=\n"
      "golang.org/x/text v0.21.0 h1:ddd=\r\n"
      "golang.org/x/text v0.22.0 h1:eee=\n"
      "golang.org/x/text v0.21.0 h1:ddd=\n"
      "two words\n"
      "more words than three\n");
  ASSERT_TRUE(lock);
  EXPECT_THAT(
      *lock,
      UnorderedElementsAre(
          Pair("github.com/jackc/pgx/v5", LockedPackage{.version = "v5.7.2", .everywhere = false}),
          Pair("golang.org/x/text",
               LockedPackage{.version = "v0.21.0", .everywhere = false, .others = {"v0.22.0"}})));
}

TEST(GoProgram, SaysItsModules) {
  const auto modules = parse_go_program(
      "/b/server: go1.25.1\n"
      "\tpath\tunrig.test/application\n"
      "\tmod\tunrig.test/application\t(devel)\t\n"
      "\tdep\tgithub.com/jackc/pgx/v5\tv5.7.2\th1:aaa=\n"
      "\tdep\texample.org/old\tv1.0.0\n"
      "\t=>\texample.org/new\tv1.1.0\th1:bbb=\n"
      "\tbuild\t-trimpath=true\n");
  EXPECT_THAT(modules, UnorderedElementsAre(Pair("github.com/jackc/pgx/v5", "v5.7.2"),
                                            Pair("example.org/new", "v1.1.0")));
}

TEST(NpmLock, HasPackagesByTheirPlace) {
  const auto lock = parse_npm_lock(R"({
    "name": "x", "lockfileVersion": 3,
    "packages": {
      "": {"name": "x", "dependencies": {"pg": "8"}},
      "node_modules/pg": {"version": "8.16.0"},
      "node_modules/pg/node_modules/split": {"version": "4.0.0"},
      "node_modules/jest": {"version": "30.0.0", "dev": true},
      "node_modules/fsevents": {"version": "2.0.0", "optional": true},
      "node_modules/tap": {"version": "1.0.0", "devOptional": true},
      "node_modules/react": {"version": "19.0.0", "peer": true},
      "node_modules/ms": {"version": "2.1.3", "dev": "no flag", "link": false},
      "node_modules/local": {"resolved": "local", "link": true},
      "local": {"version": "1.0.0"}
    }})");
  ASSERT_TRUE(lock);
  EXPECT_THAT(*lock, UnorderedElementsAre(
                         Pair("pg", LockedPackage{.version = "8.16.0"}),
                         Pair("pg/node_modules/split", LockedPackage{.version = "4.0.0"}),
                         Pair("jest", LockedPackage{.version = "30.0.0", .everywhere = false}),
                         Pair("fsevents", LockedPackage{.version = "2.0.0", .everywhere = false}),
                         Pair("tap", LockedPackage{.version = "1.0.0", .everywhere = false}),
                         Pair("react", LockedPackage{.version = "19.0.0", .everywhere = false}),
                         Pair("ms", LockedPackage{.version = "2.1.3"})));
}

TEST(NpmPackage, SaysItsVersion) {
  EXPECT_EQ(version_of_npm_package(R"({"name": "pg", "version": "8.16.0"})"), "8.16.0");
  EXPECT_EQ(version_of_npm_package(R"({"version": 8})"), "");
  EXPECT_EQ(version_of_npm_package(R"({"name": "pg"})"), "");
  EXPECT_EQ(version_of_npm_package(R"(["version"])"), "");
  EXPECT_EQ(version_of_npm_package("["), "");
}

TEST(CargoLock, HasTheCratesFromElsewhere) {
  const auto lock = parse_cargo_lock(
      "version = 4\n"
      "\n"
      "[[package]]\n"
      "name = \"tokio\"\n"
      "version = \"1.48.0\"\r\n"
      "source = \"registry+index\"\n"
      "\n"
      "[[package]]\n"
      "name = \"application\"\n"
      "version = \"0.0.0\"\n"
      "dependencies = [\n"
      " \"tokio\",\n"
      "]\n"
      "\n"
      "[[package]]\n"
      "source = \"a crate without a name\"\n"
      "[[package]]\n"
      "name = \"tokio\"\n"
      "version = \"1.48.0\"\n"
      "source = \"another index\"\n"
      "name of nothing = \"x\"\n"
      "name = none\n"
      "version = \"open\n"
      "version = closed\"\n"
      "[[package]]\n"
      "name = \"rand\"\n"
      "version = \"0.8.5\"\n"
      "source = \"registry+index\"\n"
      "[[package]]\n"
      "name = \"rand\"\n"
      "version = \"0.9.2\"\n"
      "source = \"registry+index\"");
  ASSERT_TRUE(lock);
  EXPECT_THAT(*lock,
              UnorderedElementsAre(
                  Pair("tokio", LockedPackage{.version = "1.48.0", .everywhere = false}),
                  Pair("rand", LockedPackage{
                                   .version = "0.8.5", .everywhere = false, .others = {"0.9.2"}})));
}

TEST(Locks, TakeAnyBytes) {
  std::string deep = "{\"packages\":";
  constexpr int levels = 100'000;
  for (int i = 0; i < levels; ++i) deep += "{\"a\":";
  deep += "1" + std::string(levels + 1, '}');
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  for (const auto& text :
       {std::string(), deep, all_bytes, std::string("{"), std::string("{\"packages\": []}"),
        std::string("{\"packages\": {\"node_modules/a\": 1}}"), std::string(10, '\0'),
        std::string("[[package]]\nname = \"\nversion = \"\"\nsource = \"x\"\n"),
        std::string("a b\n\tdep\n\tdep\t\n\t=>\ta\tb\n"), std::string("\xff\xfe a b c d")}) {
    static_cast<void>(parse_go_sum(text));
    static_cast<void>(parse_go_program(text));
    static_cast<void>(parse_npm_lock(text));
    static_cast<void>(version_of_npm_package(text));
    static_cast<void>(parse_cargo_lock(text));
  }
  EXPECT_FALSE(parse_npm_lock(deep));
  EXPECT_FALSE(parse_npm_lock("{\"lockfileVersion\": 1, \"dependencies\": {}}"));
  EXPECT_THAT(parse_npm_lock("{\"packages\": {\"node_modules/a\": 1}}").value(), IsEmpty());
  EXPECT_THAT(parse_go_program("\t=>\ta\tb\n"), IsEmpty());
}

TEST(LockedVersion, IsFoundByAStacksWords) {
  const LockedPackages lock = {{"github.com/gofiber/fiber/v2", {.version = "v2.52.0"}},
                               {"github.com/jackc/pgx/v5", {.version = "v5.7.2"}},
                               {"github.com/spf13/viper", {.version = "v1.20.0"}},
                               {"example.org/v", {.version = "v0.1.0"}},
                               {"@fastify/postgres", {.version = "6.0.0"}},
                               {"JSONStream", {.version = "1.3.5"}},
                               {"pg", {.version = "8.16.0"}}};
  EXPECT_EQ(locked_version(lock, "Fiber"), "v2.52.0");
  EXPECT_EQ(locked_version(lock, "pgx"), "v5.7.2");
  EXPECT_EQ(locked_version(lock, "viper"), "v1.20.0") << "no number of a version";
  EXPECT_EQ(locked_version(lock, "v"), "v0.1.0");
  EXPECT_EQ(locked_version(lock, "v5"), "");
  EXPECT_EQ(locked_version(lock, "jsonstream"), "1.3.5");
  EXPECT_EQ(locked_version(lock, "Fiber (pgx)"), "v2.52.0") << "what it is, not what it has";
  EXPECT_EQ(locked_version(lock, "node:http (pg)"), "");
  EXPECT_EQ(locked_version(lock, "pg"), "8.16.0");
  EXPECT_EQ(locked_version(lock, "net/http"), "");
  EXPECT_EQ(locked_version(lock, ""), "");
  EXPECT_EQ(locked_version(lock, "(x)"), "");
}

TEST(Differences, AVersionThatTheLockAllowsAsWellIsNone) {
  const LockedPackages lock = {
      {"rand", {.version = "0.8.5", .everywhere = false, .others = {"0.9.2"}}}};
  const auto same = [](std::string_view name) { return std::string(name); };
  EXPECT_THAT(differences(lock, {{"rand", "0.9.2"}}, same), IsEmpty());
  EXPECT_THAT(differences(lock, {{"rand", "0.9.3"}}, same),
              ElementsAre("rand 0.9.3 instead of 0.8.5"));
}

TEST(JarLock, NamesJarsByTheirPlaceInARepository) {
  const std::string hash(64, 'a');
  const auto lock = parse_jar_lock(hash +
                                   "  io/netty/netty-codec-http2/4.2.5.Final/"
                                   "netty-codec-http2-4.2.5.Final.jar\n" +
                                   hash +
                                   "  org/postgresql/postgresql/42.7.14/"
                                   "postgresql-42.7.14.jar\r\n\n" +
                                   hash + "  io/netty/epoll/4.2/epoll-4.2-linux-x86_64.jar\n");
  ASSERT_TRUE(lock);
  EXPECT_THAT(*lock,
              UnorderedElementsAre(
                  Pair("io.netty:netty-codec-http2", LockedPackage{.version = "4.2.5.Final"}),
                  Pair("org.postgresql:postgresql", LockedPackage{.version = "42.7.14"}),
                  Pair("io.netty:epoll:linux-x86_64", LockedPackage{.version = "4.2"})));
  EXPECT_EQ(locked_version(*lock, "netty-codec-http2"), "4.2.5.Final");
  EXPECT_EQ(locked_version(*lock, "org.postgresql:postgresql"), "42.7.14");
  EXPECT_EQ(locked_version(*lock, "netty"), "");
}

TEST(JarLock, WithAnotherLineIsNone) {
  const std::string hash(64, 'a');
  const std::string jar = "a/b/1/b-1.jar";
  EXPECT_TRUE(parse_jar_lock(""));
  EXPECT_TRUE(parse_jar_lock(hash + "  " + jar));
  EXPECT_FALSE(parse_jar_lock(jar)) << "without a hash";
  EXPECT_FALSE(parse_jar_lock(hash.substr(1) + "  " + jar)) << "with a shorter one";
  EXPECT_FALSE(parse_jar_lock(std::string(64, 'x') + "  " + jar));
  for (const auto path : {"b-1.jar", "b/1/b-1.jar", "a//b/1/b-1.jar", "a/b/2/b-1.jar",
                          "a/b/1/c-1.jar", "a/b/1/b-1.pom", "a/b/1/b-12.jar", "../b/1/b-1", ""}) {
    EXPECT_FALSE(parse_jar_lock(hash + "  " + path)) << path;
  }
}

}  // namespace
}  // namespace unrig::runtime::built
