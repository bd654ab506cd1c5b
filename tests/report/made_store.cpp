// Makes a --home with runs that were never measured, for tests of the report and for measuring how
// long it takes: made_store HOME [BLOCKS]. With BLOCKS there is one run of so many blocks alone.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/number.h"
#include "base/random.h"
#include "record/store.h"
#include "stats/hlog.h"

namespace {

using namespace unrig;

struct Stack {
  const char* label;
  const char* framework;
  const char* server;
  const char* concurrency;
  int workers;
  double rate;  // requests per second
};

// Rates in the manner of a machine with two cores; the first one is the baseline.
constexpr Stack stacks[] = {
    {"flask-gunicorn", "Flask", "Gunicorn", "sync", 7, 302},
    {"falcon-uwsgi", "Falcon", "uWSGI", "sync", 7, 331},
    {"bottle-uwsgi", "Bottle", "uWSGI", "sync", 7, 329},
    {"flask-uwsgi", "Flask", "uWSGI", "sync", 7, 324},
    {"falcon-gunicorn", "Falcon", "Gunicorn", "sync", 7, 308},
    {"bottle-gunicorn", "Bottle", "Gunicorn", "sync", 7, 306},
    {"falcon-meinheld", "Falcon", "Meinheld", "async-greenlet", 2, 1012},
    {"bottle-meinheld", "Bottle", "Meinheld", "async-greenlet", 2, 985},
    {"flask-meinheld", "Flask", "Meinheld", "async-greenlet", 2, 821},
    {"falcon-gevent", "Falcon", "Gevent", "async-greenlet", 2, 912},
    {"bottle-gevent", "Bottle", "Gevent", "async-greenlet", 2, 905},
    {"flask-gevent", "Flask", "Gevent", "async-greenlet", 2, 759},
    {"aiohttp", "aiohttp", "", "async-coroutine", 2, 1044},
    {"sanic", "Sanic", "", "async-coroutine", 2, 1187},
    {"sanic-uvicorn", "Sanic", "Uvicorn", "async-coroutine", 2, 842},
    {"starlette-uvicorn", "Starlette", "Uvicorn", "async-coroutine", 2, 889},
    {"fastapi-uvicorn", "FastAPI", "Uvicorn", "async-coroutine", 2, 655},
    {"quart-uvicorn", "Quart", "Uvicorn", "async-coroutine", 2, 471},
    {"aioflask-uvicorn", "aioflask", "Uvicorn", "async-coroutine", 2, 452},
    {"tornado", "Tornado", "", "async-coroutine", 2, 498},
    {"quart-hypercorn", "Quart", "Hypercorn", "async-coroutine", 2, 297},
};
constexpr double clients = 100;

bool is_sync(const record::Cell& cell) {
  return cell.concurrency == "sync";
}

record::Audit audit_of(const record::Cell& cell) {
  const bool sync = is_sync(cell);
  record::Audit audit{.requests = 40};
  audit.hops = {
      {.from = "client", .to = "proxy", .connections = 1, .bytes_forth = 64, .bytes_back = 197},
      {.from = "proxy",
       .to = "app",
       .connections = 1,
       .bytes_forth = 58,
       .bytes_back = sync ? 193.0 : 181.0},
      {.from = "app",
       .to = "pooler",
       .connections = 1,
       .bytes_forth = 170,
       .bytes_back = 558,
       .round_trips = sync ? 5 : 4,
       .statements =
           sync
               ? std::vector<record::StatementCount>{{"BEGIN", 1}, {"COMMIT", 1}, {"SELECT t.a", 1}}
               : std::vector<record::StatementCount>{{"SELECT hstore", 1}, {"SELECT t.a", 1}}}};
  audit.log_lines = 0;
  audit.system_calls = sync ? 61.5 : 44.2;
  audit.processes = cell.workers + 1;
  audit.threads = cell.workers + 1;
  audit.memory_bytes = (sync ? 32LL : 44LL) * cell.workers << 20;
  return audit;
}

record::Cell cell_of(const Stack& stack) {
  record::Cell cell{.stack = stack.label,
                    .vintage = "2026",
                    .framework = stack.framework,
                    .server = stack.server,
                    .concurrency = stack.concurrency,
                    .hash = fmt::format("{:064x}", std::hash<std::string>{}(stack.label)),
                    .lock = std::string(64, 'a'),
                    .workers = stack.workers,
                    .label = stack.label};
  cell.claims = {
      {"workers", std::to_string(stack.workers), std::to_string(stack.workers), true},
      {"event loop", is_sync(cell) ? "none" : "uvloop", is_sync(cell) ? "none" : "uvloop", true},
      {"concurrency", stack.concurrency, stack.concurrency, true},
      {"body", "the row of the key", "the row of the key", true},
      {"driver yields", is_sync(cell) ? "no" : "yes", "ptrace is not allowed here", {}}};
  cell.audit = audit_of(cell);
  return cell;
}

record::Manifest manifest_of(const std::string& name, int blocks) {
  record::Manifest manifest;
  manifest.run = name;
  manifest.unrig_version = "0.1.0";
  manifest.unrig_commit = "made up";
  manifest.started_at = "2026-11-24T10:20:30Z";
  manifest.command_line = {"unrig",         "run",      "--all",
                           "--noise-floor", "--blocks", std::to_string(blocks)};
  manifest.seed = 20261124;
  manifest.blocks = blocks;
  manifest.warmup_seconds = 2;
  manifest.duration_seconds = 5;
  manifest.scenario = "article";
  manifest.knobs = {{"clients", "100"},
                    {"db.delay", "\"20ms\""},
                    {"db.sessions", "100"},
                    {"workers.sync", "{ per_core = 3, plus = 1 }"},
                    {"workers.async", "{ per_core = 1 }"},
                    {"proxy.enabled", "true"},
                    {"pooler.enabled", "true"}};
  manifest.versions = {
      {"nginx", "1.22.1"}, {"pgbouncer", "1.18.0"}, {"postgresql", "15.14"}, {"python", "3.11.2"}};
  manifest.host = {.hostname = "made-up",
                   .os = "Debian GNU/Linux 12 (bookworm)",
                   .kernel = "6.1.0-40-amd64",
                   .cpu_model = "AMD EPYC",
                   .cores = 2,
                   .memory_bytes = 8LL << 30,
                   .virtualization = "kvm",
                   .settings = {{"net.core.somaxconn", "4096"}, {"cpu.governor", "schedutil"}}};
  manifest.baseline = stacks[0].label;
  manifest.gates_asked = {"starlette-uvicorn: ratio >= 1.2", "flask-gunicorn: throughput > 1000/s",
                          "sanic: p95 < 1s"};
  for (const Stack& stack : stacks) manifest.cells.push_back(cell_of(stack));
  record::Cell twin = cell_of(stacks[0]);
  twin.label = "flask-gunicorn (again)";
  twin.role = record::Role::baseline_double;
  manifest.cells.push_back(twin);
  return manifest;
}

/// Response times around what the law of Little makes of the rate, and a tail.
stats::Histogram times_of(double rate, RandomStream& random, double share) {
  stats::Histogram histogram;
  const double middle = share * clients / rate * 1e9;
  for (int i = 0; i < 3000; ++i) {
    const double slow = random.uniform() < 0.02 ? 1 + 2 * random.uniform() : 1;
    const double ns = middle * slow * std::exp(0.12 * random.normal());
    histogram.record(Duration(static_cast<std::int64_t>(ns)));
  }
  return histogram;
}

record::Trial trial_of(const record::Cell& cell, double rate, double of_block,
                       RandomStream& random) {
  record::Trial trial{.label = cell.label, .stack = cell.stack, .vintage = cell.vintage};
  trial.throughput_per_s = rate * of_block * std::exp(0.015 * random.normal());
  trial.seed = random() >> 11;
  trial.started_at = "2026-11-24T10:20:30Z";
  trial.workers = cell.workers;
  trial.warmup_seconds = 2;
  trial.window_seconds = 5;
  const auto completed = static_cast<std::uint64_t>(trial.throughput_per_s * 5);
  trial.window = {.scheduled = completed, .issued = completed, .completed = completed};
  trial.total = {
      .scheduled = completed * 7 / 5, .issued = completed * 7 / 5, .completed = completed * 7 / 5};
  trial.statuses = {{200, trial.total.completed}};
  trial.bytes_in = trial.total.completed * 197;
  for (int second = 0; second < 7; ++second) {
    const double warm = second == 0 ? 0.72 : 1;
    const double level = trial.throughput_per_s * warm * std::exp(0.03 * random.normal());
    trial.seconds.push_back({.completed = static_cast<std::uint64_t>(level),
                             .mean_response_us = clients / level * 1e6});
  }
  for (int step = 0; step < 70; ++step) {
    trial.steps.push_back({.completed = static_cast<std::uint64_t>(trial.throughput_per_s / 10),
                           .mean_response_us = 1e5 + 1e3 * random.normal()});
  }
  const double cost = is_sync(cell) ? 1500 + 100 * random.uniform() : 2e6 / rate;
  trial.cpu_us_per_request = {.load = 62 + random.uniform(),
                              .proxy = 0.12 * cost,
                              .app = 0.6 * cost,
                              .pooler = 0.08 * cost,
                              .database = 0.2 * cost,
                              .unattributed = 0.05 * cost};
  trial.disturbance = {.machine_busy = 0.9, .steal = 0.01 * random.uniform(), .foreign = 0.0};
  trial.db = {.queries = completed,
              .rows_read = completed,
              .transactions = completed,
              .sessions_max = is_sync(cell) ? 7 : 56,
              .sessions_mean = 6.5};
  trial.steady_state = {.checked = true};
  trial.limiter = is_sync(cell)
                      ? record::Limiter{"workers",
                                        false,
                                        {"7 workers were busy 99 % of the time",
                                         "the CPU was idle 38 % of the time"}}
                      : record::Limiter{"cpu", false, {"the CPU was busy 97 % of the time"}};
  return trial;
}

/// Adds the response times, and what follows from them. Of a few kinds each, to be quick.
class Times {
 public:
  void add(record::Trial& trial, double rate, std::size_t which, RandomStream& random) {
    auto& kinds = made_[trial.label];
    if (kinds.size() < 4) {
      const auto response = times_of(rate, random, 1);
      kinds.push_back(
          {record::quantiles(response),
           {stats::pack_histogram(response), stats::pack_histogram(times_of(rate, random, 0.98)),
            stats::pack_histogram(times_of(rate, random, 0.001))}});
    }
    const auto& [quantiles, packed] = kinds[which % kinds.size()];
    trial.response_us = trial.service_us = trial.issue_delay_us = quantiles;
    trial.histograms = packed;
  }

 private:
  std::map<std::string, std::vector<std::pair<record::Quantiles, record::Histograms>>> made_;
};

void spoil(record::Trial& trial, const std::string& label) {
  if (label == "tornado" && trial.block % 5 == 2) {
    trial.verdict.reject("the hypervisor took 9.1 % of the CPU time");
    trial.verdict.disturbed = true;
  }
  if (label == "quart-hypercorn" && trial.block == 3) {
    trial.verdict.reject("12 answers had another body: 'Internal Server Error'");
  }
}

Result<> add_run(record::Store& store, const record::Manifest& manifest, std::uint64_t seed) {
  if (auto added = store.add_run(manifest); !added) return added;
  RandomStream random(seed, "made up");
  Times times;
  for (int block = 1; block <= manifest.blocks; ++block) {
    const double of_block = std::exp(0.04 * random.normal());
    for (std::size_t i = 0; i < manifest.cells.size(); ++i) {
      const auto& cell = manifest.cells[i];
      if (!cell.failure.empty()) continue;
      const double rate = stacks[i % std::size(stacks)].rate;
      record::Trial trial = trial_of(cell, rate, of_block, random);
      trial.block = block;
      trial.position = static_cast<int>(i) + 1;
      times.add(trial, rate, static_cast<std::size_t>(block), random);
      spoil(trial, cell.label);
      if (auto added = store.add_trial(manifest.run, trial); !added) return added;
    }
  }
  return {};
}

/// Two URLs whose names are meant to do harm.
record::Manifest hostile(const std::string& name) {
  record::Manifest manifest = manifest_of(name, 4);
  manifest.scenario = "</script><script>window.harmed=1</script>";
  manifest.cells = {
      {.stack = "</script><script>window.harmed=1</script>",
       .framework = "<img src=x onerror=window.harmed=1>",
       .server = "javascript:window.harmed=1",
       .note = "\"'><svg onload=window.harmed=1>",
       .label = "</script><script>window.harmed=1</script>"},
      {.stack = "<!--", .framework = "__proto__", .label = "<!--\u202egnp.exe"},
      {.stack = "constructor", .failure = "<b>not</b> \x1b[2J here", .label = "__proto__"}};
  manifest.baseline = manifest.cells[1].label;
  manifest.gates_asked.clear();
  manifest.knobs = {{"<img src=x onerror=window.harmed=1>", "\u2028</script>"}};
  manifest.versions = {{"__proto__", "</title><script>window.harmed=1</script>"}};
  return manifest;
}

Result<> make(const std::filesystem::path& home, int blocks) {
  std::filesystem::create_directories(home);
  auto store = record::Store::open(home / "unrig.db");
  if (!store) return std::unexpected(store.error());
  if (blocks > 0) return add_run(*store, manifest_of("20261124-102030-bbbb", blocks), 2);
  const std::pair<record::Manifest, std::uint64_t> runs[] = {
      {manifest_of("20261122-102030-aaaa", 4), 1},
      {manifest_of("20261124-102030-bbbb", 30), 2},
      {hostile("20261125-102030-cccc"), 3}};
  for (const auto& [manifest, seed] : runs) {
    if (auto added = add_run(*store, manifest, seed); !added) return added;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto blocks = argc == 3 ? to_number<int>(argv[2]) : std::optional(0);
  if (argc < 2 || argc > 3 || !blocks) {
    fmt::print(stderr, "made_store HOME [BLOCKS]\n");
    return 2;
  }
  const auto made = make(argv[1], *blocks);
  if (!made) fmt::print(stderr, "{}\n", made.error().what);
  return made ? 0 : exit_code(made.error().kind);
}
