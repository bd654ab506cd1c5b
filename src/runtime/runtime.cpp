#include "runtime/runtime.h"

#include <fmt/format.h>

#include "base/text.h"
#include "runtime/python/runtime.h"

namespace unrig::runtime {
namespace {

/// One line a language. Null: there is no such runtime.
std::unique_ptr<Runtime> make(const std::string& language, const Places& places,
                              const Means& means) {
  if (language == python::language) return python::make_runtime(places, means);
  return nullptr;
}

}  // namespace

Result<Runtime*> Runtimes::of(const stack::Selection& stack) {
  const auto& language = stack.spec->language;
  if (const auto found = made_.find(language); found != made_.end()) return found->second.get();
  auto runtime = make(language, places_, means_);
  if (!runtime) {
    return fail(ErrorKind::usage,
                fmt::format("{}: there is no runtime for the language '{}'", stack.spec->name,
                            printable(language)),
                "in stack.toml: language = \"python\"");
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
    for (std::size_t i = 0; i < indices.size(); ++i)
      results[indices[i]] = runtime ? done[i] : std::unexpected(runtime.error());
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
