// A real PostgreSQL, and pgbouncer before it, that are reached over TCP, as from another host.
#include "chain/postgres.h"

#include <gmock/gmock.h>

#include "base/testing_folder.h"
#include "chain/pgbouncer.h"
#include "chain/row.h"
#include "host/folders.h"
#include "host/local_host.h"

namespace unrig::chain {
namespace {

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
  [[nodiscard]] std::string row_at(const host::Endpoint& at) const {
    auto session = connect(at, "app", postgres_->application_password());
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
  EXPECT_EQ(row_at(at), row_b(7));
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

TEST_F(PostgresOverTcp, PoolerGetsInForTheApplication) {
  auto pooler = Pgbouncer::open({*host_, clock_});
  ASSERT_TRUE(pooler) << pooler.error().what;
  const auto started = pooler->start({.sessions = 5, .database = postgres_->endpoint()},
                                     postgres_->application_password());
  ASSERT_TRUE(started) << started.error().what;
  EXPECT_EQ(row_at(pooler->endpoint()), row_b(7));
  EXPECT_TRUE(pooler->close_sessions());
  EXPECT_TRUE(postgres_->wait_for_no_sessions());
}

}  // namespace
}  // namespace unrig::chain
