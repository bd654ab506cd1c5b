#include "runtime/reach.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"

namespace unrig::runtime {
namespace {

namespace fs = std::filesystem;

/// Read as whoever runs unrig.
fs::path interpreter_of(const fs::path& program) {
  constexpr std::size_t longest_script = 64 << 10;  // what is longer is no starter
  const auto text = read_file(program, longest_script);
  return text ? interpreter_in(*text) : fs::path();
}

bool others_may(const fs::path& path, fs::perms what) {
  std::error_code error;
  const auto status = fs::status(path, error);
  return error || (status.permissions() & what) == what;
}

}  // namespace

fs::path interpreter_in(std::string_view script) {
  constexpr std::string_view mark = "#!";
  if (!script.starts_with(mark)) return {};
  const auto line = trim(script.substr(mark.size(), script.find('\n') - mark.size()));
  return line.substr(0, line.find(' '));
}

std::vector<fs::path> own_paths(const stack::StackSpec& spec) {
  std::vector<fs::path> paths;
  if (!spec.directory.empty()) paths.push_back(spec.directory);
  const std::string& word = spec.command.front();
  if (!word.contains('/') || word.contains('{')) return paths;
  paths.push_back((spec.directory / word).lexically_normal());
  if (auto runs_it = interpreter_of(paths.back()); !runs_it.empty())
    paths.push_back(std::move(runs_it));
  return paths;
}

std::string letting_in(const fs::path& path) {
  std::error_code error;
  const auto real = fs::canonical(path, error);
  std::vector<std::string> commands;
  fs::path on_the_way;
  for (const auto& part : (error ? path : real).parent_path()) {
    on_the_way /= part;
    if (!others_may(on_the_way, fs::perms::others_exec))
      commands.push_back("chmod o+x " + shell_word(on_the_way.string()));
  }
  if (!others_may(real, fs::perms::others_read))
    commands.push_back("chmod -R o+rX " + shell_word(real.string()));
  return join(commands, " && ");
}

Result<> check_reach(const stack::StackSpec& spec, const host::Folders& folders) {
  if (!folders.service_user()) return {};
  for (const auto& path : own_paths(spec)) {
    const auto can = folders.can_read(path);
    if (!can) return std::unexpected(can.error());
    if (*can) continue;
    std::error_code error;
    if (!fs::exists(path, error)) {
      return fail(ErrorKind::environment,
                  fmt::format("{}: there is no {}", spec.name, printable(path.string())),
                  "write in stack.toml, as `command` and `directory`, where the application lies");
    }
    const auto commands = letting_in(path);
    return fail(
        ErrorKind::environment,
        fmt::format("{}: the account {}, which applications run as where root starts unrig, cannot "
                    "read {}",
                    spec.name, host::service_account, printable(path.string())),
        fmt::format("start unrig as the user whose application it is{}",
                    commands.empty() ? "" : "; or let others read it: " + commands));
  }
  return {};
}

}  // namespace unrig::runtime
