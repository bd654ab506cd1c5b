#include "runtime/python/interpreter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/number.h"
#include "base/text.h"
#include "host/programs.h"

namespace unrig::runtime::python {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  if (folder.empty()) return entries;
  for (const auto& entry : fs::directory_iterator(folder, error)) entries.push_back(entry.path());
  std::ranges::sort(entries);
  return entries;
}

/// python3 or python3.N
bool is_python_name(std::string_view name) {
  constexpr std::string_view stem = "python3";
  if (!name.starts_with(stem)) return false;
  name.remove_prefix(stem.size());
  return name.empty() ||
         (name.size() > 1 && name.front() == '.' &&
          std::ranges::all_of(name.substr(1), [](char c) { return c >= '0' && c <= '9'; }));
}

std::string how_to_get(const PythonConstraint& constraint, const std::string& uv) {
  const bool plain = constraint.text().find_first_not_of("0123456789.") == std::string::npos;
  return fmt::format("{2} python install {0}{1}{0}, or name one that you have with --python FILE",
                     plain ? "" : "'", constraint.text(), uv);
}

}  // namespace

std::optional<PythonVersion> parse_python_version(std::string_view text) {
  PythonVersion version;
  int* const parts[] = {&version.major, &version.minor, &version.patch};
  const auto words = split(text, '.');
  if (words.size() > std::size(parts)) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto number = to_number<int>(words[i]);
    if (!number || *number < 0) return std::nullopt;
    *parts[i] = *number;
  }
  return version;
}

std::string to_text(const PythonVersion& version) {
  return fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
}

std::optional<PythonConstraint> PythonConstraint::parse(std::string_view text) {
  PythonConstraint constraint;
  constraint.text_ = trim(text);
  for (const auto& part : split(text, ',')) {
    auto word = trim(part);
    Part parsed;
    if (word.starts_with(">=")) {
      parsed.relation = Relation::at_least;
      word.remove_prefix(2);
    } else if (word.starts_with("<")) {
      parsed.relation = Relation::below;
      word.remove_prefix(1);
    }
    const auto version = parse_python_version(trim(word));
    if (!version) return std::nullopt;
    parsed.version = *version;
    constraint.parts_.push_back(parsed);
  }
  return constraint;
}

bool PythonConstraint::allows(const PythonVersion& version) const {
  return std::ranges::all_of(parts_, [&](const Part& part) {
    switch (part.relation) {
      case Relation::at_least:
        return version >= part.version;
      case Relation::below:
        return version < part.version;
      case Relation::within:
        return version.major == part.version.major && version.minor == part.version.minor;
    }
    return false;
  });
}

std::optional<Interpreter> newest(std::span<const Interpreter> found,
                                  const PythonConstraint& constraint) {
  std::optional<Interpreter> best;
  for (const auto& each : found) {
    if (constraint.allows(each.version) && (!best || each.version > best->version)) best = each;
  }
  return best;
}

PythonPlaces python_places() {
  PythonPlaces places;
  const fs::path home = variable("HOME");
  places.uv = variable("UV_PYTHON_INSTALL_DIR");
  if (places.uv.empty()) {
    const fs::path data = variable("XDG_DATA_HOME");
    places.uv = (data.empty() ? home / ".local/share" : data) / "uv/python";
  }
  const fs::path pyenv = variable("PYENV_ROOT");
  places.pyenv = (pyenv.empty() ? home / ".pyenv" : pyenv) / "versions";
  places.path = variable("PATH");
  return places;
}

std::vector<fs::path> candidates(const PythonPlaces& places) {
  std::vector<fs::path> found;
  std::set<fs::path> seen;
  const auto add = [&](const fs::path& path) {
    std::error_code error;
    const auto real = fs::canonical(path, error);
    if (!error && fs::is_regular_file(real, error) && seen.insert(real).second)
      found.push_back(path);
  };
  for (const auto& folder : {places.uv, places.pyenv}) {
    for (const auto& entry : sorted_entries(folder)) add(entry / "bin/python3");
  }
  for (const fs::path folder : split(places.path, ':')) {
    if (!folder.is_absolute() || folder.filename() == "shims") continue;
    for (const auto& entry : sorted_entries(folder)) {
      if (is_python_name(entry.filename().string())) add(entry);
    }
  }
  return found;
}

Result<Interpreter> inspect(const fs::path& path, process::Guard& guard, const Clock& clock,
                            const std::optional<process::User>& user) {
  process::Command command;
  command.argv = {path.string(), "-I", "-S", "-c",
                  ("import sys; v = sys.version_info; "
                   "print(sys.implementation.name, v.releaselevel, '%d.%d.%d' % v[:3])")};
  command.environment = host::plain_environment("/");
  command.folder = "/";
  command.user = user;
  const auto output = process::run(command, guard, clock, host::quick_answer_limit);
  if (!output) return std::unexpected(output.error());
  const auto words = split(trim(output->text), ' ');
  if (output->exit.ok() && words.size() == 3 && words[0] == "cpython" && words[1] == "final") {
    if (const auto version = parse_python_version(words[2])) return Interpreter{path, *version};
  }
  return fail(ErrorKind::environment,
              fmt::format("{} is no released CPython 3", printable(path.string())),
              "name another with --python, or leave it out: the right one is installed then");
}

Result<Interpreter> find_interpreter(const fs::path& asked_for, const PythonConstraint& constraint,
                                     const PythonPlaces& places, process::Guard& guard,
                                     const Clock& clock, const std::optional<process::User>& user) {
  if (!asked_for.empty()) {
    const auto found = inspect(asked_for, guard, clock);
    if (!found)
      return fail(found.error().kind, found.error().what, how_to_get(constraint, places.installer));
    if (constraint.allows(found->version)) return found;
    return fail(ErrorKind::environment,
                fmt::format("{} is CPython {}, but {} is needed", printable(asked_for.string()),
                            to_text(found->version), constraint.text()),
                how_to_get(constraint, places.installer));
  }
  std::vector<Interpreter> found, only_ours;
  for (const auto& path : candidates(places)) {
    if (const auto interpreter = inspect(path, guard, clock, user)) {
      found.push_back(*interpreter);
    } else if (user) {
      if (const auto ours = inspect(path, guard, clock)) only_ours.push_back(*ours);
    }
  }
  if (const auto best = newest(found, constraint)) return *best;
  if (const auto best = newest(only_ours, constraint)) return *best;
  return fail(
      ErrorKind::environment,
      fmt::format("there is no CPython {} among uv's own, pyenv's and PATH's", constraint.text()),
      how_to_get(constraint, places.installer));
}

}  // namespace unrig::runtime::python
