#include "record/json.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "record/testing.h"

namespace unrig::record {
namespace {

Trial odd_trial() {
  Trial trial;
  trial.label = "flask-gunicorn@2026";
  trial.stack = "flask-gunicorn";
  trial.purpose = Purpose::make_up;
  trial.vintage = "2026";
  trial.block = 2;
  trial.position = 3;
  trial.seed = (std::uint64_t{1} << 53) - 1;
  trial.started_at = "2026-11-24T10:00:00Z";
  trial.workers = 7;
  trial.total = {.scheduled = 100, .issued = 99, .dropped = 1, .completed = 90, .unfinished = 2};
  for (std::size_t i = 0; i < tally::failure_count; ++i) trial.total.failed_by[i] = i;
  trial.window = {.scheduled = 50, .issued = 50, .dropped = 0, .completed = 50, .unfinished = 0};
  trial.window_seconds = 5.5;
  trial.throughput_per_s = 654.25;
  trial.response_us = {
      .mean = 1, .p50 = 2, .p90 = 3, .p95 = 4, .p99 = 5, .p999 = 6, .max = 7, .min = 0.5};
  trial.db = {.queries = 300,
              .rows_read = 100,
              .transactions = 101,
              .sessions_max = 19,
              .sessions_mean = 18.5,
              .clients_waiting_mean = 0.25,
              .connections = 102,
              .sessions_opened = 19,
              .statements = {{"SELECT ?", 100, 99, 20'001, 20'500.5}},
              .statements_lost = 0,
              .role_changes = "jit=on"};
  trial.inspected = Inspected{.workers = 7,
                              .connections = 1,
                              .queries = 3,
                              .statements = {{"SELECT ?", 1}},
                              .processes = 8};
  trial.cpu_us_per_request = {
      .load = 1, .proxy = 2, .app = 3, .pooler = 4, .database = 5, .unattributed = 6};
  trial.warmup_seconds = 4;
  trial.warmed =
      WarmUp{.seconds = 6, .levels = {900, 990.5, 991}, .held = true, .sent = 18, .answered = 17};
  trial.disturbance = {.machine_busy = 0.9,
                       .steal = 0.01,
                       .foreign = 0.125,
                       .foreign_name = "ninja",
                       .frequency_change = -0.25,
                       .listen_overflows = 3};
  trial.resent = 3;
  trial.early_answers = 2;
  trial.statuses = {{200, 7}, {404, 1}};
  trial.seconds = {{.completed = 600, .mean_response_us = 150}};
  trial.steps = {{.completed = 60, .mean_response_us = 149}, {.completed = 0}};
  trial.steady_state = {.checked = true, .steady = false, .change = 0.14, .at_seconds = 3.1};
  trial.verdict.unsteady = true;
  trial.verdict.mishap = true;
  trial.verdict.reject("two requests were answered wrongly");
  trial.limiter = {
      .name = "workers",
      .confirmed = false,
      .evidence = {"7 of 7 sessions in use"},
      .suspects = {
          {.name = "workers", .knob = "workers.sync", .margin = 0.01, .evidence = {"7 of 7 busy"}},
          {.name = "database", .evidence = {"not checked: silent"}}}};
  trial.under_way = {.all = 100, .app_queue = 92, .asleep = 6.5};
  return trial;
}

TEST(RecordJson, ATrialSurvivesTheWayThroughItsText) {
  const Trial trial = odd_trial();
  const std::string text = dump(to_json(trial));
  const auto read = trial_from_json(text);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(dump(to_json(*read)), text);
  EXPECT_EQ(read->total.failed_by, trial.total.failed_by);
  EXPECT_EQ(read->seed, trial.seed);
  EXPECT_EQ(read->resent, 3u);
  EXPECT_EQ(read->early_answers, 2u);
  EXPECT_EQ(read->statuses, (std::map<int, std::uint64_t>{{200, 7}, {404, 1}}));
  EXPECT_EQ(read->purpose, trial.purpose);
  EXPECT_FALSE(read->verdict.valid);
  EXPECT_EQ(read->limiter.suspects, trial.limiter.suspects);
  EXPECT_EQ(read->under_way, trial.under_way);
  EXPECT_EQ(read->db.statements, trial.db.statements);
  ASSERT_TRUE(read->inspected);
  EXPECT_EQ(read->inspected->queries, 3);
  EXPECT_EQ(read->inspected->sessions, std::nullopt);
  ASSERT_TRUE(read->warmed);
  EXPECT_EQ(read->warmed->levels, trial.warmed->levels);
  EXPECT_EQ(read->warmed->answered, 17U);
}

TEST(RecordJson, ASuspectWithoutAKnobOrAMarginHasNull) {
  const Json suspects = to_json(odd_trial()).at("limiter").at("suspects");
  EXPECT_EQ(suspects.at(0).at("knob"), "workers.sync");
  EXPECT_EQ(suspects.at(0).at("margin"), 0.01);
  EXPECT_TRUE(suspects.at(1).at("knob").is_null());
  EXPECT_TRUE(suspects.at(1).at("margin").is_null());
}

TEST(RecordJson, RecordsOfEarlierVersionsLackWhatCameLater) {
  Json json = to_json(odd_trial());
  json.at("failed_by").erase("stale");
  json.at("window").at("failed_by").erase("stale");
  json.at("anomalies").erase("early_answers");
  json.erase("resent");
  json.erase("statuses");
  json.erase("under_way");
  json.erase("inspected");
  for (const char* key :
       {"connections", "sessions_opened", "statements", "statements_lost", "role_changes"})
    json.at("db").erase(key);
  json.at("service_us").erase("min");
  json.at("limiter").erase("suspects");
  const auto read = trial_from_json(dump(json));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->resent, 0u);
  EXPECT_EQ(read->under_way, UnderWay{});
  EXPECT_FALSE(read->inspected);
  EXPECT_FALSE(read->db.statements_lost) << "nobody counted any";
  EXPECT_FALSE(read->db.role_changes) << "nobody looked";
  EXPECT_TRUE(read->limiter.suspects.empty());
  EXPECT_EQ(read->total.failed_by[static_cast<std::size_t>(tally::Failure::stale)], 0u);
}

TEST(RecordJson, HasTheNamesThatScriptsRelyOn) {
  const Json json = to_json(odd_trial());
  EXPECT_EQ(json.at("failed_by").size(), tally::failure_count);
  EXPECT_EQ(json.at("failed_by").at("wrong_body"), 10);
  EXPECT_EQ(json.at("counts").at("failed"), 55);
  EXPECT_DOUBLE_EQ(json.at("response_us").at("p999"), 6);
  EXPECT_EQ(json.at("db").at("sessions_max"), 19);
  EXPECT_EQ(json.at("db").at("statements").at(0).at("least_us"), 20'001);
  EXPECT_EQ(json.at("response_us").at("min"), 0.5);
}

TEST(RecordJson, AManifestSaysHowTheRunDealsWithNoise) {
  Manifest manifest;
  manifest.stack_folders = {"/a b"};
  manifest.python = "/usr/bin/python3";
  manifest.patience_seconds = 90;
  manifest.warmup_most_seconds = 20;
  manifest.accept_noise = manifest.confirms_until_precise = true;
  manifest.accept_unproven = true;
  manifest.tolerated_loss = 0.1;
  manifest.confirmation_blocks = 10;
  manifest.search = true;
  manifest.tuned = {{.knob = "workers.sync",
                     .stack = "flask-gunicorn@2026",
                     .workers = 14,
                     .how = "stored",
                     .run = "20261127-073000-1a2b",
                     .note = "a search was spoiled",
                     .tried = {{7, 329.5}, {14, 644}}}};
  manifest.matched = Matched{.stack = "falcon-meinheld",
                             .wanted_per_s = 1046,
                             .cpus = 0.93,
                             .served_per_s = 1041,
                             .low_per_s = 1022,
                             .high_per_s = 1060,
                             .run = "20261127-073000-1a2c"};
  manifest.gates_asked = {"flask-gunicorn: p99 < 50ms"};
  const std::string text = dump(to_json(manifest));
  const auto read = manifest_from_json(text);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(dump(to_json(*read)), text);
  EXPECT_TRUE(read->search);
  EXPECT_EQ(read->matched, manifest.matched);
  EXPECT_EQ(read->tuned, manifest.tuned);
  EXPECT_EQ(read->gates_asked, manifest.gates_asked);

  Json older = Json::parse(text);
  for (const char* key :
       {"stack_folders", "python", "patience_seconds", "warmup_most_seconds", "accept_noise",
        "accept_unproven", "tolerated_loss", "confirmation_blocks", "confirms_until_precise",
        "search", "tuned", "matched", "gates_asked"}) {
    ASSERT_EQ(older.erase(key), 1u) << key;
  }
  const auto old = manifest_from_json(older.dump());
  ASSERT_TRUE(old) << old.error().what;
  EXPECT_FALSE(old->confirmation_blocks);
  EXPECT_FALSE(old->accept_noise);
  EXPECT_FALSE(old->accept_unproven);
}

TEST(RecordJson, RolesAndKnobsOfCellsAreKept) {
  Manifest manifest;
  for (const Role role :
       {Role::asked, Role::baseline_double, Role::grid_step, Role::perturbation}) {
    manifest.cells.push_back({.label = std::string(to_text(role)),
                              .knobs = {{"db.delay", "\"40ms\""}, {"clients", "7"}},
                              .role = role});
  }
  const auto read = manifest_from_json(to_json(manifest).dump());
  ASSERT_TRUE(read) << read.error().what;
  for (std::size_t i = 0; i < manifest.cells.size(); ++i) {
    EXPECT_EQ(read->cells[i].role, manifest.cells[i].role);
    EXPECT_EQ(read->cells[i].knobs, manifest.cells[i].knobs);
  }
}

/// As versions without roles wrote it.
std::string without_roles(const Manifest& manifest) {
  Json json = to_json(manifest);
  for (Json& cell : json.at("cells")) {
    cell.erase("role");
    cell.erase("knobs");
  }
  return json.dump();
}

TEST(RecordJson, AnEarlierRunsDoubleIsKnownByItsLabel) {
  Manifest manifest{.baseline = "a"};
  manifest.cells = {{.stack = "a", .workers = 7, .label = "a"},
                    {.stack = "a", .workers = 7, .label = "a (again)"},
                    {.stack = "b", .workers = 2, .label = "b"}};
  const auto read = manifest_from_json(without_roles(manifest));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->cells[0].role, Role::asked);
  EXPECT_EQ(read->cells[1].role, Role::baseline_double);
  EXPECT_EQ(read->cells[2].role, Role::asked);
}

TEST(RecordJson, AnEarlierTuningIsAGridOverWorkers) {
  Manifest manifest{.baseline = "a workers=7"};
  manifest.cells = {{.stack = "a", .concurrency = "sync", .workers = 7, .label = "a workers=7"},
                    {.stack = "a", .concurrency = "sync", .workers = 14, .label = "a workers=14"}};
  const auto read = manifest_from_json(without_roles(manifest));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->cells[1].role, Role::grid_step);
  EXPECT_EQ(read->cells[1].knobs, (Pairs{{"workers.sync", "14"}}));
  manifest.cells[1].stack = "b";
  const auto two_stacks = manifest_from_json(without_roles(manifest));
  EXPECT_EQ(two_stacks->cells[1].role, Role::asked);
}

/// The first column of every row that `sql` finds in the store of format 1.
std::vector<std::string> texts_of_earlier(const char* sql) {
  std::vector<std::string> texts;
  std::string name = (std::filesystem::temp_directory_path() / "unrig-json-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  make_store_of_format_1(folder / "unrig.db");
  sqlite3* raw = nullptr;
  EXPECT_EQ(sqlite3_open((folder / "unrig.db").c_str(), &raw), SQLITE_OK);
  const auto add = [](void* into, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(into)->emplace_back(values[0]);
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(raw, sql, add, &texts, nullptr), SQLITE_OK);
  sqlite3_close(raw);
  std::filesystem::remove_all(folder);
  return texts;
}

void erase_additions(Json& now, const Json& earlier) {
  if (now.is_array()) {
    for (std::size_t i = 0; i < std::min(now.size(), earlier.size()); ++i)
      erase_additions(now[i], earlier[i]);
  }
  if (!now.is_object() || !earlier.is_object()) return;
  for (auto entry = now.begin(); entry != now.end();) {
    if (earlier.contains(entry.key())) {
      erase_additions(entry.value(), earlier.at(entry.key()));
      ++entry;
    } else {
      entry = now.erase(entry);
    }
  }
}

/// What is written now, but for the keys that the earlier text has not.
std::string without_additions(Json now, const std::string& earlier) {
  erase_additions(now, Json::parse(earlier));
  return dump(now);
}

TEST(RecordJson, TrialsOfAnEarlierVersionAreWrittenAsTheyWere) {
  const auto texts = texts_of_earlier("SELECT record FROM trial");
  ASSERT_EQ(texts.size(), 11U);
  for (const std::string& text : texts) {
    const auto trial = trial_from_json(text);
    ASSERT_TRUE(trial) << trial.error().what;
    EXPECT_EQ(without_additions(to_json(*trial), text), text);
  }
}

TEST(RecordJson, ManifestsOfAnEarlierVersionAreWrittenAsTheyWere) {
  const auto texts = texts_of_earlier("SELECT manifest FROM run");
  ASSERT_EQ(texts.size(), 3U);
  for (const std::string& text : texts) {
    const auto manifest = manifest_from_json(text);
    ASSERT_TRUE(manifest) << manifest.error().what;
    EXPECT_EQ(without_additions(to_json(*manifest), text), text);
  }
}

TEST(RecordJson, AStatusThatIsNoNumberIsAnError) {
  Json json = to_json(odd_trial());
  json.at("statuses") = {{"200", 7}};
  EXPECT_TRUE(trial_from_json(json.dump()));
  for (const char* status : {"ok", "200x", "99999999999", ""}) {
    json.at("statuses") = {{status, 7}};
    EXPECT_FALSE(trial_from_json(json.dump())) << status;
  }
}

TEST(RecordJson, TextThatIsNoRecordIsAnError) {
  EXPECT_FALSE(trial_from_json("{"));
  EXPECT_FALSE(trial_from_json("{}"));
  EXPECT_FALSE(manifest_from_json("[1]"));
}

/// The error of reading the trial after `change`.
std::string complaint(const std::function<void(Json&)>& change) {
  Json json = to_json(odd_trial());
  change(json);
  const auto read = trial_from_json(json.dump());
  return read ? "" : read.error().what;
}

TEST(RecordJson, AnErrorNamesTheKeyThatIsWrong) {
  EXPECT_EQ(complaint([](Json& json) { json["counts"].erase("issued"); }),
            "of a stored trial, counts.issued is missing");
  EXPECT_EQ(complaint([](Json& json) { json["window"]["failed_by"]["reset"] = "x"; }),
            "of a stored trial, window.failed_by.reset is no whole number");
  EXPECT_EQ(complaint([](Json& json) { json["verdict"]["reasons"][0] = 1; }),
            "of a stored trial, verdict.reasons[0] is no text");
  EXPECT_EQ(complaint([](Json& json) { json["purpose"] = "fun"; }),
            "of a stored trial, purpose is none of the words that it can be");
  EXPECT_EQ(complaint([](Json& json) { json["seconds"] = 1; }),
            "of a stored trial, seconds is no list");
  EXPECT_EQ(complaint([](Json& json) { json["steps"]["mean_us"] = Json::array(); }),
            "of a stored trial, steps has lists of different lengths");
  EXPECT_EQ(complaint([](Json& json) { json["db"] = nullptr; }),
            "of a stored trial, db is no object");
}

TEST(RecordJson, ValuesOfAnotherTypeAreNotTakenForIt) {
  const auto with = [](const char* key, const Json& value) {
    return complaint([&](Json& json) { json[key] = value; });
  };
  EXPECT_NE(with("block", 1.5), "");
  EXPECT_NE(with("block", std::int64_t{1} << 40), "");
  EXPECT_NE(with("seed", -1), "");
  EXPECT_NE(with("throughput_per_s", true), "");
  EXPECT_NE(with("throughput_per_s", nullptr), "");
  EXPECT_NE(with("statuses", {{"2xx", 1}}), "");
  EXPECT_EQ(with("throughput_per_s", 7), "") << "a whole number is a number";
  EXPECT_EQ(with("offered_per_s", nullptr), "");
  EXPECT_EQ(with("of a later version", 1), "");
}

TEST(RecordJson, BrokenUtf8IsReplaced) {
  Trial trial = odd_trial();
  trial.verdict.reasons = {"\xff"};
  EXPECT_NE(dump(to_json(trial)).find("\xef\xbf\xbd"), std::string::npos);
}

TEST(ExaminationJson, HasReasonsForWhatWasNotMeasured) {
  Examination seen;
  seen.probes.timer_p99_us = 60.0;
  seen.probes.generator_per_s = Reading<double>::not_checked("no port is free");
  seen.findings = {{.check = "swap", .gravity = Gravity::spoils, .observed = "all of it"}};
  seen.fit = false;
  const auto json = to_json(seen);
  EXPECT_EQ(json.at("schema"), "unrig.doctor/1");
  const auto& probes = json.at("probes");
  EXPECT_EQ(probes.at("timer_p99_us"), 60.0);
  EXPECT_TRUE(probes.at("generator_per_s").is_null());
  EXPECT_EQ(probes.at("not_checked").at("generator_per_s"), "no port is free");
  EXPECT_FALSE(probes.at("not_checked").contains("timer_p99_us"));
  EXPECT_EQ(json.at("findings").at(0).at("gravity"), "spoils");
  EXPECT_TRUE(json.at("findings").at(0).at("means").is_null());
  EXPECT_EQ(json.at("fit"), false);
}

}  // namespace
}  // namespace unrig::record
