#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/claims.h"

namespace unrig::audit {
namespace {

using scenario::Concurrency;
using ::testing::HasSubstr;
using Texts = std::vector<std::string>;

const std::string env = "/environments/2026-starlette-8698caa999ab";
const std::string packages = env + "/lib/python3.11/site-packages/";
const std::string python = "/usr/bin/python3.11";
const std::string uvloop = packages + "uvloop/loop.cpython-311-x86_64-linux-gnu.so";
const std::string psycopg2 = packages + "psycopg2/_psycopg.cpython-311-x86_64-linux-gnu.so";
const std::string asyncpg = packages + "asyncpg/protocol/protocol.cpython-311-x86_64-linux-gnu.so";

host::Image image(const Texts& libraries) {
  host::Image image{.program = python, .code = {{1, 2, python}}};
  for (const auto& file : libraries) image.code.push_back({3, 4, file});
  return image;
}

/// Workers of a coroutine stack as they are seen on uvloop with aiopg.
Workers serving(int count) {
  Workers workers;
  for (int i = 0; i < count; ++i) {
    workers.all.push_back({.pid = 100 + i,
                           .image = image({uvloop, psycopg2}),
                           .waits_for_clients_in = {uvloop, python},
                           .waits_for_others_in = {uvloop}});
  }
  return workers;
}
Workers unseen() {
  return {.missing = "/proc/7/fd: Permission denied"};
}
runtime::Installed installed() {
  return {.packages = {{"uvloop", "0.23.0"}, {"aiopg", "1.4.0"}}, .folder = env, .program = python};
}
record::Claim versions(const Workers& workers, const Texts& differences = {}) {
  return versions_claim(installed(), differences, workers);
}
record::Claim workers_of(int wanted, Concurrency concurrency, const Workers& workers,
                         const Concurrent& seen = {}) {
  return workers_claim(wanted, concurrency, scenario::Worker::process, workers, seen);
}

TEST(VersionsClaim, HoldsWhereTheEnvironmentIsTheLocksAndAllRunIt) {
  const auto claim = versions(serving(2));
  EXPECT_EQ(claim.ok, true) << claim.observed;
  EXPECT_THAT(claim.observed, HasSubstr("2 packages installed"));
}

TEST(VersionsClaim, ClaimsNothingWhereNobodyCanSeePackages) {
  auto built = installed();
  built.program.clear();
  built.not_seen = "a program in Rust does not say which packages it has";
  Workers workers;
  workers.all.push_back({.pid = 100, .image = {.program = env + std::string("/bin/server")}});
  auto claim = versions_claim(built, Texts(), workers);
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.expected, none_claimed);
  EXPECT_EQ(claim.observed, built.not_seen);

  workers.all.front().image.program = "/tmp/other";
  claim = versions_claim(built, Texts(), workers);
  EXPECT_EQ(claim.ok, false) << "what runs is not what was built";
  EXPECT_EQ(claim.observed, "runs /tmp/other, not what was built");
  EXPECT_EQ(claim.expected, "what was built");

  built.folder.clear();
  claim = versions_claim(built, Texts(), workers);
  EXPECT_EQ(claim.ok, std::nullopt) << "a program of the machine's own";
}

TEST(WorkersClaim, IsOneProcessWhereWorkersAreNone) {
  using scenario::Worker;
  const auto claim = [](Worker worker, Concurrency model, int processes,
                        const Concurrent& seen = {}) {
    return workers_claim(4, model, worker, serving(processes), seen);
  };
  EXPECT_EQ(claim(Worker::server, Concurrency::goroutines, 1).ok, true);
  EXPECT_EQ(claim(Worker::server, Concurrency::goroutines, 4).ok, false);
  EXPECT_EQ(claim(Worker::thread, Concurrency::async_coroutine, 1).ok, true);
  EXPECT_EQ(claim(Worker::thread, Concurrency::async_coroutine, 2).ok, false);
  EXPECT_EQ(claim(Worker::process, Concurrency::event_loop, 1).ok, false);
  EXPECT_EQ(claim(Worker::process, Concurrency::event_loop, 4).ok, true);
  // Threads that are counted are counted; those of a server are its own affair.
  const Concurrent two{.requests = 10, .statements = 2, .each = {2}};
  EXPECT_EQ(claim(Worker::thread, Concurrency::threads, 1, two).ok, false);
  EXPECT_EQ(claim(Worker::server, Concurrency::threads, 1, two).ok, true);
  const Concurrent four{.requests = 10, .statements = 4, .each = {4}};
  EXPECT_EQ(claim(Worker::thread, Concurrency::threads, 1, four).ok, true);
}

TEST(DriverClaim, OfAnotherLanguageIsNotClaimedWhereNothingShowsIt) {
  const stack::StackSpec spec{.language = "go", .driver = "pgx"};
  auto claim = driver_claim(spec, serving(1), {100}, env);
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.expected, none_claimed);
  claim = driver_claim(spec, serving(1), {100, 7}, env);
  EXPECT_EQ(claim.ok, false) << "somebody else speaks to the database";
  EXPECT_EQ(claim.expected, "pgx");
}

TEST(VersionsClaim, NamesWhatIsInstalledOtherwise) {
  const auto claim = versions(serving(1), {"a", "b", "c", "d", "e"});
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, "a, b, c and 2 more");
}

TEST(VersionsClaim, NobodyMayRunSomethingElse) {
  auto workers = serving(2);
  workers.all[1].image.program = "/opt/python/bin/python3.12";
  auto claim = versions(workers);
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed,
            "of 1 of 2 workers: runs /opt/python/bin/python3.12, not /usr/bin/python3.11");
  workers = serving(2);
  workers.all[0].image.program = env + "/bin/uwsgi";
  EXPECT_EQ(versions(workers).ok, true) << "a program of the environment";
  workers.all[0].image.code.push_back({5, 6, "/other/site-packages/uvloop/loop.so"});
  claim = versions(workers);
  EXPECT_EQ(claim.ok, false);
  EXPECT_THAT(claim.observed, HasSubstr("has loaded /other/site-packages/uvloop/loop.so"));
}

TEST(VersionsClaim, NativeCodeOfItsOwnHasNoVersion) {
  auto workers = serving(2);
  const auto load = [&](std::string file) { workers.all[1].image.code.push_back({7, 8, file}); };
  for (const char* file :
       {"/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2", "/usr/lib64/libpq.so.5",
        "/usr/local/lib/libjemalloc.so.2", "/usr/lib/python3.11/lib-dynload/_ssl.so",
        "/memfd:libffi (deleted)", "/dev/zero (deleted)"}) {
    load(file);
  }
  load(packages + "psycopg2_binary.libs/libpq-9b38f5e3.so.5.17");
  EXPECT_EQ(versions(workers).ok, true) << versions(workers).observed;
  load("/stacks/flask-fast/fast.so");
  const auto claim = versions(workers);
  EXPECT_EQ(claim.ok, std::nullopt) << "it is named, and not accused";
  EXPECT_EQ(claim.observed, "of 1 of 2 workers: native code of its own: fast.so");
  load("/environments/2026-starlette-8698caa999ab-other/lib/loop.so");
  EXPECT_THAT(versions(workers).observed, HasSubstr("its own: fast.so, loop.so"));
}

TEST(VersionsClaim, ThePartsOfItsProgramAreNotItsOwn) {
  const runtime::Installed elsewhere{
      .packages = {}, .folder = env, .program = "/opt/python/bin/python3.12"};
  Workers workers;
  workers.all.push_back({.pid = 7,
                         .image = {.program = env + "/bin/server",
                                   .code = {{1, 2, env + "/bin/server"},
                                            {3, 4, "/opt/python/lib/libpython3.12.so.1.0"},
                                            {5, 6, "/opt/python/lib64/python3.12/_ssl.so"}}}});
  EXPECT_EQ(versions_claim(elsewhere, Texts{}, workers).ok, true);
  workers.all[0].image.code.push_back({7, 8, "/opt/other/lib/libfast.so"});
  EXPECT_EQ(versions_claim(elsewhere, Texts{}, workers).observed,
            "native code of its own: libfast.so");
}

TEST(VersionsClaim, WhatCannotBeReadIsNotChecked) {
  const auto error = fail(ErrorKind::environment, "no such folder");
  auto claim = versions_claim(error, Texts{}, serving(1));
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.observed, "no such folder");
  EXPECT_EQ(versions_claim(installed(), error, serving(1)).ok, std::nullopt);
  auto workers = serving(2);
  workers.all[1].image_not_seen = "Permission denied";
  claim = versions(workers);
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.observed, "of 1 of 2 workers: Permission denied");
}

TEST(WorkersClaim, CountsProcessesThatTakeConnections) {
  EXPECT_EQ(workers_of(2, Concurrency::sync, serving(2)).ok, true);
  const auto few = workers_of(4, Concurrency::sync, serving(2));
  EXPECT_EQ(few.ok, false);
  EXPECT_EQ(few.observed, "2 processes take connections");
}

TEST(WorkersClaim, TwentyMoreAreTooMany) {
  const auto claim = workers_of(2, Concurrency::async_coroutine, serving(22));
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, "22 processes take connections");
}

TEST(WorkersClaim, ThreadsOfOneProcessAreToldApartByTheirStatements) {
  const auto threads = Concurrency::threads;
  EXPECT_EQ(workers_of(7, threads, serving(1), {.each = {7}}).ok, true);
  EXPECT_EQ(workers_of(7, threads, serving(1), {.each = {4}}).ok, false);
  EXPECT_EQ(workers_of(7, threads, serving(1), {.strain = "busy", .each = {4}}).ok, std::nullopt)
      << "fewer may be the machine's doing";
  EXPECT_EQ(workers_of(7, threads, serving(1), {.strain = "busy", .each = {8}}).ok, false);
  EXPECT_EQ(workers_of(19, threads, serving(1), {.each = {15}, .pool = 15}).ok, true)
      << "its pool lets no more of them speak";
  EXPECT_EQ(workers_of(19, threads, serving(1), {.each = {14}, .pool = 15}).ok, false);
  EXPECT_EQ(workers_of(7, threads, serving(1), {.each = {27}}).ok, false);
  EXPECT_EQ(workers_of(2, threads, serving(2), {.each = {4, 4}}).ok, true);
  EXPECT_EQ(workers_of(8, threads, serving(2), {.each = {4, 4}}).ok, false);
  EXPECT_EQ(workers_of(7, Concurrency::sync, serving(1), {.each = {7}}).ok, false);
  EXPECT_EQ(workers_of(1, threads, serving(1)).ok, true);
  EXPECT_EQ(workers_of(7, threads, serving(1)).ok, std::nullopt) << "nobody knows whose they are";
  EXPECT_EQ(workers_of(7, threads, serving(1), {.failed = 1, .each = {3}}).ok, std::nullopt);
}

TEST(WorkersClaim, WhereNoThreadWaitsNothingIsClaimedOfThem) {
  const auto claim = workers_of(7, Concurrency::threads, serving(1), {.not_made = "nobody waits"});
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.expected, none_claimed);
}

TEST(WorkersClaim, StrangersAreNoWorkers) {
  auto workers = serving(2);
  workers.strangers = {"process 9 (python3)"};
  const auto claim = workers_of(2, Concurrency::sync, workers);
  EXPECT_EQ(claim.ok, false);
  EXPECT_THAT(claim.observed, HasSubstr("process 9 (python3), which the server did not start"));
}

const stack::StackSpec coroutines{.driver = "aiopg",
                                  .event_loop = "uvloop.Loop",
                                  .c_extensions = {"uvloop.loop", "psycopg2._psycopg"}};

TEST(EventLoopClaim, IsWhatEachWorkerWaitsIn) {
  const auto claim = event_loop_claim(coroutines, serving(2), env);
  EXPECT_EQ(claim.ok, true) << claim.observed;
  EXPECT_THAT(claim.observed, HasSubstr("waits in loop.cpython-311"));
}

TEST(EventLoopClaim, UnderAnotherNameIsTheSameLoop) {
  const stack::StackSpec renamed{.event_loop = "uvloop.FasterLoop"};
  EXPECT_EQ(event_loop_claim(renamed, serving(2), env).ok, true);
}

TEST(EventLoopClaim, IsFalseWhereNothingOfItIsLoaded) {
  auto workers = serving(2);
  workers.all[1] = {.pid = 9, .image = image({psycopg2}), .waits_for_clients_in = {python}};
  const auto claim = event_loop_claim(coroutines, workers, env);
  EXPECT_EQ(claim.ok, false);
  EXPECT_THAT(claim.observed, HasSubstr("of 1 of 2 workers: nothing of uvloop is loaded"));
}

TEST(EventLoopClaim, LoadedIsNotUsed) {
  auto workers = serving(2);
  workers.all[1].waits_for_clients_in = workers.all[1].waits_for_others_in = {python};
  auto claim = event_loop_claim(coroutines, workers, env);
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, "of 1 of 2 workers: waits in python3.11");
  // Of another place it is another one.
  EXPECT_EQ(event_loop_claim(coroutines, serving(2), "/elsewhere").ok, false);
}

TEST(EventLoopClaim, AServerMayTakeConnectionsItself) {
  auto workers = serving(1);
  const std::string granian = packages + "granian/_granian.cpython-311-x86_64-linux-gnu.so";
  workers.all[0].waits_for_clients_in = {granian};
  EXPECT_EQ(event_loop_claim(coroutines, workers, env).ok, true) << "its own waiting is uvloop's";
  workers.all[0].waits_for_others_in = {};
  const auto claim = event_loop_claim(coroutines, workers, env);
  EXPECT_EQ(claim.ok, std::nullopt) << "where the application waits was not seen";
  EXPECT_THAT(claim.observed, HasSubstr("uvloop is loaded, and was not seen to wait"));
}

TEST(EventLoopClaim, WhoMayNotLookHasNotChecked) {
  auto workers = serving(1);
  workers.all[0].waits_for_clients_in = workers.all[0].waits_for_others_in = {};
  workers.all[0].waits_not_seen = "/proc/7/task: Permission denied";
  const auto claim = event_loop_claim(coroutines, workers, env);
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.observed, "/proc/7/task: Permission denied");
}

TEST(EventLoopClaim, WhatIsNotClaimedCannotBeFalse) {
  const auto claim = event_loop_claim({}, serving(1), env);
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.expected, none_claimed);
  EXPECT_THAT(claim.observed, HasSubstr("loop.cpython"));
}

TEST(ExtensionsClaim, NamesWhatIsNotLoaded) {
  EXPECT_EQ(c_extensions_claim(coroutines, serving(2), env).ok, true);
  auto workers = serving(2);
  workers.all[0].image = image({uvloop});
  const auto claim = c_extensions_claim(coroutines, workers, env);
  EXPECT_EQ(claim.ok, false) << "one worker of two";
  EXPECT_EQ(claim.observed, "of 1 of 2 workers: not loaded: psycopg2._psycopg");
  const auto none = c_extensions_claim({}, serving(1), env);
  EXPECT_EQ(none.ok, std::nullopt);
  EXPECT_EQ(none.observed, "2 loaded");
}

record::Claim driver(const std::string& name, const Workers& workers, const Speakers& who = {}) {
  return driver_claim({.driver = name}, workers, who, env);
}

TEST(DriverClaim, IsTheCompiledPartOfEachWorker) {
  EXPECT_EQ(driver("aiopg", serving(2)).ok, true);
  EXPECT_EQ(driver("aiopg", serving(2)).observed, "psycopg2._psycopg loaded");
  EXPECT_EQ(driver("psycopg2", serving(2)).ok, true);
}

TEST(DriverClaim, AnotherOneThanClaimedIsFalse) {
  auto claim = driver("asyncpg", serving(2));
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed,
            "asyncpg.protocol.protocol is not loaded by each worker; psycopg2 loaded");
  auto workers = serving(2);
  workers.all[1].image = image({uvloop, asyncpg});
  EXPECT_EQ(driver("psycopg2", workers).ok, false) << "one worker of two";
}

TEST(DriverClaim, OfTwoThatAreLoadedNobodyKnowsWhichSpeaks) {
  auto workers = serving(1);
  workers.all[0].image = image({psycopg2, asyncpg});
  const auto claim = driver("psycopg2", workers);
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_THAT(claim.observed, HasSubstr("and asyncpg as well"));
}

TEST(DriverClaim, OnlyWorkersSpeakToTheDatabase) {
  EXPECT_EQ(driver("aiopg", serving(2), {100, 101}).ok, true);
  EXPECT_EQ(driver("aiopg", serving(2), {100}).ok, true) << "one had nothing to ask";
  const auto claim = driver("aiopg", serving(2), {100, 555});
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, "1 of 2 processes that speak to the database serve nobody");
}

TEST(DriverClaim, OfAnUnknownOneIsNotChecked) {
  const auto claim = driver("mine", serving(1));
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_THAT(claim.observed, HasSubstr("not known by what this driver is seen"));
  EXPECT_EQ(driver("", serving(1)).expected, none_claimed);
}

TEST(FenceClaim, IsNobodysAndNotCheckedWhereTheKernelDoesNotKeepAll) {
  std::vector<record::Claim> claims{fence_claim(6), fence_claim(5), fence_claim(0)};
  mark_claimed(claims);
  EXPECT_EQ(claims[0].ok, true);
  EXPECT_EQ(claims[1].ok, std::nullopt);
  EXPECT_EQ(claims[2].ok, std::nullopt);
  EXPECT_THAT(claims[2].observed, HasSubstr("no Landlock"));
  for (const auto& claim : claims) EXPECT_FALSE(claim.claimed) << "no row is ranked by it";
}

TEST(AboutClaim, IsHeldAgainstWhatIsSeen) {
  EXPECT_EQ(about_claim({.all = {{.pid = 100}, {.pid = 101}}}, serving(2), {}).ok, true);
  auto claim = about_claim({.all = {{.pid = 100}, {.pid = 1}, {.pid = 1}}}, serving(2), {});
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, "process 1 does not serve");
  claim = about_claim({.all = {{.pid = 100}}}, serving(2), {"flask 9 instead of 3.1.3"});
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, "flask 9 instead of 3.1.3");
}

TEST(AboutClaim, SilenceClaimsNothing) {
  const auto claim = about_claim({.missing = "GET /about gives status 404"}, serving(2), {});
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.expected, none_claimed);
  EXPECT_EQ(claim.observed, "GET /about gives status 404");
}

TEST(About, IsReadOrIsNone) {
  const auto about = parse_about(R"({"pid": 7, "versions": {"flask": "1"}, "more": 1})");
  ASSERT_TRUE(about);
  EXPECT_EQ(about->pid, 7);
  EXPECT_EQ(about->versions.at("flask"), "1");
  for (const char* text : {"", "{}", "[]", R"({"pid": "x", "versions": {}})", R"({"pid": 1})",
                           R"({"a": "0000000000", "b": "1"})"}) {
    EXPECT_FALSE(parse_about(text)) << text;
  }
}

TEST(Claims, WithoutAnybodyInSightNothingIsChecked) {
  for (const auto& claim :
       {versions(unseen()), workers_of(2, Concurrency::sync, unseen()),
        event_loop_claim(coroutines, unseen(), env), c_extensions_claim(coroutines, unseen(), env),
        driver("aiopg", unseen()), about_claim({.all = {{.pid = 1}}}, unseen(), {})}) {
    EXPECT_EQ(claim.ok, std::nullopt) << claim.claim;
    EXPECT_EQ(claim.observed, unseen().missing) << claim.claim;
  }
}

}  // namespace
}  // namespace unrig::audit
