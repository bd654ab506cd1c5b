#include "scenario/scenario.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "scenario/file.h"
#include "scenario/knobs.h"

namespace unrig::scenario {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class ScenarioFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "unrig-scenario-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  Result<Scenario> read(std::string_view text) {
    EXPECT_TRUE(write_file(folder_ / "mine.toml", text));
    return load(folder_, "mine");
  }
  fs::path folder_;
};

TEST(Scenario, NumbersScaleWithCoresAndWorkers) {
  Scenario s;
  EXPECT_EQ(s.number({.fixed = 1, .per_core = 3}, 6), 19);  // the article's machine
  EXPECT_EQ(s.number({.per_worker = 4}, 2, 16), 64);
  EXPECT_EQ(s.number({}, 2), 1);
  EXPECT_EQ(s.number({.fixed = 1, .per_core = 100'000}, 10), 1'000'000) << "and no more";
  s.machine_cores = 1;
  EXPECT_EQ(s.number({.fixed = 1, .per_core = 3}, 6), 4) << "of the cores that the chain has";
}

TEST(Scenario, NumbersScaleWithTheSyncWorkersOfAnyStack) {
  Scenario s;
  s.clients = {.fixed = 1, .per_sync_worker = 2};
  EXPECT_TRUE(s.counts_sync_workers());
  EXPECT_EQ(s.number(s.clients, 2, 5), 15) << "3 per core and one more, until they are found";
  s.workers_sync = {.count = {.per_core = 10}};
  EXPECT_EQ(s.number(s.clients, 2, 5), 41);
  EXPECT_FALSE(Scenario{}.counts_sync_workers());
}

TEST(Scenario, TunedWorkersAreTheRuleOfThumbUntilTheyAreFound) {
  Scenario s;
  EXPECT_TRUE(s.workers_sync.tuned);
  EXPECT_EQ(s.workers("any", Concurrency::threads, 6), 19);
  EXPECT_EQ(s.workers("any", Concurrency::async_greenlet, 6), 6);
  ASSERT_TRUE(set_from_text(s, "workers.sync=40"));
  EXPECT_EQ(s.workers("any", Concurrency::sync, 6), 40);
  ASSERT_TRUE(set_from_text(s, "workers.sync=tuned"));
  EXPECT_EQ(s.workers("any", Concurrency::sync, 6), 19);
}

TEST(Scenario, PartsRunOnTheFirstCoresOfTheirMachine) {
  const std::vector<int> usable{1, 3, 5};
  Scenario s;
  EXPECT_EQ(s.cores_of_part({}, usable), std::vector<int>{}) << "all";
  s.machine_cores = 2;
  EXPECT_EQ(s.cores_of_part({}, usable), (std::vector<int>{1, 3}));
  EXPECT_EQ(s.cores_of_part({3}, usable), std::vector<int>{3});
  EXPECT_EQ(s.cores_of_load(usable), std::vector<int>{}) << "it is beside the machine";
  s.machine_with_load = true;
  EXPECT_EQ(s.cores_of_load(usable), (std::vector<int>{1, 3}));
}

TEST(Knobs, CountsAreWrittenAsTheyAreRead) {
  const auto written = [](const std::string& text, std::string_view name = "workers.sync") {
    Scenario s;
    const auto done = set_text(s, name, text);
    EXPECT_TRUE(done) << text;
    for (const Knob& knob : knobs()) {
      if (knob.name == name) return knob.get(s);
    }
    return std::string();
  };
  EXPECT_EQ(written("{per_worker=1}", "clients"), "{ per_worker = 1 }");
  EXPECT_EQ(written("{plus=1,per_core=3,per_worker=2,per_sync_worker=1}", "clients"),
            "{ per_core = 3, per_worker = 2, per_sync_worker = 1, plus = 1 }");
  EXPECT_EQ(written("0.95", "machine.cpu"), "0.95");
  EXPECT_EQ(written("2", "machine.cpu"), "2");
  EXPECT_EQ(written("7"), "7");
  EXPECT_EQ(written("{per_core=1}"), "{ per_core = 1 }");
  EXPECT_EQ(written("tuned"), "\"tuned\"");
  EXPECT_EQ(written("{plus=0,per_core=100000}"), "{ per_core = 100000 }");
}

TEST(Knobs, RateCanBeTakenBack) {
  Scenario s;
  ASSERT_TRUE(set_from_text(s, "arrival.rate=250/s"));
  EXPECT_EQ(s.arrival_rate, Rate{250});
  ASSERT_TRUE(set_from_text(s, "arrival.rate=none"));
  EXPECT_FALSE(s.arrival_rate);
}

TEST(Knobs, EveryKnobReadsBackWhatItWrites) {
  Scenario odd;  // differs from the defaults in every knob
  const std::vector<std::string> assignments{"clients={ per_core = 7 }",
                                             "think_time=3ms",
                                             "arrival.rate=250/s",
                                             "arrival.process=constant",
                                             "client.keep_alive=true",
                                             "client.timeout=3s",
                                             "proxy.enabled=false",
                                             "proxy.keep_alive=true",
                                             "proxy.socket=unix",
                                             "proxy.protocol=uwsgi",
                                             "proxy.access_log=true",
                                             "proxy.workers=3",
                                             "listen_backlog=77",
                                             "workers.sync=19",
                                             "workers.async={ per_core = 2, plus = 1 }",
                                             "workers.tuned_by=stack",
                                             "workers.tuned_in=fair",
                                             "machine.cpu=0.5",
                                             "machine.cores=1",
                                             "machine.with_load=true",
                                             "quota.proxy=0.2",
                                             "quota.app=0.3",
                                             "quota.pooler=0.4",
                                             "quota.database=1.5",
                                             "load.real_time=false",
                                             "watch.signals=false",
                                             "app.key=request",
                                             "pooler.enabled=false",
                                             "pooler.mode=transaction",
                                             "db.sessions={ per_worker = 4 }",
                                             "db.delay=40ms",
                                             "db.connection=pooled",
                                             "driver.transaction=false",
                                             "driver.hstore=false",
                                             "cpus.load=[1]",
                                             "cpus.proxy=[0]",
                                             "cpus.app=[0, 1]",
                                             "cpus.pooler=[1]",
                                             "cpus.database=[0]"};
  for (const auto& assignment : assignments) {
    const auto done = set_from_text(odd, assignment);
    ASSERT_TRUE(done) << done.error().what;
  }
  const Scenario plain;
  Scenario copy;
  for (const Knob& knob : knobs()) {
    EXPECT_NE(knob.get(odd), knob.get(plain)) << knob.name << " was not changed";
    const auto done = set_from_text(copy, std::string(knob.name) + "=" + knob.get(odd));
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(knob.get(copy), knob.get(odd));
  }
  EXPECT_EQ(copy.db_delay, 40ms);
  EXPECT_EQ(copy.workers_sync.count.fixed, 19);
  EXPECT_EQ(copy.cpus_app, (std::vector<int>{0, 1}));
}

TEST(Knobs, WrongNamesAndValuesAreUsageErrorsThatHelp) {
  Scenario s;
  const auto unknown = set_from_text(s, "db.dealy=40ms");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::usage);
  EXPECT_EQ(unknown.error().help, "did you mean 'db.delay'?");
  for (const char* text : {"clients=0",
                           "clients=-4",
                           "clients=many",
                           "clients=1.5",
                           "db.delay=20",
                           "db.delay=-20ms",
                           "db.delay=fast",
                           "arrival.rate=1000",
                           "arrival.process=bursty",
                           "client.keep_alive=yes",
                           "db.connection=sometimes",
                           "app.key=mine",
                           "pooler.mode=statement",
                           "proxy.socket=udp",
                           "proxy.protocol=fastcgi",
                           "app.key=true",
                           "cpus.app=0",
                           "cpus.app=[-1]",
                           "listen_backlog=0",
                           "workers.sync={ per_core = 3, minus = 1 }",
                           "workers.sync={ plus = 1 }",
                           "workers.sync={ per_core = -1, plus = 3 }",
                           "workers.sync={ per_core = 100001 }",
                           "cpus.app=[4096]",
                           "workers.sync=best",
                           "workers.sync={ per_worker = 1 }",
                           "workers.tuned_by=cell",
                           "workers.tuned_in=3",
                           "machine.cpu=-1",
                           "machine.cpu=half",
                           "machine.cores=-1",
                           "machine.cores=1.5",
                           "machine.with_load=1",
                           "quota.app=-0.5",
                           "load.real_time=1",
                           "watch.signals=some"}) {
    const auto done = set_from_text(s, text);
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(done.error().kind, ErrorKind::usage) << text;
    EXPECT_EQ(done.error().what.find(fmt::format("--set {}: the knob '", text)), 0u)
        << done.error().what;
  }
  for (const char* text : {"clients", "=3", " =3", ""}) {
    const auto done = set_from_text(s, text);
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(done.error().kind, ErrorKind::usage) << text;
    EXPECT_EQ(done.error().help, "write it like --set db.delay=40ms") << text;
  }
  EXPECT_TRUE(set_from_text(s, "cpus.app=[4095]"));
}

TEST(Knobs, LimitsAreKeptAndTold) {
  struct Case {
    const char *knob, *least, *most, *below, *beyond, *limits;
  };
  const Case cases[] = {{"clients", "1", "100000", "0", "100001", "1 to 100000"},
                        {"think_time", "0", "24h", "-1s", "2562047h", "0s to 24h"},
                        {"arrival.rate", "0.0001/s", "1000000000/s", "0.00009/s", "1000000001/s",
                         "0.0001/s to 1000000000/s"},
                        {"client.timeout", "1ms", "24h", "0", "2562047h", "1ms to 24h"},
                        {"proxy.workers", "1", "512", "0", "513", "1 to 512"},
                        {"listen_backlog", "1", "65535", "0", "65536", "1 to 65535"},
                        {"workers.sync", "1", "512", "0", "10000", "1 to 512"},
                        {"workers.async", "1", "512", "0", "513", "1 to 512"},
                        {"machine.cpu", "0.1", "4096", "0.05", "4097", "0.1 to 4096"},
                        {"machine.cores", "0", "4096", "-1", "4097", "0 to 4096"},
                        {"quota.proxy", "0.1", "4096", "0.09", "4097", "0.1 to 4096"},
                        {"quota.app", "0.1", "4096", "0.09", "4097", "0.1 to 4096"},
                        {"quota.pooler", "0.1", "4096", "0.09", "4097", "0.1 to 4096"},
                        {"quota.database", "0.1", "4096", "0.09", "4097", "0.1 to 4096"},
                        {"db.sessions", "1", "10000", "0", "10001", "1 to 10000"},
                        {"db.delay", "0", "1h", "-1ms", "2562048h", "0s to 1h"}};
  std::size_t limited = 0;
  for (const Knob& knob : knobs()) limited += knob.limits().empty() ? 0 : 1;
  EXPECT_EQ(limited, std::size(cases)) << "each has a row above";
  for (const auto& [name, least, most, below, beyond, limits] : cases) {
    Scenario s;
    for (const char* good : {least, most}) {
      const auto done = set_from_text(s, fmt::format("{}={}", name, good));
      EXPECT_TRUE(done) << name << " " << good << ": " << done.error().what;
    }
    for (const char* bad : {below, beyond}) {
      const auto done = set_from_text(s, fmt::format("{}={}", name, bad));
      ASSERT_FALSE(done) << name << " " << bad;
      EXPECT_NE(done.error().what.find(limits), std::string::npos) << done.error().what;
    }
  }
}

TEST(Knobs, NumbersThatScaleAreHeldAgainstTheMachine) {
  Scenario s;
  EXPECT_TRUE(check_counts(s, 2, 7));
  EXPECT_TRUE(check_counts(s, 2, 512));
  ASSERT_TRUE(set_from_text(s, "workers.sync={ per_core = 300 }"));
  EXPECT_TRUE(check_counts(s, 1, 300));
  const auto wide = check_counts(s, 2, 512);
  ASSERT_FALSE(wide);
  EXPECT_EQ(wide.error().kind, ErrorKind::usage);
  EXPECT_EQ(wide.error().help, "--set workers.sync=512");
  ASSERT_TRUE(set_from_text(s, "workers.sync=7"));
  EXPECT_FALSE(check_counts(s, 2, 513)) << "of one stack";
}

TEST(Knobs, CoresAreThoseThatMayBeUsed) {
  const std::vector<int> usable{1, 3};
  for (const auto knob : {"cpus.load", "cpus.proxy", "cpus.app", "cpus.pooler", "cpus.database"}) {
    Scenario s;
    ASSERT_TRUE(set_from_text(s, fmt::format("{}=[1, 3]", knob)));
    EXPECT_TRUE(check_cores(s, usable));
    for (const int none : {2, 0, 4095}) {
      ASSERT_TRUE(set_from_text(s, fmt::format("{}=[1, {}]", knob, none)));
      const auto wrong = check_cores(s, usable);
      ASSERT_FALSE(wrong) << knob << none;
      EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
      EXPECT_NE(wrong.error().what.find(fmt::format("'{}' names core {}:", knob, none)),
                std::string::npos)
          << wrong.error().what;
      EXPECT_EQ(wrong.error().help, "usable cores: 1, 3");
    }
  }
}

TEST(Knobs, TheMachineThatIsAskedForIsThere) {
  const std::vector<int> usable{1, 3};
  const auto refused = [&](std::vector<std::string> assignments) {
    Scenario s;
    for (const auto& assignment : assignments) EXPECT_TRUE(set_from_text(s, assignment));
    const auto checked = check_cores(s, usable);
    return checked ? Error{} : checked.error();
  };
  EXPECT_EQ(refused({"machine.cores=2", "machine.cpu=2"}).what, "");
  EXPECT_EQ(refused({"machine.cores=3"}).what,
            "the knob 'machine.cores' asks for 3 cores: this machine has 2");
  EXPECT_EQ(refused({"machine.cores=3"}).help, "1 to 2, or 0 for all");
  EXPECT_EQ(refused({"machine.cpu=2.5"}).help, "0.1 to 2, or 0 for no limit");
  EXPECT_EQ(refused({"machine.cpu=1.5", "machine.cores=1"}).what,
            "the knob 'machine.cpu' asks for the time of 1.5 cores: there is 1");
  for (const auto* part : {"proxy", "app", "pooler", "database"}) {
    EXPECT_EQ(refused({fmt::format("quota.{}=1.5", part), "machine.cores=1"}).what,
              fmt::format("the knob 'quota.{}' asks for the time of 1.5 cores: there is 1", part));
  }
  EXPECT_EQ(refused({"machine.cores=1", "cpus.app=[3]"}).help, "usable cores: 1");
  EXPECT_EQ(refused({"machine.cores=1", "cpus.load=[3]"}).what, "") << "it is beside the machine";
  EXPECT_EQ(refused({"machine.cores=1", "machine.with_load=true", "cpus.load=[3]"}).help,
            "usable cores: 1");
}

TEST(Knobs, ValueThatNestsWithoutEndIsRefused) {
  Scenario s;
  std::string deep = "{ a";
  for (int i = 0; i < 50'000; ++i) deep += ".a";
  EXPECT_FALSE(set_from_text(s, "clients=" + deep + " = 1 }"));
}

TEST_F(ScenarioFile, ThatHasNoEndOrNestsWithoutEndIsRefused) {
  std::string deep = "a";
  for (int i = 0; i < 50'000; ++i) deep += ".a";
  const auto nested = read(deep + " = 1\n");
  ASSERT_FALSE(nested);
  EXPECT_EQ(nested.error().kind, ErrorKind::usage);
  ASSERT_EQ(::mkfifo((folder_ / "pipe.toml").c_str(), 0600), 0);
  const auto pipe = load(folder_, (folder_ / "pipe.toml").string());
  ASSERT_FALSE(pipe);
  EXPECT_EQ(pipe.error().kind, ErrorKind::usage);
}

TEST_F(ScenarioFile, ReadsKnobsTablesAndStacks) {
  const auto s = read(
      "description = \"mine\"\n"
      "clients = 19\n"
      "[workers]\nsync = { per_core = 3, plus = 1 }\n"
      "[workers.stack]\n\"flask-gunicorn\" = 14\n"
      "[db]\ndelay = \"10ms\"\nsessions = { per_worker = 4 }\n");
  ASSERT_TRUE(s) << s.error().what;
  EXPECT_EQ(s->name, "mine");
  EXPECT_EQ(s->description, "mine");
  EXPECT_EQ(s->clients.fixed, 19);
  EXPECT_EQ(s->db_delay, 10ms);
  EXPECT_EQ(s->workers("flask-gunicorn", Concurrency::sync, 2), 14);
  EXPECT_EQ(s->workers("falcon-gunicorn", Concurrency::sync, 2), 7);
  EXPECT_EQ(s->workers("sanic", Concurrency::async_coroutine, 2), 2);
}

TEST_F(ScenarioFile, ErrorsSayFileLineAndColumn) {
  const auto broken = read("clients = 100\nthink_time = = 3\n");
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().what.find("mine.toml:2:14"), std::string::npos) << broken.error().what;
  const auto unknown = read("clients = 100\n[db]\n  deley = \"3ms\"\n");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().what.find("mine.toml:3:11"), std::string::npos) << unknown.error().what;
  EXPECT_EQ(unknown.error().help, "did you mean 'db.delay'?");
  const auto date = read("clients = 2020-01-01\n");
  ASSERT_FALSE(date);
  EXPECT_EQ(date.error().kind, ErrorKind::usage);
}

TEST_F(ScenarioFile, WrongValuesAreRefusedWithWhatIsExpected) {
  struct Case {
    const char *text, *expected;
  };
  const Case cases[] = {
      {"description = 3\n", "the key 'description' expects a text"},
      {"clients = 1.5\n", "the knob 'clients' expects a whole number"},
      {"clients = 2020-01-01\n", "the key 'clients' has a value that no knob takes"},
      {"[workers]\nstack = 3\n", "'workers.stack' expects a table of stack = count"},
      {"[workers.stack]\nsanic = 2020-01-01\n", "'sanic' expects a count"},
      {"[workers.stack]\nsanic = \"many\"\n", "'sanic' expects a count"},
      {"[workers.stack]\nsanic = 513\n", "'sanic' expects a count"}};
  for (const auto& [text, expected] : cases) {
    const auto refused = read(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, ErrorKind::usage) << text;
    EXPECT_NE(refused.error().what.find(expected), std::string::npos) << refused.error().what;
  }
}

TEST_F(ScenarioFile, NamesAreSorted) {
  const std::vector<std::string> sorted{"a", "b", "c", "d", "e", "f", "g"};
  for (const char* name : {"d", "g", "a", "f", "c", "b", "e"}) {
    ASSERT_TRUE(write_file(folder_ / fmt::format("{}.toml", name), ""));
  }
  ASSERT_TRUE(write_file(folder_ / "notes.md", ""));
  EXPECT_EQ(names(folder_), sorted);
}

TEST_F(ScenarioFile, UnknownScenarioIsSuggested) {
  ASSERT_TRUE(write_file(folder_ / "article.toml", "clients = 100\n"));
  const auto wrong = load(folder_, "artcile");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().help, "did you mean 'article'?");
  EXPECT_EQ(names(folder_), std::vector<std::string>{"article"});
  EXPECT_TRUE(load(folder_, (folder_ / "article.toml").string()));
}

TEST(ConcurrencyNames, AreThoseOfTheRecords) {
  for (const char* text : {"sync", "threads", "async-coroutine", "async-greenlet", "event-loop",
                           "goroutines", "virtual-threads"}) {
    ASSERT_TRUE(concurrency_from(text));
    EXPECT_EQ(to_text(*concurrency_from(text)), text);
  }
  EXPECT_FALSE(concurrency_from("fibers"));
  EXPECT_TRUE(is_async(Concurrency::async_greenlet));
  EXPECT_FALSE(is_async(Concurrency::threads));
  EXPECT_TRUE(is_async(Concurrency::goroutines));
  EXPECT_TRUE(has_event_loop(Concurrency::event_loop));
  EXPECT_FALSE(has_event_loop(Concurrency::goroutines));
  EXPECT_FALSE(has_event_loop(Concurrency::threads));
  EXPECT_EQ(worker_from("server"), Worker::server);
  EXPECT_FALSE(worker_from("fiber"));
  EXPECT_EQ(processes_of(Worker::process, 7), 7);
  EXPECT_EQ(processes_of(Worker::thread, 7), 1);
  EXPECT_EQ(processes_of(Worker::server, 7), 1);
}

TEST(Scenario, PooledWorkersNeedASessionEach) {
  Scenario s;
  s.db_sessions = {.fixed = 10};
  s.db_connection = Connection::pooled;
  EXPECT_TRUE(s.check_sessions("flask-gunicorn", Concurrency::sync, 10, 2));
  const auto starving = s.check_sessions("flask-gunicorn", Concurrency::sync, 11, 2);
  ASSERT_FALSE(starving);
  EXPECT_EQ(starving.error().kind, ErrorKind::usage);
  EXPECT_NE(starving.error().what.find("11 workers for 10 sessions"), std::string::npos);
  EXPECT_NE(starving.error().help.find("--set db.sessions=11"), std::string::npos);
  EXPECT_NE(starving.error().help.find("--set workers.sync=10"), std::string::npos);

  s.db_sessions = {.fixed = 1};
  const auto alone = s.check_sessions("flask-gunicorn", Concurrency::sync, 2, 2);
  ASSERT_FALSE(alone);
  EXPECT_NE(alone.error().what.find("2 workers for 1 session:"), std::string::npos);

  s.db_sessions = {.per_worker = 1};
  EXPECT_TRUE(s.check_sessions("flask-gunicorn", Concurrency::sync, 11, 2));
  s.db_sessions = {.fixed = 1};
  s.db_connection = Connection::none;
  EXPECT_TRUE(s.check_sessions("any", Concurrency::sync, 200, 2)) << "nobody keeps any";
  s.db_connection = Connection::per_request;
  EXPECT_TRUE(s.check_sessions("flask-gunicorn", Concurrency::sync, 11, 2)) << "they take turns";
  s.db_connection = Connection::pooled;
  s.pooler_mode = PoolerMode::transaction;
  EXPECT_TRUE(s.check_sessions("flask-gunicorn", Concurrency::sync, 11, 2)) << "so do these";
  s.pooler_enabled = false;
  EXPECT_FALSE(s.check_sessions("flask-gunicorn", Concurrency::sync, 11, 2)) << "without a pooler";
}

TEST(Scenario, OnlyTheProxySpeaksToTheApplicationInAnotherWay) {
  Scenario s;
  EXPECT_EQ(s.way_to_app(), Way{});
  s.proxy_socket = ProxySocket::unix_domain;
  s.proxy_protocol = ProxyProtocol::uwsgi;
  EXPECT_EQ(s.way_to_app(), (Way{ProxyProtocol::uwsgi, ProxySocket::unix_domain}));
  s.proxy_enabled = false;
  EXPECT_EQ(s.way_to_app(), Way{}) << "clients come to a port, with HTTP";
}

TEST(Knobs, WordsAreListedInTheError) {
  Scenario s;
  const auto wrong = set_from_text(s, "db.connection=sometimes");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().what.find("expects per-request, pooled or none"), std::string::npos);
  const auto two = set_from_text(s, "pooler.mode=statement");
  ASSERT_FALSE(two);
  EXPECT_NE(two.error().what.find("expects session or transaction"), std::string::npos);
}

}  // namespace
}  // namespace unrig::scenario
