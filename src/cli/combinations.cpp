#include "cli/combinations.h"

#include <fmt/format.h>

#include <initializer_list>

#include "load/url.h"

namespace unrig::cli {
namespace {

using Names = std::initializer_list<const char*>;

bool is_given(const CLI::App& app, const std::string& name) {
  const CLI::Option* option = app.get_option_no_throw(name);
  return option != nullptr && option->count() > 0;
}

/// Error: usage, when one of `names` is given.
Result<> refuse(const CLI::App& app, Names names, const std::string& with, const std::string& why) {
  for (const char* name : names) {
    if (!is_given(app, name)) continue;
    return fail(ErrorKind::usage, fmt::format("{} means nothing {}: {}", name, with, why),
                fmt::format("leave {} out", name));
  }
  return {};
}

/// The stored run has its plan, and its trials so far were made by it.
Result<> check_resume(const CLI::App& sub) {
  auto checked =
      refuse(sub,
             {"STACK", "--all", "--tune", "--layers", "--baseline", "--noise-floor", "--scenario",
              "--vintage", "--set", "--vary", "--blocks", "--precision", "--margin", "--warmup",
              "--warmup-most", "--duration", "--seed", "--retune", "--match"},
             "with --resume", "the stored run goes on as it was planned");
  if (!checked) checked.error().help += ", or measure a new run without --resume";
  return checked;
}

Result<> check_precision(const CLI::App& sub, const RunOptions& run) {
  if (run.blocks == 0) return {};
  auto checked = refuse(sub, {"--precision"}, "with a number of blocks", "so many are measured");
  if (!checked) checked.error().help += ", or give --blocks auto";
  return checked;
}

Result<> check_tls(const CLI::App& sub, const LoadOptions& load, const std::string& url) {
  if (load.insecure && !load.cacert.empty())
    return refuse(sub, {"--cacert"}, "with --insecure", "every certificate is accepted");
  const auto parsed = load::parse_url(url);
  if (!parsed || parsed->tls) return {};  // what is wrong with the address is told elsewhere
  return refuse(sub, {"--insecure", "--cacert"}, "to http://", "there is no certificate");
}

}  // namespace

Result<> check_combinations(const CLI::App& app, const Options& options) {
  const CLI::App& sub = *app.get_subcommands().front();
  const auto* list = std::get_if<ListOptions>(&options.command);
  const bool lists_stacks = list != nullptr && list->what == "stacks";
  if (list != nullptr && !lists_stacks) {
    if (auto checked = refuse(sub, {"--python"}, "to list " + list->what, "it is for stacks");
        !checked)
      return checked;
  }
  const auto* compare = std::get_if<CompareOptions>(&options.command);
  const auto* run = std::get_if<RunOptions>(&options.command);
  const bool examines = std::holds_alternative<DoctorOptions>(options.command) ||
                        std::holds_alternative<CheckOptions>(options.command);
  if (run == nullptr && !lists_stacks && !examines && (compare == nullptr || compare->urls)) {
    if (auto checked = refuse(app, {"--stacks"}, "here", "no stack is looked up"); !checked)
      return checked;
  }
  if (run != nullptr) {
    if (!run->resume.empty()) return check_resume(sub);
    return check_precision(sub, *run);
  }
  if (compare != nullptr) {
    if (auto checked = check_precision(sub, compare->run); !checked) return checked;
    if (!compare->urls) return {};
    if (auto checked = refuse(sub, {"--force"}, "to two URLs", "it is for stored runs"); !checked)
      return checked;
    const bool both_plain = compare->a.starts_with("http://") && compare->b.starts_with("http://");
    return check_tls(sub, compare->load, both_plain ? compare->a : "https://either/");
  }
  if (const auto* show = std::get_if<ShowOptions>(&options.command); show && show->trial == 0) {
    return refuse(sub, {"--hgrm", "--hlog"}, "without --trial", "histograms are of one trial");
  }
  if (std::holds_alternative<ReportOptions>(options.command))
    return refuse(app, {"--json"}, "to a report", "unrig show RUN --json FILE writes the record");
  if (const auto* chosen = std::get_if<ExportOptions>(&options.command)) {
    const std::string with = "with --format " + chosen->format;
    if (auto checked = refuse(app, {"--json"}, "to an export", "--format json is the record");
        !checked)
      return checked;
    if (chosen->format != "hgrm") {
      if (auto checked = refuse(sub, {"--stack"}, with, "it has all of them"); !checked)
        return checked;
    }
    if (chosen->format != "benchmark-action")
      return refuse(sub, {"--metric"}, with, "it has all of them");
    return {};
  }
  if (const auto* load = std::get_if<LoadOptions>(&options.command))
    return check_tls(sub, *load, load->url);
  return {};
}

}  // namespace unrig::cli
