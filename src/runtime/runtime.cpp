#include "runtime/runtime.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "runtime/built/runtime.h"
#include "runtime/python/runtime.h"
#include "runtime/reach.h"

namespace unrig::runtime {
namespace {

/// Null: there is no such runtime.
std::unique_ptr<Runtime> make(const std::string& language, const Places& places,
                              const Means& means) {
  if (language == python::language) return python::make_runtime(places, means);
  const auto* row = built::find_language(language);
  return row == nullptr ? nullptr : built::make_runtime(*row, places, means);
}

}  // namespace

Result<> add_folder(const stack::Selection& stack, const host::Folders& folders,
                    stack::Placeholders& placeholders) {
  const auto has_it = [](const std::string& word) { return word.contains("{folder}"); };
  if (!std::ranges::any_of(stack.spec->command, has_it) &&
      !std::ranges::any_of(stack.spec->vintage(stack.vintage)->extra, has_it)) {
    return {};
  }
  const auto folder = folders.readable(stack.spec->folder);
  if (!folder) return std::unexpected(folder.error());
  placeholders.insert_or_assign("folder", folder->string());
  return {};
}

bool compiles_while_it_runs(std::string_view language) {
  const auto* row = built::find_language(language);
  return row != nullptr && row->compiles_while_it_runs;
}

Result<Runtime*> Runtimes::of(const stack::Selection& stack) {
  const auto& language = stack.spec->language;
  if (const auto found = made_.find(language); found != made_.end()) return found->second.get();
  auto runtime = make(language, places_, means_);
  if (!runtime) {
    return fail(ErrorKind::usage,
                fmt::format("{}: there is no runtime for the language '{}'", stack.spec->name,
                            printable(language)),
                fmt::format("in stack.toml: language = one of {}, {}", python::language,
                            built::language_names()));
  }
  return made_.emplace(language, std::move(runtime)).first->second.get();
}

std::vector<Result<>> Runtimes::prepare(std::span<const stack::Selection> stacks,
                                        const TellBuilding& tell) {
  std::vector<Result<>> results(stacks.size());
  std::map<std::string, std::vector<std::size_t>> by_language;
  for (std::size_t i = 0; i < stacks.size(); ++i)
    by_language[stacks[i].spec->language].push_back(i);
  for (const auto& [language, indices] : by_language) {
    std::vector<stack::Selection> own;
    for (const auto i : indices) own.push_back(stacks[i]);
    const auto runtime = of(own.front());
    const auto done = runtime ? (*runtime)->prepare(own, tell) : std::vector<Result<>>();
    for (std::size_t i = 0; i < indices.size(); ++i) {
      auto& result = results[indices[i]];
      result = runtime ? done[i] : std::unexpected(runtime.error());
      if (result && means_.folders != nullptr) result = check_reach(*own[i].spec, *means_.folders);
    }
  }
  return results;
}

Versions Runtimes::versions() const {
  Versions all;
  for (const auto& [language, runtime] : made_) {
    const auto versions = runtime->versions();
    all.insert(all.end(), versions.begin(), versions.end());
  }
  return all;
}

}  // namespace unrig::runtime
