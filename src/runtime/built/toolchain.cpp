#include "runtime/built/toolchain.h"

#include <fmt/format.h>

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

}  // namespace

Result<Toolchain> Toolchains::find(const stack::StackSpec& spec) {
  std::vector<std::string> argv = spec.toolchain;
  const auto& row = language_.toolchain;
  if (argv.empty()) argv = {std::string(row.name), std::string(row.version)};
  const auto known = found_.find(argv);
  if (known != found_.end()) return known->second;
  return found_.emplace(argv, ask(argv, row.get)).first->second;
}

Result<Toolchain> Toolchains::find(const ToolRow& tool) {
  const std::vector<std::string> argv = {std::string(tool.name), std::string(tool.version)};
  const auto known = found_.find(argv);
  if (known != found_.end()) return known->second;
  return found_.emplace(argv, ask(argv, tool.get)).first->second;
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
  const auto first = std::string(trim(output->text.substr(0, output->text.find('\n'))));
  if (output->exit.ok() && !first.empty())
    return Toolchain{.program = *real, .version = printable(first)};
  return fail(ErrorKind::environment,
              fmt::format("{} tells no version: {}{}", printable(join(argv, " ")),
                          output->exit.text(), first.empty() ? "" : ", " + printable(first)),
              std::string(get));
}

Result<process::Output> Toolchains::run(std::vector<std::string> argv) const {
  const auto user = user_of(folders_);
  auto output = run_as(argv, host::plain_environment("/"), user, guard_, clock_);
  // Of an installation in root's own home the account gets a copy when something is built.
  if (output || !user) return output;
  return run_as(std::move(argv), host::plain_environment("/"), std::nullopt, guard_, clock_);
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
