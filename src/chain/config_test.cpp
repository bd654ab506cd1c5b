#include <gmock/gmock.h>

#include "chain/app.h"
#include "chain/nginx.h"
#include "chain/pgbouncer.h"
#include "chain/postgres.h"

namespace unrig::chain {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ProxyConfig, OneRequestPerConnectionUnlessKept) {
  ProxySettings settings{.workers = 3, .backlog = 77, .application = host::loopback(4567)};
  const auto plain = proxy_config("/r", host::loopback(1234), settings);
  EXPECT_THAT(
      plain, AllOf(HasSubstr("worker_processes 3;"), HasSubstr("listen 127.0.0.1:1234 backlog=77;"),
                   HasSubstr("server 127.0.0.1:4567 "), HasSubstr("\n  access_log off;"),
                   HasSubstr("proxy_next_upstream off;"), Not(HasSubstr("    keepalive 1")),
                   Not(HasSubstr("proxy_http_version"))));
  settings.keep_alive = true;
  settings.access_log = true;
  EXPECT_THAT(proxy_config("/r", host::loopback(1234), settings),
              AllOf(HasSubstr("    keepalive 1"), HasSubstr("proxy_http_version 1.1;"),
                    HasSubstr("proxy_set_header Connection \"\";"),
                    HasSubstr("access_log /r/access.log;")));
}

TEST(ProxyConfig, SpeaksToASocketAndInUwsgisWords) {
  ProxySettings settings{.keep_alive = true,
                         .protocol = scenario::ProxyProtocol::uwsgi,
                         .application = {"/r/listen/app.socket", 0}};
  const auto text = proxy_config("/r", host::loopback(1234), settings);
  EXPECT_THAT(
      text, AllOf(HasSubstr("    server unix:/r/listen/app.socket max_fails=0;"),
                  HasSubstr("      uwsgi_pass application;\n"),
                  HasSubstr("      uwsgi_param QUERY_STRING $query_string;\n"),
                  HasSubstr("      uwsgi_param HTTP_CONNECTION \"\";\n"),
                  HasSubstr("uwsgi_next_upstream off;"), HasSubstr("uwsgi_max_temp_file_size 0;")));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("proxy_pass")), Not(HasSubstr("    keepalive 1"))))
      << "nginx keeps no connection to such a server";
  settings.protocol = scenario::ProxyProtocol::http;
  EXPECT_THAT(proxy_config("/r", host::loopback(1234), settings),
              AllOf(HasSubstr("server unix:/r/listen/app.socket "), HasSubstr("    keepalive 1"),
                    Not(HasSubstr("uwsgi_pass"))));
}

TEST(ProxyConfig, EveryFileLiesInItsFolder) {
  const auto text = proxy_config("/r", host::loopback(1), {});
  for (const auto name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    EXPECT_THAT(text, HasSubstr(std::string(name) + "_temp_path /r/" + name + ";"));
  EXPECT_THAT(text, HasSubstr("pid /r/nginx.pid;"));
}

TEST(ProxyStatus, IsReadAsNginxWritesIt) {
  const auto status = parse_proxy_status(
      "Active connections: 291 \nserver accepts handled requests\n 16630948 16630940 31070465 \n"
      "Reading: 6 Writing: 179 Waiting: 106 \n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->accepted, 16630948U);
  EXPECT_EQ(status->handled, 16630940U);
  EXPECT_EQ(status->reading, 6);
  EXPECT_EQ(status->writing, 179);
  for (const char* text : {"", "Reading: 6 Writing: 179 Waiting: 106",
                           "server accepts handled requests\n 1 \nReading: 6 Writing: 1",
                           "server accepts handled requests\n 1 2 3 \nReading: x Writing: 1"}) {
    EXPECT_FALSE(parse_proxy_status(text)) << text;
  }
}

TEST(PoolerConfig, SessionModeWithTheKnobs) {
  EXPECT_THAT(pooler_config("/r", host::loopback(6432),
                            {.sessions = 42, .backlog = 77, .database = {"/s", 5432}, .room = {}},
                            "0a1b", "1.24.1"),
              AllOf(HasSubstr("pool_mode = session\n"), HasSubstr("default_pool_size = 42\n"),
                    HasSubstr("listen_port = 6432\n"), HasSubstr("listen_backlog = 77\n"),
                    HasSubstr("unrig = host=/s port=5432 dbname=unrig user=app password=0a1b\n"),
                    HasSubstr("listen_addr = 127.0.0.1\n"), HasSubstr("unix_socket_dir =\n"),
                    HasSubstr("auth_type = md5\n"), HasSubstr("log_connections = 0\n"),
                    HasSubstr("server_reset_query = DISCARD ALL\n"),
                    Not(HasSubstr("max_prepared_statements"))));
}

TEST(PoolerConfig, TransactionModeCarriesPreparedStatementsWhereItCan) {
  const PoolerSettings settings{.mode = scenario::PoolerMode::transaction,
                                .database = {"/s", 5432}};
  const auto of_version = [&](std::string_view version) {
    return pooler_config("/r", host::loopback(6432), settings, "0a1b", version);
  };
  EXPECT_THAT(of_version("1.18.0"), AllOf(HasSubstr("pool_mode = transaction\n"),
                                          Not(HasSubstr("max_prepared_statements"))))
      << "an unknown setting keeps it from starting";
  EXPECT_THAT(of_version("1.21.0"), HasSubstr("max_prepared_statements = 200\n"));
  EXPECT_TRUE(carries_prepared_statements("2.0"));
  for (const char* version : {"1.20.9", "1.3", "", "1", "one"})
    EXPECT_FALSE(carries_prepared_statements(version)) << version;
}

TEST(PoolerConfig, CountsTheSessionsOfOurDatabaseInEveryState) {
  const Rows rows = {{{"database", "unrig"},
                      {"cl_active", "5"},
                      {"cl_waiting", "2"},
                      {"sv_active", "4"},
                      {"sv_idle", "1"},
                      {"sv_used", "1"},
                      {"sv_tested", "3"},
                      {"sv_login", "1"},
                      {"maxwait", "9"}},
                     {{"database", "unrig"}, {"sv_active", "1"}},
                     {{"database", "pgbouncer"}, {"cl_active", "1"}, {"sv_active", "1"}}};
  const auto counts = count_pools(rows);
  EXPECT_EQ(counts.servers, 11);
  EXPECT_EQ(counts.servers_active, 5);
  EXPECT_EQ(counts.clients_active, 5);
  EXPECT_EQ(counts.clients_waiting, 2);
}

TEST(PoolerConfig, ReadsTheTotalsOfOurDatabase) {
  const Rows rows = {
      {{"database", "pgbouncer"}, {"query_count", "9"}, {"query_time", "9"}},
      {{"database", "unrig"}, {"query_count", "3"}, {"query_time", "60500"}, {"wait_time", "700"}}};
  const auto totals = totals_in(rows);
  EXPECT_EQ(totals.queries, 3U);
  EXPECT_EQ(totals.query_time, std::chrono::microseconds(60'500));
  EXPECT_EQ(totals.wait_time, std::chrono::microseconds(700));
  EXPECT_EQ(totals_in({}).queries, 0U);
}

TEST(DatabaseConfig, ListensOnASocketOnly) {
  EXPECT_THAT(
      postgres_config("/r", {"/s", 5432}, 150),
      AllOf(HasSubstr("listen_addresses = ''\n"), HasSubstr("max_connections = 150\n"),
            HasSubstr("unix_socket_directories = '/s'\n"), HasSubstr("autovacuum = off\n")));
}

TEST(DatabaseConfig, CountsStatementsAndForgetsThemForUnrigAlone) {
  EXPECT_THAT(postgres_config("/r", {"/s", 5432}, 150),
              AllOf(HasSubstr("shared_preload_libraries = 'pg_stat_statements'\n"),
                    HasSubstr("pg_stat_statements.track_utility = on\n"),
                    HasSubstr("dynamic_shared_memory_type = mmap\n"),
                    HasSubstr("pg_stat_statements.max = 1000\n")));
  EXPECT_THAT(database_sql({}, {"/s", 5432}),
              HasSubstr("GRANT EXECUTE ON FUNCTION pg_stat_statements_reset TO observer;"));
}

TEST(DatabaseConfig, RowsComeAsValuesAndTheirRuleStaysOutside) {
  const auto rule = RowRule::known();
  EXPECT_EQ(rows_sql(rule, 0, 2),
            "INSERT INTO test SELECT -1 + place, b FROM unnest('{01442695040888963407,"
            "07806831264735756412}'::text[]) WITH ORDINALITY AS given (b, place)");
  EXPECT_THAT(rows_sql(rule, 999'999, 1),
              AllOf(HasSubstr("SELECT 999998 + place"), HasSubstr("{04596975814739650402}")));
}

TEST(DatabaseConfig, NobodyIsTrustedAndTheOwnerStaysOut) {
  EXPECT_EQ(login_rules({"/s", 5432}),
            "local unrig app md5\nlocal unrig,postgres observer scram-sha-256\n");
  EXPECT_EQ(owner_login_rules(), "local all unrig scram-sha-256\n");
}

TEST(DatabaseConfig, OverTcpEveryPasswordIsProvedAndNoneSent) {
  const host::Endpoint here{"10.1.2.3", 6000};
  EXPECT_THAT(postgres_config("/r", here, 150),
              AllOf(HasSubstr("listen_addresses = '10.1.2.3'\n"), HasSubstr("port = 6000\n"),
                    HasSubstr("unix_socket_directories = ''\n")));
  EXPECT_EQ(login_rules(here),
            "host unrig app all scram-sha-256\n"
            "host unrig,postgres observer all scram-sha-256\n");
  EXPECT_THAT(database_sql({}, here), Not(HasSubstr("md5"))) << "SCRAM wants its own kind of hash";
  EXPECT_THAT(database_sql({}, {"/s", 5432}), HasSubstr("md5"));
}

class AppConfig : public ::testing::Test {
 protected:
  AppConfig() {
    spec_.command = {"{bin}/serve", "{host}:{port}", "{workers}", "{backlog}",
                     "{extra}",     "{module}:app",  "{python}",  "{application}"};
    spec_.environment = {
        {"UNRIG_YIELD", "gevent"}, {"UNRIG_DB_DELAY", "forged"}, {"PATH", "/mine"}};
    spec_.driver = "psycopg2";
    vintage_.extra = {"--more", "{port}"};
    program_.placeholders = {{"bin", "/env/bin"},
                             {"python", "/env/bin/python"},
                             {"module", "app_x"},
                             {"application", "/copies/x/app_x.py"}};
    program_.variables = {{"PATH", "/env/bin:/bin"}, {"UNRIG_PORT", "1"}};
  }
  [[nodiscard]] AppSettings settings() const {
    return {.spec = spec_,
            .vintage = vintage_,
            .program = program_,
            .scenario = scenario_,
            .scratch = "/scratch",
            .temporary = "/unrig/temporary",
            .database = {host::loopback(6432), "app", "/unrig/password"},
            .here = host::loopback(8123),
            .workers = 7,
            .sessions = 100};
  }
  stack::StackSpec spec_;
  stack::VintageSpec vintage_;
  runtime::Program program_;
  scenario::Scenario scenario_;
};

TEST_F(AppConfig, CommandIsFilledIn) {
  scenario_.listen_backlog = 99;
  EXPECT_THAT(app_command(settings()),
              ElementsAre("/env/bin/serve", "127.0.0.1:8123", "7", "99", "--more", "8123",
                          "app_x:app", "/env/bin/python", "/copies/x/app_x.py"));
}

TEST_F(AppConfig, ListensAsItsFolderSays) {
  spec_.command = {"serve", "{listen}", "{module}"};
  spec_.listen = {{{}, {"--bind", "{host}:{port}"}},
                  {{scenario::ProxyProtocol::uwsgi, scenario::ProxySocket::unix_domain},
                   {"--uwsgi", "{socket}"}}};
  EXPECT_THAT(app_command(settings()), ElementsAre("serve", "--bind", "127.0.0.1:8123", "app_x"));
  scenario_.proxy_protocol = scenario::ProxyProtocol::uwsgi;
  scenario_.proxy_socket = scenario::ProxySocket::unix_domain;
  auto by_socket = settings();
  by_socket.here = {"/run/listen/app.socket", 0};
  EXPECT_THAT(app_command(by_socket),
              ElementsAre("serve", "--uwsgi", "/run/listen/app.socket", "app_x"));
  const auto variables = app_environment(by_socket);
  EXPECT_EQ(variables.at("UNRIG_SOCKET"), "/run/listen/app.socket");
  EXPECT_FALSE(variables.contains("UNRIG_HOST"));
  EXPECT_THAT(app_fence(by_socket).writable, ::testing::Contains("/run/listen"));
  EXPECT_FALSE(app_environment(settings()).contains("UNRIG_SOCKET"));
}

TEST_F(AppConfig, OneProcessThatHasAllWorkersGetsAllConnections) {
  const auto pool = [&] { return app_environment(settings()).at("UNRIG_DB_POOL"); };
  EXPECT_EQ(pool(), "14");
  spec_.worker = scenario::Worker::thread;
  EXPECT_EQ(pool(), "100");
  spec_.worker = scenario::Worker::server;
  EXPECT_EQ(pool(), "100");
}

TEST_F(AppConfig, EnvironmentSaysEverythingAndNothingIsInherited) {
  scenario_.db_delay = std::chrono::milliseconds(20);
  scenario_.driver_hstore = false;
  const auto variables = app_environment(settings());
  const std::map<std::string, std::string> expected = {
      {"HOME", "/scratch"},         {"LANG", "C.UTF-8"},
      {"PATH", "/env/bin:/bin"},    {"TMPDIR", "/unrig/temporary"},
      {"UNRIG_BACKLOG", "2048"},    {"UNRIG_DB_CONNECTION", "per-request"},
      {"UNRIG_DB_DELAY", "0.02"},   {"UNRIG_DB_HOST", "127.0.0.1"},
      {"UNRIG_DB_NAME", "unrig"},   {"UNRIG_DB_PASSWORD_FILE", "/unrig/password"},
      {"UNRIG_DB_POOL", "14"},      {"UNRIG_DB_PORT", "6432"},
      {"UNRIG_DB_USER", "app"},     {"UNRIG_DRIVER", "psycopg2"},
      {"UNRIG_DRIVER_HSTORE", "0"}, {"UNRIG_DRIVER_TRANSACTION", "1"},
      {"UNRIG_HOST", "127.0.0.1"},  {"UNRIG_PORT", "8123"},
      {"UNRIG_WORKERS", "7"},       {"UNRIG_YIELD", "gevent"}};
  EXPECT_EQ(variables, expected) << "neither a stack nor a runtime can forge what a scenario says";
}

TEST_F(AppConfig, EveryWorkerKeepsAtLeastOneConnection) {
  scenario_.db_connection = scenario::Connection::pooled;
  auto few = settings();
  few.sessions = 4;
  EXPECT_EQ(app_environment(few).at("UNRIG_DB_POOL"), "1");
  EXPECT_EQ(app_environment(few).at("UNRIG_DB_CONNECTION"), "pooled");
}

TEST_F(AppConfig, AnApplicationOfOnesOwnRunsInItsFolderAndKnowsNoDatabaseOfUnrigs) {
  spec_.own = stack::OwnRequest{};
  spec_.directory = "/srv/shop";
  spec_.command = {"venv/bin/serve", "{port}"};
  spec_.environment = {{"PORT", "{port}"}, {"WORDS", "{x} {workers}"}};
  EXPECT_THAT(app_command(settings()), ElementsAre("/srv/shop/venv/bin/serve", "8123"));
  const auto variables = app_environment(settings());
  EXPECT_EQ(variables.at("PORT"), "8123");
  EXPECT_EQ(variables.at("WORDS"), "{x} 7") << "what is no placeholder stays";
  for (const auto& [name, value] : variables) EXPECT_FALSE(name.starts_with("UNRIG_DB_")) << name;
  EXPECT_TRUE(app_fence(settings()).readable.empty());
  spec_.command = {"gunicorn", "{port}"};
  EXPECT_THAT(app_command(settings()), ElementsAre("gunicorn", "8123")) << "by PATH";
}

}  // namespace
}  // namespace unrig::chain
