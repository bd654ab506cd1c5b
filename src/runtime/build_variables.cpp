#include "runtime/build_variables.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"

namespace unrig::runtime {
namespace {

bool is_for_builds(std::string_view name) {
  static const auto names = split(
      "PATH LANG TZ http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY "
      "NO_PROXY REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS CC CXX AR LD CFLAGS CXXFLAGS "
      "CPPFLAGS LDFLAGS CPATH C_INCLUDE_PATH LIBRARY_PATH LD_LIBRARY_PATH PKG_CONFIG "
      "PKG_CONFIG_PATH MAKEFLAGS GOPROXY GOSUMDB GOPRIVATE GONOPROXY GONOSUMDB GOINSECURE GOFLAGS "
      "RUSTFLAGS JAVA_HOME MAVEN_ARGS MAVEN_OPTS",
      ' ');
  constexpr std::string_view beginnings[] = {"UV_", "PIP_", "SSL_", "LC_", "npm_config_", "CARGO_"};
  return std::ranges::find(names, name) != names.end() ||
         std::ranges::any_of(beginnings, [&](auto each) { return name.starts_with(each); });
}

}  // namespace

Variables callers_variables(bool own_user, std::span<const std::string_view> left_out) {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto name = text.substr(0, text.find('='));
    if (name.size() == text.size() || (own_user && !is_for_builds(name))) continue;
    if (std::ranges::find(left_out, name) == left_out.end())
      variables.insert_or_assign(std::string(name), std::string(text.substr(name.size() + 1)));
  }
  return variables;
}

std::vector<std::string> as_environment(const Variables& variables) {
  std::vector<std::string> result;
  for (const auto& [name, value] : variables) result.push_back(fmt::format("{}={}", name, value));
  return result;
}

}  // namespace unrig::runtime
