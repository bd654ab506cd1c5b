// The real chain: PostgreSQL, pgbouncer, nginx, and an application that needs nothing but Python.
#include "chain/testing_chain.h"

namespace unrig::chain {
namespace {

TEST_F(ChainTest, ServesRightRowsAndCountsThem) {
  start_chain();
  expect_exact_trial();
  EXPECT_EQ(chain_->ready_requests().answered, 2U)
      << "the application itself, then through the proxy";
  ASSERT_TRUE(chain_->begin_trial());
  EXPECT_EQ(chain_->sample_pooler(std::chrono::seconds(1))->servers, 0)
      << "every trial starts with an empty pool";
  const auto status = chain_->sample_proxy(std::chrono::seconds(10));
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_GE(status->accepted, 20U);
  EXPECT_EQ(status->handled, status->accepted);
  EXPECT_EQ(status->writing, 0) << "the question itself does not count";
  const auto activity = chain_->sample_database(std::chrono::seconds(10));
  ASSERT_TRUE(activity) << activity.error().what;
  EXPECT_EQ(*activity, Activity{}) << "nobody has a session, and unrig's own do not count";
  const auto nothing = chain_->end_trial();
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->rows_read, 0U);
  EXPECT_EQ(nothing->transactions, 0U) << "unrig's own do not count";
  EXPECT_EQ(nothing->queries, 0U);
  EXPECT_EQ(nothing->sessions, 0U) << "unrig's own do not count";
  EXPECT_EQ(nothing->connections, 0U);
  EXPECT_TRUE(nothing->statements.kinds.empty());
}

TEST_F(ChainTest, TellsWhatWasAskedForWhileSessionsAreOpen) {
  scenario_.db_connection = scenario::Connection::pooled;
  start_chain();
  configure();
  start_app();
  EXPECT_EQ(ask(3), 3);
  ASSERT_TRUE(chain_->begin_look());
  EXPECT_EQ(ask(5), 5);
  const auto looked = chain_->end_look();
  ASSERT_TRUE(looked) << looked.error().what;
  EXPECT_EQ(looked->queries, 5U);
  EXPECT_EQ(calls_of(looked->statements, wanted_statement(true)), 5U);
}

TEST_F(ChainTest, CountsWhereTheApplicationKeepsItsConnections) {
  scenario_.db_connection = scenario::Connection::pooled;
  start_chain();
  expect_exact_trial();
}

TEST_F(ChainTest, ServesWithoutProxyAndWithoutPooler) {
  scenario_.proxy_enabled = false;
  scenario_.pooler_enabled = false;
  start_chain();
  expect_exact_trial();
  EXPECT_EQ(pids().size(), 1U) << "the database alone";
}

TEST_F(ChainTest, KeepsAliveTowardsTheApplication) {
  scenario_.proxy_keep_alive = true;
  scenario_.proxy_access_log = true;
  start_chain();
  expect_exact_trial();
}

TEST_F(ChainTest, AsksForTheRowThatItNames) {
  scenario_.app_key = scenario::AppKey::request;
  start_chain();
  expect_exact_trial();
  start_app();
  Questions questions(scenario_, chain_->front(), RandomStream(1, "keys"));
  for (int i = 0; i < 20; ++i) {
    const auto reply =
        chain::ask(chain_->front(), questions.to_front(), clock_, std::chrono::seconds(20));
    ASSERT_TRUE(reply.complete()) << reply.failure;
    EXPECT_TRUE(is_right(reply)) << reply.body;
  }
  EXPECT_EQ(chain_->ready_requests().answered, 2U);
}

TEST_F(ChainTest, RestartsOnlyWhatHasAnotherConfiguration) {
  start_chain();
  configure();
  const auto first = pids();
  EXPECT_EQ(first.size(), 3U);
  configure();
  EXPECT_EQ(pids(), first);
  scenario_.proxy_keep_alive = true;
  configure();
  EXPECT_NE(pids().at("proxy"), first.at("proxy"));
  EXPECT_EQ(pids().at("pooler"), first.at("pooler"));
  scenario_.listen_backlog = 99;
  configure();
  EXPECT_NE(pids().at("pooler"), first.at("pooler"));
  EXPECT_EQ(pids().at("database"), first.at("database"));
  scenario_.db_sessions = {.fixed = 7};
  configure();
  EXPECT_NE(pids().at("database"), first.at("database"));
}

// What a session of the application, or of one of the other roles, may and may not.
TEST_F(ChainTest, OnlyTheTwoRolesWithTheirPasswordsGetIn) {
  start_chain();
  configure();
  const auto password = database_password();
  EXPECT_TRUE(connect("app", password));
  const auto told = std::string(trim(read_file(runtime() / "password").value()));
  EXPECT_FALSE(connect("app", told)) << "what the application is told opens the pooler alone";
  for (const auto user : {"app", "unrig", "observer", "postgres"}) {
    EXPECT_FALSE(connect(user, "")) << user;
    EXPECT_FALSE(connect(user, "unrig")) << user;
  }
  EXPECT_FALSE(connect("unrig", password)) << "the owner is out";
  EXPECT_FALSE(connect("app", password, "postgres"));
  EXPECT_FALSE(connect("app", password, "template1"));
}

TEST_F(ChainTest, TheApplicationReadsItsTableAndNothingElse) {
  start_chain();
  configure();
  const auto password = database_password();
  auto session = connect("app", password);
  ASSERT_TRUE(session) << session.error().what;
  for (const auto sql :
       {"SELECT t.a, t.b FROM pg_sleep(0.001), test t WHERE t.a = 7",
        "SELECT t.a, t.b FROM test t WHERE t.a = 7", "DISCARD ALL",
        // What a driver asks for a type.
        "SELECT t.oid, typarray FROM pg_type t JOIN pg_namespace ns ON typnamespace = ns.oid "
        "WHERE typname = 'hstore'"}) {
    const auto done = session->query(sql, clock_);
    EXPECT_TRUE(done) << sql << ": " << done.error().what;
  }
  for (const auto sql : {"COPY test TO PROGRAM 'true'",
                         "COPY test TO '/tmp/x'",
                         "CREATE TABLE t (a int)",
                         "CREATE TEMP TABLE t (a int)",
                         "CREATE SCHEMA s",
                         "UPDATE test SET b = ''",
                         "DELETE FROM test",
                         "SELECT pg_read_file('/etc/passwd')",
                         "SELECT lo_creat(-1)",
                         "SELECT pg_terminate_backend(pg_backend_pid())",
                         "SELECT pg_advisory_lock(1)",
                         "SELECT * FROM pg_authid",
                         "DO $$ BEGIN END $$",
                         "SET ROLE unrig",
                         "SET ROLE observer",
                         "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                         "SELECT public.warm()",
                         "SELECT count(*) FROM generate_series(1, 9)",
                         "CREATE ROLE r",
                         "CREATE EXTENSION hstore",
                         "DROP OWNED BY CURRENT_USER",
                         "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
                         "ALTER SYSTEM SET port = 1"}) {
    EXPECT_FALSE(session->query(sql, clock_)) << sql;
  }
}

TEST_F(ChainTest, ATrialTellsWhatWasChangedOfTheRole) {
  start_chain();
  configure();
  const auto password = database_password();
  const auto change = [&](const char* value) {
    auto session = connect("app", password);
    ASSERT_TRUE(session) << session.error().what;
    ASSERT_TRUE(session->query(fmt::format("ALTER ROLE app SET work_mem = {}", value), clock_));
  };
  change("64");
  ASSERT_TRUE(chain_->begin_trial());
  start_app();
  const auto before = chain_->end_trial();
  ASSERT_TRUE(before) << before.error().what;
  EXPECT_EQ(before->role_changes, "") << "that was somebody else's, and gone before it began";
  ASSERT_TRUE(chain_->begin_trial());
  start_app();
  change("65");
  chain_->stop_app();
  const auto counted = chain_->end_trial();
  ASSERT_TRUE(counted) << counted.error().what;
  EXPECT_EQ(counted->role_changes, "work_mem=65");
}

TEST_F(ChainTest, RowsAreTheTablesUnlessTheApplicationMakesThemUp) {
  start_chain();
  const auto b = [&](scenario::Connection connection) { return chain_->row_rule(connection).b(7); };
  const auto own = b(scenario::Connection::pooled);
  EXPECT_EQ(own, b(scenario::Connection::per_request));
  EXPECT_NE(own, RowRule::known().b(7));
  EXPECT_EQ(b(scenario::Connection::none), RowRule::known().b(7));
  chain_.reset();
  start_chain();
  EXPECT_EQ(own, b(scenario::Connection::pooled)) << "as long as its database";
}

TEST_F(ChainTest, ADatabaseThatIsBrokenNamesTheStepThatHelps) {
  start_chain();
  configure();
  chain_.reset();
  for (const auto& entry : fs::directory_iterator(folder_ / "home/database")) {
    if (entry.is_directory()) fs::remove_all(entry.path() / "base");
  }
  const auto home = folder_ / "home";
  {
    auto chain = open(*guard_, clock_);
    const auto done = chain ? chain->configure(scenario_, 2) : std::unexpected(chain.error());
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().help, HasSubstr("unrig purge --database --home " + home.string()));
    if (chain) {
      EXPECT_FALSE(purge(home, {.database = true})) << "the home is in use";
    }
  }
  for (const bool only_look : {true, false}) {
    const auto found = purge(home, {.database = true, .only_look = only_look});
    ASSERT_TRUE(found) << found.error().what;
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().what, "database");
    EXPECT_EQ(found->front().path, home / "database");
    EXPECT_EQ(fs::exists(home / "database"), only_look);
  }
  EXPECT_FALSE(fs::exists(home / "database"));
  start_chain();
  expect_exact_trial();
}

TEST_F(ChainTest, SecretsAreInNoCommandLine) {
  start_chain();
  configure();
  start_app();
  const fs::path file = fs::path(trim(read_file(folder_ / "home/runtime").value())) / "password";
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto password = std::string(trim(read_file(file).value_or("")));
  ASSERT_GE(password.size(), 32U);
  for (const auto& [name, pid] : pids()) {
    for (const auto process : host::descendants(pid)) {
      const auto line = read_file(fmt::format("/proc/{}/cmdline", process)).value_or("");
      EXPECT_EQ(line.find(password), std::string::npos) << name;
    }
  }
}

TEST_F(ChainTest, StackThatDoesNotStartTellsTheEndOfItsLog) {
  start_chain();
  configure();
  const auto started = chain_->start_app(stack("broken"), scenario_, 2);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::environment);
  EXPECT_THAT(started.error().what, HasSubstr("broken did not start: exit status 1"));
  EXPECT_THAT(started.error().what, HasSubstr("cannot go on: told so"));
  EXPECT_FALSE(pids().contains("app"));
  expect_exact_trial();
}

TEST_F(ChainTest, TakesAnotherPortWhenItsOwnWasTaken) {
  start_chain();
  scenario_.proxy_enabled = false;
  configure();
  const UniqueFd squatter(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(chain_->front().port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(squatter.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(squatter.get(), 1), 0);
  scenario_.proxy_enabled = true;
  expect_exact_trial();
}

TEST_F(ChainTest, NothingIsLeftRunning) {
  start_chain();
  configure();
  start_app();
  std::set<pid_t> all;
  for (const auto& [name, pid] : pids())
    all.merge([](const std::vector<pid_t>& found) {
      return std::set<pid_t>(found.begin(), found.end());
    }(host::descendants(pid)));
  EXPECT_GE(all.size(), 8U);
  chain_.reset();
  for (const auto pid : all) EXPECT_FALSE(lives(pid)) << pid;
}

TEST_F(ChainTest, OneThatWasKilledHindersNobody) {
  int channel[2];
  ASSERT_EQ(pipe(channel), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    start_chain();
    configure();
    start_app();
    std::string text;
    for (const auto& [name, pid] : pids()) text += fmt::format("{} ", pid);
    text += '\n';
    static_cast<void>(!::write(channel[1], text.data(), text.size()));
    pause();
    _exit(1);
  }
  close(channel[1]);
  std::string text;
  char byte = 0;
  while (read(channel[0], &byte, 1) == 1 && byte != '\n') text += byte;
  close(channel[0]);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const auto runtime = std::string(trim(read_file(folder_ / "home/runtime").value_or("")));
  ASSERT_TRUE(fs::exists(runtime));
  const auto words = split(trim(text), ' ');
  ASSERT_EQ(words.size(), 4U) << text;

  start_chain();
  EXPECT_FALSE(fs::exists(runtime));
  expect_exact_trial();
  for (const auto& word : words) {
    for (int i = 0; i < 3000 && lives(std::stoi(word)); ++i)
      clock_.sleep_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(lives(std::stoi(word))) << word;
  }
}

}  // namespace
}  // namespace unrig::chain
