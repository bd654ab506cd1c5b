/// \file
/// For tests: the real chain, PostgreSQL, pgbouncer, nginx, with an application that needs nothing
/// but Python.
#pragma once

#include "chain/chain.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/testing_folder.h"
#include "base/text.h"
#include "chain/ask.h"
#include "chain/pgbouncer.h"
#include "chain/purge.h"
#include "chain/questions.h"
#include "chain/row.h"
#include "chain/session.h"
#include "host/usage.h"

namespace unrig::chain {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Speaks PostgreSQL's protocol itself, so that the test needs no package and no network.
inline constexpr std::string_view application = R"(
import hashlib, http.server, json, os, random, socket, struct, sys, threading

env = os.environ
if env.get("FAULT") == "exit":
    sys.exit("cannot go on: told so")
with open(env["UNRIG_DB_PASSWORD_FILE"]) as file:
    PASSWORD = file.read().strip()
POOLED = env["UNRIG_DB_CONNECTION"] == "pooled"
lock, kept = threading.Lock(), []

def md5(text):
    return hashlib.md5(text).hexdigest().encode()

class Connection:
    def __init__(self):
        host, port = env["UNRIG_DB_HOST"], env["UNRIG_DB_PORT"]
        if host.startswith("/"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(host + "/.s.PGSQL." + port)
        else:
            self.socket = socket.create_connection((host, int(port)))
        self.file = self.socket.makefile("rb")
        user = env["UNRIG_DB_USER"].encode()
        names = b"user\0" + user + b"\0database\0" + env["UNRIG_DB_NAME"].encode() + b"\0\0"
        self.socket.sendall(struct.pack("!II", 8 + len(names), 196608) + names)
        for kind, data in self.answers():
            if kind == b"R" and data[:4] == b"\0\0\0\5":
                inner = md5(PASSWORD.encode() + user)
                self.send(b"p", b"md5" + md5(inner + data[4:]) + b"\0")
    def send(self, kind, data):
        self.socket.sendall(kind + struct.pack("!I", 4 + len(data)) + data)
    def answers(self):
        while True:
            kind = self.file.read(1)
            data = self.file.read(struct.unpack("!I", self.file.read(4))[0] - 4)
            if kind == b"E" or kind == b"":
                raise RuntimeError(data)
            yield kind, data
            if kind == b"Z":
                return
    def read(self, a):
        self.send(b"Q", b"SELECT t.a, t.b FROM pg_sleep(%s), test t WHERE t.a = %d\0"
                  % (env["UNRIG_DB_DELAY"].encode(), a))
        for kind, data in self.answers():
            if kind == b"D":
                values, at = [], 2
                while at < len(data):
                    size = struct.unpack("!I", data[at:at + 4])[0]
                    values.append(data[at + 4:at + 4 + size].decode())
                    at += 4 + size
                row = values
        return row
    def close(self):
        self.send(b"X", b"")
        self.socket.close()

def read_row(key):
    with lock:
        connection = kept.pop() if kept else None
    connection = connection or Connection()
    a, b = connection.read(int(key) if key else random.randrange(1000000))
    if POOLED:
        with lock:
            kept.append(connection)
    else:
        connection.close()
    return a, b

kinds = set()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        # Who asks shows in nothing: a request that differs in more than its key is refused.
        kinds.add((self.request_version, tuple(self.headers.items())))
        a, b = read_row(self.path.partition("?a=")[2])
        body = json.dumps({"a": a.zfill(10), "b": b}).encode()
        self.send_response(200 if len(kinds) == 1 else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass

class UnixServer(http.server.ThreadingHTTPServer):
    address_family = socket.AF_UNIX
    def server_bind(self):
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "", 0

if "UNRIG_SOCKET" in env:
    server = UnixServer(env["UNRIG_SOCKET"], Handler)
else:
    server = http.server.ThreadingHTTPServer((env["UNRIG_HOST"], int(env["UNRIG_PORT"])), Handler)
for _ in range(int(env["UNRIG_WORKERS"]) - 1):
    if os.fork() == 0:
        break
server.serve_forever()
)";

inline constexpr std::string_view stack_toml = R"(framework = "none"
server = "http.server"
concurrency = "threads"
application = "plain.py"
driver = "none"
command = ["{{python}}", "{{application}}", "{{listen}}"]
[listen]
http = []
http_unix = []
[environment]
FAULT = "{}"
[vintage.now]
group = "plain"
)";

// What is needed of uv here: an environment without packages.
inline constexpr std::string_view uv = R"(#!/bin/sh
if [ "$1" = venv ]; then exec "$4" -m venv --without-pip "$5"; fi
)";

inline bool lives(pid_t pid) {
  const auto status = read_file(fmt::format("/proc/{}/stat", pid));
  return status && status->find(") Z ") == std::string::npos;
}

class ChainTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    // One home for all tests: its database is made once.
    auto name = (fs::temp_directory_path() / "unrig-chain-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    fs::permissions(folder_, fs::perms(0755));
    write("data/stacks/plain/stack.toml", fmt::format(stack_toml, ""));
    write("data/stacks/broken/stack.toml", fmt::format(stack_toml, "exit"));
    write("data/apps/python/plain.py", application);
    write("data/vintages/now/vintage.toml", "python = '>=3.8'\nexclude_newer = '2026-01-01'\n");
    write("data/vintages/now/plain.txt", "");
    write("uv", uv, 0755);
    setenv("UNRIG_UV", (folder_ / "uv").c_str(), 1);
    const auto stacks = folder_ / "data/stacks";
    auto loaded = stack::load_stacks(std::span(&stacks, 1));
    ASSERT_TRUE(loaded) << loaded.error().what;
    stacks_ = std::move(*loaded);
  }
  static void TearDownTestSuite() {
    unsetenv("UNRIG_UV");
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  static void write(const fs::path& name, std::string_view content, mode_t mode = 0644) {
    ASSERT_TRUE(make_folder((folder_ / name).parent_path()));
    ASSERT_TRUE(write_file(folder_ / name, content, mode));
  }
  static stack::Selection stack(std::string_view name) { return *select(stacks_, name, "now"); }
  static Result<Chain> open(process::Guard& guard, const Clock& clock) {
    return Chain::open({folder_ / "data", folder_ / "home"}, guard, clock);
  }

  void SetUp() override {
    scenario_.db_delay = std::chrono::milliseconds(1);
    scenario_.proxy_workers = {.fixed = 1};
  }
  void start_chain() {
    auto guard = process::Guard::start();
    ASSERT_TRUE(guard) << guard.error().what;
    guard_.emplace(std::move(*guard));
    auto chain = open(*guard_, clock_);
    ASSERT_TRUE(chain) << chain.error().what << "\n" << chain.error().help;
    chain_.emplace(std::move(*chain));
  }
  void configure() {
    const auto done = chain_->configure(scenario_, 2);
    ASSERT_TRUE(done) << done.error().what << "\n" << done.error().help;
  }
  void start_app() {
    const auto done = chain_->start_app(stack("plain"), scenario_, 2);
    ASSERT_TRUE(done) << done.error().what << "\n" << done.error().help;
  }
  [[nodiscard]] bool is_right(const Reply& reply) const {
    return body_is_right(reply.body, reply.key, chain_->row_rule(scenario_.db_connection));
  }
  /// Right answers to so many requests.
  [[nodiscard]] int ask(int requests) const {
    int right = 0;
    for (int i = 0; i < requests; ++i) {
      const auto reply = chain::ask(chain_->front(), "/test", clock_, std::chrono::seconds(20));
      right += reply.complete() && reply.status == 200 && is_right(reply) ? 1 : 0;
    }
    return right;
  }
  [[nodiscard]] std::map<std::string, pid_t> pids() const {
    std::map<std::string, pid_t> found;
    for (const auto& [part, pid] : chain_->processes()) found.emplace(to_text(part), pid);
    return found;
  }
  [[nodiscard]] fs::path runtime() const {
    return fs::path(trim(read_file(folder_ / "home/runtime").value_or("")));
  }
  /// The application's at the database, as the pooler gives it.
  [[nodiscard]] std::string database_password() const {
    const auto config = read_file(runtime() / "pgbouncer.ini").value_or("");
    constexpr std::string_view key = " password=";
    const auto at = config.find(key);
    if (at == std::string::npos) return {};
    const auto begin = at + key.size();
    return config.substr(begin, config.find('\n', begin) - begin);
  }
  [[nodiscard]] Result<Session> connect(const char* user, const std::string& password,
                                        const char* database = "unrig") const {
    return Session::connect({{"host", (runtime() / "database").string()},
                             {"port", "5432"},
                             {"user", user},
                             {"password", password},
                             {"dbname", database}});
  }
  /// One whole trial of 20 requests.
  void expect_exact_trial() {
    configure();
    ASSERT_TRUE(chain_->begin_trial());
    start_app();
    EXPECT_EQ(ask(20), 20);
    chain_->stop_app();
    const auto counted = chain_->end_trial();
    ASSERT_TRUE(counted) << counted.error().what;
    EXPECT_EQ(counted->rows_read, 20 + chain_->ready_requests().answered);
    EXPECT_GE(counted->transactions, counted->rows_read);
    EXPECT_EQ(counted->queries, scenario_.pooler_enabled ? counted->rows_read : 0);
    EXPECT_EQ(counted->query_time > Duration(0), scenario_.pooler_enabled);
    expect_witnessed(*counted);
  }
  /// What the database itself says of those requests.
  void expect_witnessed(const DatabaseCounters& counted) const {
    const auto& kinds = counted.statements.kinds;
    const auto slept = std::ranges::find(kinds, wanted_statement(true), &record::Executions::text);
    ASSERT_NE(slept, kinds.end());
    EXPECT_EQ(slept->calls, counted.rows_read);
    EXPECT_EQ(slept->rows, counted.rows_read);
    EXPECT_GE(slept->least_us, 990U) << "each sleeps for 1 ms";
    EXPECT_EQ(counted.statements.lost, 0U);
    const auto connections = counted.connections.value_or(0);
    EXPECT_EQ(counted.connections.has_value(), !scenario_.shares_sessions())
        << "a pooler that resets nothing does not tell";
    if (scenario_.shares_sessions()) {
      EXPECT_EQ(connections, 0U);
    } else if (scenario_.db_connection == scenario::Connection::per_request) {
      EXPECT_EQ(connections, counted.rows_read);
    } else {
      EXPECT_GE(connections, 1U);
      EXPECT_LT(connections, counted.rows_read);
    }
    EXPECT_GE(counted.sessions, 1U);
    const auto resets = calls_of(counted.statements, reset_statement);
    EXPECT_EQ(resets, scenario_.pooler_enabled ? connections : 0U);
    EXPECT_EQ(counted.transactions, counted.rows_read + resets + counted.sessions)
        << "to begin a session is one";
  }

  static inline fs::path folder_;
  static inline std::vector<stack::StackSpec> stacks_;
  SystemClock clock_;
  scenario::Scenario scenario_;
  std::optional<process::Guard> guard_;
  std::optional<Chain> chain_;
};

}  // namespace unrig::chain
