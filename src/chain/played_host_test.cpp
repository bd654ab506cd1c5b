// What the parts of a chain put on a host that is not this machine, and how they would start there.
#include "chain/played_host.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/played_clock.h"
#include "chain/app.h"
#include "chain/availability.h"
#include "chain/nginx.h"
#include "chain/pgbouncer.h"

namespace unrig::chain {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;

class Played : public ::testing::Test {
 protected:
  PlayedHost host;
  PlayedClock clock;
};

TEST_F(Played, TheProxyListensAndLiesThere) {
  host.says = "nginx version: nginx/1.22.1\n";
  auto nginx = Nginx::open({host, clock});
  ASSERT_TRUE(nginx) << nginx.error().what;
  EXPECT_EQ(nginx->version(), "1.22.1");

  const auto started =
      nginx->start({.application = {"192.0.2.9", 5001}, .room = {{3}, "/group/proxy"}});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().what, "nothing runs on a played host");
  EXPECT_EQ(nginx->endpoint(), (host::Endpoint{"192.0.2.7", 4001}));
  const auto& config = host.files.at("/there/run/nginx.conf");
  EXPECT_THAT(config, HasSubstr("listen 192.0.2.7:4001 "));
  EXPECT_THAT(config, HasSubstr("server 192.0.2.9:5001 "));
  ASSERT_THAT(host.started, SizeIs(1));
  const auto& command = host.started.front();
  EXPECT_THAT(command.argv, ElementsAre("/there/bin/nginx", "-p", "/there/run/nginx/", "-e",
                                        "stderr", "-c", "/there/run/nginx.conf"));
  EXPECT_EQ(command.log, "/there/logs/proxy");
  EXPECT_EQ(command.user.value().uid, 7u);
  EXPECT_EQ(command.cpus, (std::vector<int>{3}));
  EXPECT_EQ(command.group, "/group/proxy");
  EXPECT_THAT(command.environment, Contains("TMPDIR=/there/run/temporary"));
}

TEST_F(Played, WhatEveryChainNeedsIsFoundWithItsVersion) {
  host.says = "PgBouncer 1.18.0\n";
  const auto needed = needed_programs(host);
  ASSERT_THAT(needed, SizeIs(3));
  EXPECT_EQ(needed[0].name, "nginx");
  EXPECT_EQ(needed[1].name, "pgbouncer");
  EXPECT_EQ(needed[1].found.value_or(""), "1.18.0 /there/bin/pgbouncer");
  EXPECT_EQ(needed[2].name, "postgresql");
}

TEST_F(Played, ThePoolerListensThereAndHasAPasswordOfItsOwnForTheApplication) {
  host.says = "PgBouncer 1.18.0\nlibevent 2.1.12\n";
  auto pooler = Pgbouncer::open({host, clock});
  ASSERT_TRUE(pooler) << pooler.error().what;
  EXPECT_EQ(pooler->version(), "1.18.0");
  EXPECT_FALSE(pooler->start({.sessions = 5, .database = {"192.0.2.8", 5432}}, "secret"));
  const auto& config = host.files.at("/there/run/pgbouncer.ini");
  EXPECT_THAT(config, HasSubstr("listen_addr = 192.0.2.7\nlisten_port = 4001\n"));
  EXPECT_THAT(config, HasSubstr("host=192.0.2.8 port=5432 "));
  EXPECT_THAT(config, HasSubstr("password=secret\n")) << "the database's";
  const auto& users = host.files.at("/there/run/userlist.txt");
  EXPECT_THAT(users, Not(HasSubstr("secret"))) << "else the application could go past the pooler";
  EXPECT_THAT(users, HasSubstr(fmt::format("\"app\" \"{}\"", pooler->application_password())));
  EXPECT_GE(pooler->application_password().size(), 32U);
}

TEST_F(Played, APortThatSomebodyTookIsLeftForAnotherOne) {
  auto nginx = Nginx::open({host, clock});
  ASSERT_TRUE(nginx) << nginx.error().what;
  EXPECT_FALSE(nginx->start({}));
  EXPECT_THAT(host.given, SizeIs(1)) << "it was free: another one would not help";

  host.somebody_takes_ports = true;
  EXPECT_FALSE(nginx->start({}));
  EXPECT_THAT(host.given, SizeIs(1 + 3));
  EXPECT_EQ(nginx->endpoint(), host.given.back());
  EXPECT_THAT(host.files.at("/there/run/nginx.conf"), HasSubstr(":4004 "));
}

TEST_F(Played, TheApplicationFindsAFreshFolderThere) {
  const stack::StackSpec spec{.name = "flask-gunicorn", .command = {"serve", "{host}:{port}"}};
  const stack::VintageSpec vintage;
  const runtime::Program program;
  const scenario::Scenario scenario;
  host.files["/there/scratch"] = "of the trial before";
  App app({host, clock});
  EXPECT_FALSE(app.start({.spec = spec,
                          .vintage = vintage,
                          .program = program,
                          .scenario = scenario,
                          .scratch = "/there/scratch",
                          .temporary = host.temporary(),
                          .hidden = {"/there/run", "/there/database"},
                          .database = {.at = {"192.0.2.8", 5432}, .password_file = "/there/run/p"},
                          .here = {"192.0.2.7", 4001},
                          .room = {.group = "/group/app"}}));
  EXPECT_EQ(host.files.at("/there/scratch"), "");
  ASSERT_THAT(host.started, SizeIs(1));
  const auto& command = host.started.front();
  EXPECT_THAT(command.argv, ElementsAre("serve", "192.0.2.7:4001"));
  EXPECT_EQ(command.log, "/there/logs/app");
  EXPECT_EQ(command.group, "/group/app");
  EXPECT_THAT(command.environment, Contains("UNRIG_DB_HOST=192.0.2.8"));
  ASSERT_TRUE(command.fence);
  EXPECT_THAT(command.fence->writable, IsSupersetOf({"/there/scratch", "/there/run/temporary"}));
  EXPECT_THAT(command.fence->writable, Not(Contains("/there/run")));
  EXPECT_THAT(command.fence->hidden, ElementsAre("/there/run", "/there/database"));
  EXPECT_THAT(command.fence->readable, ElementsAre("/there/run/p"));
}

TEST_F(Played, NothingIsMissingWhereEveryProgramIs) {
  EXPECT_THAT(missing_programs(host), SizeIs(0));
}

}  // namespace
}  // namespace unrig::chain
