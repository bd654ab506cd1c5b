#include "runtime/built/languages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/built/installed.h"
#include "runtime/built/locks.h"

namespace unrig::runtime::built {
namespace {

constexpr auto npm = std::to_array<ToolRow>({{"npm", "--version", "apt-get install npm"}});
constexpr auto compilers = std::to_array<ToolRow>({
    {"c++", "--version", "apt-get install g++"},
    {"ninja", "--version", "apt-get install ninja-build"},
});
constexpr auto maven = std::to_array<ToolRow>({{"mvn", "--version", "apt-get install maven"}});
constexpr auto linker = std::to_array<ToolRow>({{"cc", "--version", "apt-get install gcc"}});

constexpr auto of_go =
    std::to_array<std::string_view>({"bin", "pkg", "src", "lib", "misc", "go.env", "VERSION"});
constexpr auto of_node = std::to_array<std::string_view>({"bin", "lib", "include"});
constexpr auto of_rust = std::to_array<std::string_view>({"bin", "lib", "libexec"});
constexpr auto jdks = std::to_array<std::string_view>({"/usr/lib/jvm"});
constexpr auto of_java =
    std::to_array<std::string_view>({"bin", "conf", "lib", "jmods", "release"});

// The home may lie in somebody's work tree, whose history is none of the application's.
constexpr auto for_go = std::to_array<VariableRow>({
    {"GOCACHE", "{cache}/go/build"},
    {"GOMODCACHE", "{cache}/go/modules"},
    {"GOPATH", "{cache}/go"},
    {"GOTOOLCHAIN", "local"},
    {"GOFLAGS", "-modcacherw -buildvcs=false", true},
});
constexpr auto for_node = std::to_array<VariableRow>({
    {"npm_config_cache", "{cache}/npm"},
    {"npm_config_update_notifier", "false"},
    {"npm_config_audit", "false"},
    {"npm_config_fund", "false"},
});
constexpr auto for_rust = std::to_array<VariableRow>({
    {"CARGO_HOME", "{cache}/cargo"},
    {"CARGO_TARGET_DIR", "{cache}/cargo-target"},
});
// Each JVM would leave a folder of its user in /tmp, whatever TMPDIR says, with its own counters.
constexpr auto for_java = std::to_array<VariableRow>({
    {"JAVA_HOME", "{toolchain}"},
    {"JAVA_TOOL_OPTIONS", "-XX:-UsePerfData", true},
    {"MAVEN_OPTS", "-Dmaven.repo.local={cache}/maven", true},
    {"GRADLE_USER_HOME", "{cache}/gradle"},
});

constexpr auto languages = std::to_array<Language>({
    {.name = "go",
     .toolchain = {"go", "version", "apt-get install golang-go"},
     .parts = of_go,
     .variables = for_go,
     .read_lock = parse_go_sum,
     .installed = modules_of_program},
    {.name = "java",
     .toolchain = {"java", "--version", "apt-get install default-jdk-headless"},
     .home = "JAVA_HOME",
     .places = jdks,
     .newer = "apt-get install openjdk-21-jdk-headless, where the distribution has it (Debian 13); "
              "else a JDK of another vendor below /usr/lib/jvm",
     .runs = true,
     .compiles_while_it_runs = true,
     .more = maven,
     .parts = of_java,
     .variables = for_java,
     .one_at_a_time = true,
     .read_lock = parse_jar_lock,
     .installed = jars_of},
    {.name = "native",
     .toolchain = {"cmake", "--version", "apt-get install cmake"},
     .more = compilers},
    {.name = "node",
     .toolchain = {"node", "--version", "apt-get install nodejs"},
     .runs = true,
     .compiles_while_it_runs = true,
     .more = npm,
     .parts = of_node,
     .variables = for_node,
     .read_lock = parse_npm_lock,
     .installed = node_modules_of},
    {.name = "rust",
     .toolchain = {"cargo", "--version", "apt-get install cargo"},
     .more = linker,
     .parts = of_rust,
     .variables = for_rust,
     .one_at_a_time = true,
     .read_lock = parse_cargo_lock},
});

}  // namespace

const Language* find_language(std::string_view name) {
  const auto found = std::ranges::find(languages, name, &Language::name);
  return found == languages.end() ? nullptr : &*found;
}

std::string language_names() {
  std::string names;
  for (const auto& language : languages)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", language.name);
  return names;
}

}  // namespace unrig::runtime::built
