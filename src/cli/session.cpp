#include "cli/session.h"

#include <fmt/format.h>

#include "base/file.h"

namespace unrig::cli {

Result<record::Store> open_store(const CommonOptions& common) {
  if (auto made = make_folder(common.home); !made) {
    return fail(made.error().kind, made.error().what, "give another folder with --home DIR");
  }
  return record::Store::open(store_file(common));
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

Result<> write_json(const CommonOptions& common, const record::Json& document) {
  if (common.json.empty()) return {};
  const std::string text = record::dump(document, 2) + "\n";
  if (common.json != "-") return write_file(common.json, text);
  fmt::print("{}", text);
  return {};
}

void print_text(const CommonOptions& common, const std::string& text) {
  if (common.json != "-") fmt::print("{}", text);
}

}  // namespace unrig::cli
