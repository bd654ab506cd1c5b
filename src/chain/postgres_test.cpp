// A real PostgreSQL, and pgbouncer before it, that are reached over TCP, as from another host.
#include "chain/postgres.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "base/testing_folder.h"
#include "chain/pgbouncer.h"
#include "chain/row.h"
#include "host/folders.h"
#include "host/local_host.h"

namespace unrig::chain {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PostgresOverTcp : public FolderTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(guard_) << guard_.error().what;
    auto folders = host::Folders::open(folder() / "home", *guard_, clock_);
    ASSERT_TRUE(folders) << folders.error().what;
    host_.emplace(*guard_, clock_, std::move(*folders));
    const auto here = host_->next_port();
    ASSERT_TRUE(here) << here.error().what;
    auto postgres = Postgres::open({*host_, clock_}, host_->folders(), *here);
    ASSERT_TRUE(postgres) << postgres.error().what;
    postgres_.emplace(std::move(*postgres));
    const auto started = postgres_->start(60, {});
    ASSERT_TRUE(started) << started.error().what;
  }
  [[nodiscard]] static Result<Session> connect(const host::Endpoint& at, const char* user,
                                               const std::string& password) {
    return Session::connect({{"host", at.host},
                             {"port", std::to_string(at.port)},
                             {"user", user},
                             {"password", password},
                             {"dbname", std::string(database_name)}});
  }
  /// What the row of `a` = 7 is to the application there.
  [[nodiscard]] std::string row_at(const host::Endpoint& at, const std::string& password) const {
    auto session = connect(at, "app", password);
    if (!session) return session.error().what;
    const auto rows = session->query("SELECT b FROM test WHERE a = 7", clock_);
    return rows ? rows->front().at("b") : rows.error().what;
  }

  SystemClock clock_;
  Result<process::Guard> guard_ = process::Guard::start();
  std::optional<host::LocalHost> host_;
  std::optional<Postgres> postgres_;
};

TEST_F(PostgresOverTcp, OnlyAPasswordOpensIt) {
  const auto& at = postgres_->endpoint();
  EXPECT_FALSE(at.is_socket());
  EXPECT_EQ(row_at(at, postgres_->application_password()), row_b(7, postgres_->rule()));
  for (const auto user : {"app", "observer", "unrig", "postgres"}) {
    EXPECT_FALSE(connect(at, user, "")) << user;
    EXPECT_FALSE(connect(at, user, "unrig")) << user;
  }
  EXPECT_FALSE(connect(at, "unrig", postgres_->application_password())) << "the owner is out";
  const host::Endpoint socket{(host_->runtime() / "database").string(), database_port};
  EXPECT_FALSE(std::filesystem::exists(socket.socket())) << "it listens at one place";
  EXPECT_TRUE(postgres_->answers());
  const auto totals = postgres_->totals();
  ASSERT_TRUE(totals) << totals.error().what;
  EXPECT_GE(totals->rows_read, 1U);
}

// What every role may, for good: it goes on for nobody who comes after.
TEST_F(PostgresOverTcp, WhatTheApplicationChangesOfItsRoleIsSeenAndUndone) {
  const auto& at = postgres_->endpoint();
  const auto& password = postgres_->application_password();
  EXPECT_EQ(postgres_->restore_role(), "");
  {
    auto session = connect(at, "app", password);
    ASSERT_TRUE(session) << session.error().what;
    for (const auto sql : {"ALTER ROLE CURRENT_USER SET statement_timeout = 1",
                           "ALTER ROLE CURRENT_USER IN DATABASE unrig SET enable_indexscan = off",
                           "ALTER ROLE app IN DATABASE postgres SET jit_above_cost = 0",
                           "ALTER ROLE CURRENT_USER PASSWORD 'mine'"}) {
      const auto done = session->query(sql, clock_);
      ASSERT_TRUE(done) << sql << ": " << done.error().what;
    }
  }
  EXPECT_FALSE(connect(at, "app", password));
  const auto changed = postgres_->restore_role();
  ASSERT_TRUE(changed) << changed.error().what;
  for (const auto what :
       {"statement_timeout=1", "enable_indexscan=off", "jit_above_cost=0", "its password"})
    EXPECT_THAT(*changed, HasSubstr(what));
  EXPECT_EQ(postgres_->restore_role(), "");
  auto session = connect(at, "app", password);
  ASSERT_TRUE(session) << session.error().what;
  const auto rows = session->query("SHOW enable_indexscan", clock_);
  ASSERT_TRUE(rows) << rows.error().what;
  EXPECT_EQ(rows->front().at("enable_indexscan"), "on");
}

TEST_F(PostgresOverTcp, TheRuleOfItsRowsIsItsOwnSecret) {
  const auto b = postgres_->rule().b(7);
  EXPECT_NE(b, RowRule::known().b(7));
  postgres_->stop();
  const auto open = [&] {
    return Postgres::open({*host_, clock_}, host_->folders(), postgres_->endpoint());
  };
  const auto again = open();
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->rule().b(7), b);

  fs::path secrets;
  for (const auto& entry : fs::directory_iterator(host_->folders().services() / "database"))
    if (entry.path().extension() == ".passwords") secrets = entry.path();
  struct stat status {};
  ASSERT_EQ(::stat(secrets.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(status.st_uid, ::geteuid());
  const auto text = read_file(secrets).value();
  const auto without_last = text.substr(0, text.rfind('\n', text.size() - 2) + 1);
  ASSERT_TRUE(write_file(secrets, without_last));
  const auto damaged = open();
  ASSERT_FALSE(damaged);
  EXPECT_THAT(damaged.error().what, HasSubstr("is damaged"));
}

TEST_F(PostgresOverTcp, PoolerGetsInForTheApplication) {
  auto pooler = Pgbouncer::open({*host_, clock_});
  ASSERT_TRUE(pooler) << pooler.error().what;
  const auto started = pooler->start({.sessions = 5, .database = postgres_->endpoint()},
                                     postgres_->application_password());
  ASSERT_TRUE(started) << started.error().what;
  EXPECT_EQ(row_at(pooler->endpoint(), pooler->application_password()),
            row_b(7, postgres_->rule()));
  EXPECT_TRUE(pooler->close_sessions());
  EXPECT_TRUE(postgres_->wait_for_no_sessions());
}

}  // namespace
}  // namespace unrig::chain
