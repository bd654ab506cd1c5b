#include "runtime/built/toolchain.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/number.h"
#include "base/text.h"
#include "host/programs.h"
#include "runtime/build_variables.h"

namespace unrig::runtime::built {
namespace {

namespace fs = std::filesystem;

/// As whom programs are asked: as whom they will run.
std::optional<process::User> user_of(const host::Folders* folders) {
  return folders != nullptr ? folders->service_user()
                            : host::find_service_user().value_or(std::nullopt);
}

Result<process::Output> run_as(std::vector<std::string> argv, std::vector<std::string> environment,
                               const std::optional<process::User>& user, process::Guard& guard,
                               const Clock& clock) {
  process::Command command;
  command.argv = std::move(argv);
  command.environment = std::move(environment);
  command.folder = "/";
  command.user = user;
  return process::run(command, guard, clock, host::quick_answer_limit);
}

/// rustup stands before each program of its toolchains and looks for the one that is meant in the
/// caller's home; its program itself is what can be copied, and has a version.
Result<fs::path> behind_rustup(const fs::path& program, process::Guard& guard, const Clock& clock) {
  std::error_code error;
  const auto real = fs::canonical(program, error);
  if (error || real.filename() != "rustup") return program;
  const auto output = run_as({real.string(), "which", program.filename().string()},
                             as_environment(callers_variables(false)), std::nullopt, guard, clock);
  if (!output) return std::unexpected(output.error());
  if (output->exit.ok()) return fs::path(trim(output->text));
  return fail(ErrorKind::environment,
              fmt::format("rustup has no {}: {}", program.filename().string(),
                          printable(trim(last_lines(output->text, 1)))),
              "rustup toolchain install stable");
}

/// The folders there, by the version in their names: "temurin-25-jdk", "java-17-openjdk". A second
/// name for one of them is left out.
std::vector<fs::path> newest_first(const fs::path& place) {
  std::set<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(place, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code broken;
    auto real = fs::canonical(entry->path(), broken);
    if (!broken) folders.insert(std::move(real));
  }
  std::vector<fs::path> sorted(folders.begin(), folders.end());
  std::ranges::stable_sort(sorted, std::ranges::greater(), [](const fs::path& folder) {
    return version_in(folder.filename().string());
  });
  return sorted;
}

/// The first line with a number: before it some say which variables they heed. Without any the
/// first line, or "".
std::string line_with_version(std::string_view text) {
  const auto lines = split(text, '\n');
  const auto told =
      std::ranges::find_if(lines, [](const auto& line) { return !version_in(line).empty(); });
  return std::string(trim(told != lines.end() ? *told : lines.front()));
}

}  // namespace

std::vector<int> version_in(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  std::vector<int> numbers;
  const auto begin = text.find_first_of(digits);
  if (begin == std::string_view::npos) return numbers;
  const auto end = text.find_first_not_of("0123456789.", begin);
  for (const auto& part : split(text.substr(begin, end - begin), '.')) {
    const auto number = to_number<int>(part);
    if (!number) break;
    numbers.push_back(*number);
  }
  return numbers;
}

std::vector<fs::path> Toolchains::candidates() const {
  std::vector<fs::path> found;
  std::set<fs::path> real;
  const auto add = [&](const fs::path& program) {
    const auto path = process::find_program(program.string());
    std::error_code error;
    if (path && real.insert(fs::canonical(*path, error)).second && !error) found.push_back(*path);
  };
  const auto& name = language_.toolchain.name;
  const auto callers = callers_variables(false);
  const auto home = callers.find(std::string(language_.home));
  if (home != callers.end() && !home->second.empty()) add(fs::path(home->second) / "bin" / name);
  add(name);
  for (const auto place : language_.places) {
    for (const auto& installation : newest_first(place)) add(installation / "bin" / name);
  }
  return found;
}

Result<Toolchain> Toolchains::find(const stack::StackSpec& spec) {
  const auto& row = language_.toolchain;
  const auto least = version_in(spec.least);
  std::vector<std::vector<std::string>> commands;
  if (!spec.toolchain.empty()) {
    commands.push_back(spec.toolchain);
  } else {
    for (const auto& program : candidates())
      commands.push_back({program.string(), std::string(row.version)});
  }
  // Nothing there: the language's own is the one that is missing.
  if (commands.empty()) commands.push_back({std::string(row.name), std::string(row.version)});
  std::vector<Toolchain> older;
  std::optional<Error> broken;
  for (const auto& argv : commands) {
    auto found = known(argv, row.get);
    if (!found) {
      if (!broken) broken = found.error();
    } else if (version_in(found->version) >= least) {
      return found;
    } else {
      older.push_back(*std::move(found));
    }
  }
  if (older.empty()) return std::unexpected(*broken);
  return too_old(spec, older);
}

Result<Toolchain> Toolchains::find(const ToolRow& tool) {
  return known({std::string(tool.name), std::string(tool.version)}, tool.get);
}

Result<Toolchain> Toolchains::known(const std::vector<std::string>& argv, std::string_view get) {
  const auto before = found_.find(argv);
  if (before != found_.end()) return before->second;
  return found_.emplace(argv, ask(argv, get)).first->second;
}

Result<Toolchain> Toolchains::too_old(const stack::StackSpec& spec,
                                      std::span<const Toolchain> found) const {
  std::vector<std::string> texts;
  for (const auto& each : found) texts.push_back(each.text());
  const auto& name = language_.toolchain.name;
  auto help = std::string(language_.newer.empty() ? language_.toolchain.get : language_.newer);
  help += fmt::format("; or name it in stack.toml: toolchain = [\"/path/bin/{}\", \"{}\"]", name,
                      language_.toolchain.version);
  return fail(ErrorKind::environment,
              fmt::format("{} needs {} {} or newer; found: {}", spec.name, name, spec.least,
                          join(texts, ", ")),
              std::move(help));
}

Result<Toolchain> Toolchains::ask(std::vector<std::string> argv, std::string_view get) const {
  const auto program = process::find_program(argv.front());
  if (!program) {
    return fail(ErrorKind::environment,
                fmt::format("the program {} is missing", printable(argv.front())),
                std::string(get));
  }
  const auto real = behind_rustup(*program, guard_, clock_);
  if (!real) return std::unexpected(real.error());
  argv.front() = real->string();
  auto output = run(argv);
  if (!output) return std::unexpected(output.error());
  const auto told = line_with_version(output->text);
  if (output->exit.ok() && !told.empty())
    return Toolchain{.program = *real, .version = printable(told)};
  return fail(ErrorKind::environment,
              fmt::format("{} tells no version: {}{}", printable(join(argv, " ")),
                          output->exit.text(), told.empty() ? "" : ", " + printable(told)),
              std::string(get));
}

Result<process::Output> Toolchains::run(std::vector<std::string> argv) const {
  const auto user = user_of(folders_);
  auto environment = host::plain_environment("/");
  for (const auto& row : language_.variables)
    if (!row.value.contains('{')) environment.push_back(fmt::format("{}={}", row.name, row.value));
  auto output = run_as(argv, environment, user, guard_, clock_);
  // Of an installation in root's own home the account gets a copy when something is built.
  if (output || !user) return output;
  return run_as(std::move(argv), std::move(environment), std::nullopt, guard_, clock_);
}

Result<fs::path> Toolchains::reachable(const Toolchain& toolchain) const {
  const auto can = folders_->can_read(toolchain.program);
  if (!can) return std::unexpected(can.error());
  if (*can) return toolchain.program;
  std::error_code error;
  const auto real = fs::canonical(toolchain.program, error);
  if (error) return fail_errno(toolchain.program.string(), error.value());
  const auto copy = folders_->readable(real.parent_path().parent_path(), language_.parts);
  if (!copy) return std::unexpected(copy.error());
  return *copy / real.parent_path().filename() / real.filename();
}

}  // namespace unrig::runtime::built
