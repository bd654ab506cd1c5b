#include "record/store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/deflate.h"
#include "base/text.h"
#include "record/json_text.h"

namespace unrig::record {
namespace {

/// What each format of the store adds to the one before it. The first made the store; a record is
/// text there, and may be packed (zlib) since the second: reading takes both.
constexpr const char* additions[] = {R"(
  CREATE TABLE run (name TEXT PRIMARY KEY, started_at TEXT NOT NULL, manifest TEXT NOT NULL);
  CREATE TABLE trial (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL REFERENCES run(name),
    stack TEXT NOT NULL, vintage TEXT NOT NULL, block INTEGER NOT NULL, valid INTEGER NOT NULL,
    record TEXT NOT NULL);
  CREATE INDEX trial_run ON trial(run);
)",
                                     R"(
  CREATE TABLE histograms (
    trial INTEGER PRIMARY KEY REFERENCES trial(id),
    response BLOB NOT NULL, service BLOB NOT NULL, issue_delay BLOB NOT NULL);
)"};
constexpr int format = std::size(additions);
constexpr int format_with_histograms = 2;

/// More than a trial of a week has; a damaged store must not take all memory.
constexpr std::size_t record_bytes_max = std::size_t{64} << 20;

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// One prepared statement, its parameters bound from 1 on.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    sqlite3_stmt* raw = nullptr;
    sqlite3_prepare_v2(database, sql, -1, &raw, nullptr);
    statement_.reset(raw);
  }
  Statement& bind(int index, const std::string& text) {
    sqlite3_bind_text(statement_.get(), index, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(int index, std::int64_t number) {
    sqlite3_bind_int64(statement_.get(), index, number);
    return *this;
  }
  Statement& bind_bytes(int index, const std::string& bytes) {
    sqlite3_bind_blob64(statement_.get(), index, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
    return *this;
  }
  /// True while there are rows; the reason of a stop is in the database handle.
  bool step() { return (code_ = sqlite3_step(statement_.get())) == SQLITE_ROW; }
  [[nodiscard]] bool done() const { return code_ == SQLITE_DONE; }
  /// Of text or bytes.
  [[nodiscard]] std::string text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
  }
  [[nodiscard]] bool is_bytes(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_BLOB;
  }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  [[nodiscard]] int number(int column) const {
    return sqlite3_column_int(statement_.get(), column);
  }

 private:
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int code_ = SQLITE_OK;
};

std::unexpected<Error> store_error(sqlite3* database, const std::filesystem::path& file) {
  return fail(ErrorKind::environment,
              fmt::format("the store {}: {}", file.string(), sqlite3_errmsg(database)),
              "check that there is room on the disk and that the folder can be written, or give "
              "another one with --home DIR");
}

std::unexpected<Error> damaged(const std::string& run, const Error& error) {
  return fail(error.kind, fmt::format("the run {} is damaged: {}", run, error.what),
              "unrig list runs has the others");
}

/// -1 where it cannot be read; the reason is in the database handle.
int user_version(sqlite3* database) {
  Statement statement(database, "PRAGMA user_version");
  return statement.step() ? statement.number(0) : -1;
}

bool execute(sqlite3* database, const std::string& sql) {
  return sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

/// All or nothing: what is not committed is undone by the destructor.
class Transaction {
 public:
  explicit Transaction(sqlite3* database)
      : database_(database), open_(execute(database, "BEGIN IMMEDIATE")) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (open_) execute(database_, "ROLLBACK");
  }
  [[nodiscard]] bool begun() const { return open_; }
  [[nodiscard]] bool commit() {
    open_ = !execute(database_, "COMMIT");
    return !open_;
  }

 private:
  sqlite3* database_;
  bool open_;
};

/// Makes a store, or brings one of an earlier format to this one; it stays as it was until all of
/// that succeeded. False: the reason is in the database handle.
bool bring_to_this_format(sqlite3* database) {
  Transaction transaction(database);
  if (!transaction.begun()) return false;
  // Read again: another unrig may have done it in the meantime, even a newer one.
  int version = user_version(database);
  if (version < 0) return false;
  if (version >= format) return true;
  for (; version < format; ++version) {
    if (!execute(database, additions[version])) return false;
  }
  return execute(database, fmt::format("PRAGMA user_version = {}", format)) && transaction.commit();
}

/// The record of a trial as text. Error: internal, when it is damaged.
Result<std::string> record_of(const Statement& row, int column) {
  std::string bytes = row.text(column);
  if (!row.is_bytes(column)) return bytes;
  auto text = inflated(bytes, record_bytes_max);
  if (!text) return fail(ErrorKind::internal, "a stored trial cannot be unpacked");
  return std::move(*text);
}

}  // namespace

void Store::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

Result<Store> Store::open(const std::filesystem::path& file) {
  return open(file, file.c_str(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<Store> Store::open_to_read(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found)
    return open(file, ":memory:", SQLITE_OPEN_READWRITE);
  return open(file, file.c_str(), SQLITE_OPEN_READONLY);
}

Result<Store> Store::open(const std::filesystem::path& file, const char* name, int flags) {
  Store store;
  store.file_ = file;
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(name, &raw, flags, nullptr);
  store.database_.reset(raw);
  if (opened != SQLITE_OK) return store_error(raw, file);
  sqlite3_busy_timeout(raw, 5000);
  execute(raw, "PRAGMA foreign_keys = ON");
  // Of a new store: in SQLite's own pages of 4 KiB a quarter of the room is lost to what does not
  // fit beside a trial.
  execute(raw, "PRAGMA page_size = 32768");
  const bool is_to_write = (flags & SQLITE_OPEN_READWRITE) != 0;
  store.format_ = user_version(raw);
  if (store.format_ >= 0 && store.format_ < format && is_to_write) {
    if (!bring_to_this_format(raw)) return store_error(raw, file);
    store.format_ = user_version(raw);
  }
  if (store.format_ < 0) return store_error(raw, file);
  if (store.format_ > format) {
    return fail(ErrorKind::environment,
                fmt::format("the store {} has format {}, this unrig knows those up to {}",
                            file.string(), store.format_, format),
                "use the newer unrig that made it, or give another folder with --home DIR");
  }
  return store;
}

Result<> Store::add_run(const Manifest& manifest) {
  Statement insert(database_.get(), "INSERT INTO run VALUES (?, ?, ?)");
  insert.bind(1, manifest.run).bind(2, manifest.started_at).bind(3, json_text(manifest));
  insert.step();
  if (!insert.done()) return store_error(database_.get(), file_);
  return {};
}

Result<> Store::update_run(const Manifest& manifest) {
  Statement update(database_.get(), "UPDATE run SET manifest = ? WHERE name = ?");
  update.bind(1, json_text(manifest)).bind(2, manifest.run);
  update.step();
  if (!update.done()) return store_error(database_.get(), file_);
  return {};
}

Result<> Store::add_trial(const std::string& run, const Trial& trial) {
  sqlite3* database = database_.get();
  const auto add_record = [&] {
    Statement insert(database,
                     "INSERT INTO trial (run, stack, vintage, block, valid, record) "
                     "VALUES (?, ?, ?, ?, ?, ?)");
    insert.bind(1, run).bind(2, trial.stack).bind(3, trial.vintage).bind(4, trial.block);
    insert.bind(5, trial.verdict.valid).bind_bytes(6, deflated(json_text(trial)));
    insert.step();
    return insert.done();
  };
  const auto add_histograms = [&](const Histograms& histograms) {
    Statement insert(database, "INSERT INTO histograms VALUES (?, ?, ?, ?)");
    insert.bind(1, sqlite3_last_insert_rowid(database)).bind_bytes(2, histograms.response);
    insert.bind_bytes(3, histograms.service).bind_bytes(4, histograms.issue_delay);
    insert.step();
    return insert.done();
  };
  Transaction transaction(database);
  const bool added = transaction.begun() && add_record() &&
                     (!trial.histograms || add_histograms(*trial.histograms)) &&
                     transaction.commit();
  if (!added) return store_error(database, file_);
  return {};
}

Result<std::optional<Histograms>> Store::histograms(const std::string& run,
                                                    std::size_t number) const {
  if (format_ < format_with_histograms) return std::nullopt;
  Statement select(database_.get(),
                   "SELECT response, service, issue_delay FROM histograms WHERE trial = "
                   "(SELECT id FROM trial WHERE run = ? ORDER BY id LIMIT 1 OFFSET ? - 1)");
  select.bind(1, run).bind(2, static_cast<std::int64_t>(number));
  if (select.step()) {
    return Histograms{
        .response = select.text(0), .service = select.text(1), .issue_delay = select.text(2)};
  }
  if (!select.done()) return store_error(database_.get(), file_);
  return std::nullopt;
}

Result<std::optional<std::int64_t>> Store::bytes_of_a_trial() const {
  // Records of the first format are text, whose length() would be in characters.
  const std::string record = "length(CAST(record AS BLOB))";
  const std::string last = "(SELECT id, record FROM trial ORDER BY id DESC LIMIT 100)";
  const std::string with_histograms =
      " + coalesce(length(response) + length(service) + length(issue_delay), 0)";
  Statement select(database_.get(), (format_ < format_with_histograms
                                         ? "SELECT avg(" + record + ") FROM " + last
                                         : "SELECT avg(" + record + with_histograms + ") FROM " +
                                               last + " LEFT JOIN histograms ON trial = id")
                                        .c_str());
  if (!select.step()) return store_error(database_.get(), file_);
  if (select.is_null(0)) return std::nullopt;
  return select.number(0);
}

Result<> Store::each_histograms(
    const std::string& run,
    const std::function<Result<>(std::size_t, const Histograms&)>& each) const {
  if (format_ < format_with_histograms) return {};
  Statement select(database_.get(),
                   "SELECT histograms.trial IS NOT NULL, response, service, issue_delay FROM trial "
                   "LEFT JOIN histograms ON histograms.trial = trial.id WHERE run = ? ORDER BY id");
  select.bind(1, run);
  for (std::size_t i = 0; select.step(); ++i) {
    if (select.number(0) == 0) continue;
    auto taken = each(
        i, {.response = select.text(1), .service = select.text(2), .issue_delay = select.text(3)});
    if (!taken) return taken;
  }
  if (!select.done()) return store_error(database_.get(), file_);
  return {};
}

Result<std::vector<RunLine>> Store::list() const {
  Statement select(
      database_.get(),
      "SELECT manifest, count(trial.id), coalesce(sum(trial.valid), 0), run.name, run.started_at "
      "FROM run "
      "LEFT JOIN trial ON trial.run = run.name GROUP BY run.name ORDER BY run.rowid");
  std::vector<RunLine> lines;
  while (select.step()) {
    RunLine line{.run = select.text(3),
                 .started_at = select.text(4),
                 .scenario = {},
                 .stacks = {},
                 .trials = select.number(1),
                 .valid_trials = select.number(2),
                 .damage = {}};
    if (const auto manifest = manifest_from_json(select.text(0))) {
      line.scenario = manifest->scenario;
      for (const Cell& cell : manifest->cells) line.stacks.push_back(cell.label);
    } else {
      line.damage = manifest.error().what;
    }
    lines.push_back(std::move(line));
  }
  if (!select.done()) return store_error(database_.get(), file_);
  return lines;
}

Result<Run> Store::read(const std::string& name) const {
  std::vector<std::string> all;
  std::vector<std::string> matching;
  std::string last;
  Statement names(database_.get(),
                  "SELECT name, CASE WHEN json_valid(manifest) THEN "
                  "coalesce(json_extract(manifest, '$.search'), 0) ELSE 0 END "
                  "FROM run ORDER BY rowid");
  while (names.step()) {
    all.push_back(names.text(0));
    if (names.number(1) == 0) last = all.back();
  }
  if (!names.done()) return store_error(database_.get(), file_);
  for (const auto& run : all) {
    if (run.starts_with(name)) matching.push_back(run);
  }
  if (name == "last" && !last.empty()) matching = {last};
  if (matching.size() != 1) {
    const std::string near = did_you_mean(name, all);
    return fail(ErrorKind::usage,
                matching.empty() ? fmt::format("there is no run '{}'", printable(name))
                                 : fmt::format("'{}' names {} runs", name, matching.size()),
                near.empty() || !matching.empty() ? "unrig list runs"
                                                  : fmt::format("did you mean '{}'?", near));
  }
  Run run;
  Statement manifest(database_.get(), "SELECT manifest FROM run WHERE name = ?");
  manifest.bind(1, matching.front());
  if (!manifest.step()) return store_error(database_.get(), file_);
  auto read = manifest_from_json(manifest.text(0));
  if (!read) return damaged(matching.front(), read.error());
  run.manifest = std::move(*read);
  Statement trials(database_.get(), "SELECT record FROM trial WHERE run = ? ORDER BY id");
  trials.bind(1, matching.front());
  while (trials.step()) {
    const auto text = record_of(trials, 0);
    if (!text) return damaged(matching.front(), text.error());
    auto trial = trial_from_json(*text);
    if (!trial) return damaged(matching.front(), trial.error());
    run.trials.push_back(std::move(*trial));
  }
  if (!trials.done()) return store_error(database_.get(), file_);
  return run;
}

Result<std::vector<Run>> Store::before(const Manifest& manifest,
                                       const std::function<bool(const Manifest&)>& wanted) const {
  constexpr std::size_t runs_max = 20;
  std::vector<Run> found;
  Statement select(database_.get(),
                   "SELECT name, manifest FROM run WHERE name < ? ORDER BY name DESC LIMIT 200");
  select.bind(1, manifest.run);
  bool more = true;
  while (found.size() < runs_max && (more = select.step())) {
    const auto earlier = manifest_from_json(select.text(1));
    if (!earlier || !wanted(*earlier)) continue;
    if (auto run = read(select.text(0))) found.push_back(std::move(*run));
  }
  if (!more && !select.done()) return store_error(database_.get(), file_);
  return found;
}

}  // namespace unrig::record
