#include "cli/records.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "base/kernel.h"
#include "base/place.h"
#include "cli/output.h"

namespace unrig::cli {

Result<record::Store> open_store(const CommonOptions& common) {
  if (auto home = make_private_folder(common.home); !home) return std::unexpected(home.error());
  return record::Store::open(store_file(common));
}

Result<record::Store> open_store_to_read(const CommonOptions& common) {
  return record::Store::open_to_read(store_file(common));
}

std::filesystem::path store_file(const CommonOptions& common) {
  return common.home / "unrig.db";
}

Result<> check_target(const std::string& option, const std::filesystem::path& file) {
  auto writable = check_writable(file);
  if (!writable) return fail(ErrorKind::usage, option + ": " + writable.error().what);
  return {};
}

Result<> check_json_target(const CommonOptions& common) {
  if (common.json.empty() || common.json == "-") return {};
  return check_target("--json", common.json);
}

void tell_missing_calls(const CommonOptions& common) {
  const std::string note = missing_calls_note();
  if (!note.empty() && !common.quiet) fmt::print(stderr, "{}\n", note);
}

report::Look look_of(const CommonOptions& common) {
  return report::look_of(STDOUT_FILENO, {.wide = common.wide, .colours = !common.no_color});
}

Result<> publish(const CommonOptions& common, const record::Json& document,
                 const std::string& text) {
  const bool to_output = common.json == "-";
  Result<> written;
  if (to_output) {
    written = print(record::dump(document, 2) + "\n");
  } else if (!common.json.empty()) {
    written = write_file(common.json, record::dump(document, 2) + "\n");
  }
  const Result<> printed = to_output ? Result<>{} : print(text);
  return written ? printed : written;
}

}  // namespace unrig::cli
