#include "runtime/python/installed.h"

#include <system_error>

namespace unrig::runtime::python {

namespace fs = std::filesystem;

std::optional<std::pair<std::string, std::string>> parse_package_folder(std::string_view name) {
  constexpr std::string_view end = ".dist-info";
  if (!name.ends_with(end)) return std::nullopt;
  name.remove_suffix(end.size());
  const auto dash = name.find('-');
  if (dash == 0 || dash == std::string_view::npos || dash + 1 == name.size()) return std::nullopt;
  return std::pair{std::string(name.substr(0, dash)), std::string(name.substr(dash + 1))};
}

Result<Packages> installed_packages(const fs::path& environment) {
  std::error_code error;
  Packages found;
  bool any = false;
  for (const auto& library : fs::directory_iterator(environment / "lib", error)) {
    std::error_code missing;
    const fs::directory_iterator packages(library.path() / "site-packages", missing);
    if (missing) continue;
    any = true;
    for (const auto& entry : packages) {
      if (auto package = parse_package_folder(entry.path().filename().string()))
        found.insert(*std::move(package));
    }
  }
  if (any) return found;
  return fail(ErrorKind::environment, environment.string() + " has no site-packages" +
                                          (error ? ": " + error.message() : std::string()));
}

}  // namespace unrig::runtime::python
