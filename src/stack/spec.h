/// \file
/// What a stack is, as its folder says it: `stacks/<name>/stack.toml`. Data only.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "scenario/scenario.h"
#include "stack/files.h"
#include "stack/request.h"

namespace unrig::stack {

/// How a stack is built and started in one vintage.
struct VintageSpec {
  std::string name;  ///< "2026"
  /// The environment of a Python stack: its lock in vintages/<name>/. Empty for other languages,
  /// and for a stack with a lock of its own.
  std::string group;
  std::vector<std::string> extra;  ///< what `{extra}` in the command stands for
  std::string note;  ///< a deviation that every table must show ("altered compiler flags"), or ""
};

/// Of a stack.toml that names none.
inline constexpr std::string_view default_language = "python";
/// Of one that has a request of its own and names none: what it starts is there already.
inline constexpr std::string_view ready_language = "native";

struct StackSpec {
  std::string name;                                      ///< the folder's: "flask-gunicorn"
  std::string language = std::string(default_language);  ///< whose runtime it needs
  std::string framework;                                 ///< for people: "Flask"
  std::string server;                                    ///< for people: "Gunicorn"
  scenario::Concurrency concurrency = scenario::Concurrency::sync;
  scenario::Worker worker = scenario::Worker::process;
  std::filesystem::path folder;  ///< where stack.toml lies
  /// The application file, beside stack.toml or in apps/; empty: the command names none.
  std::filesystem::path application;
  std::string hash;                  ///< SHA-256 of stack.toml and of all that is served with it
  std::vector<std::string> command;  ///< argv with {placeholders}
  /// What `{listen}` in the command stands for, by the way; empty: the command says itself how to
  /// listen, for HTTP at a port.
  std::vector<std::pair<scenario::Way, std::vector<std::string>>> listen;
  /// More variables for the application server, with {placeholders}.
  std::map<std::string, std::string> environment;
  /// Where the server runs; empty: in a folder that is made anew for each start.
  std::filesystem::path directory;
  /// Of an application of somebody's own: what it is asked for. Its answers are no rows, and its
  /// database, if it has one, is none of unrig's. Not set: the application of docs/application.md.
  std::optional<OwnRequest> own;
  /// GET of it answers 200 when the stack is ready; empty: its own request shows it.
  std::string health = "/test";
  std::string driver;                     ///< "psycopg2", "aiopg", …; "" for none named
  std::optional<int> statements;          ///< per request, of a driver that unrig does not know
  std::string event_loop;                 ///< class the stack claims to run on, "" for none
  std::vector<std::string> c_extensions;  ///< modules the stack claims to have compiled
  std::vector<VintageSpec> vintages;      ///< in the order of the file

  /// The file that names its packages by version; empty where it has none of its own, as a Python
  /// stack of a group.
  std::filesystem::path lock;
  /// \name Only of languages other than Python
  /// @{
  std::vector<SourceFile> files;       ///< that are laid into {build}
  std::string files_hash;              ///< hash_of() them
  std::vector<std::string> build;      ///< argv that runs once in {build}; empty: nothing does
  std::vector<std::string> toolchain;  ///< argv that tells its version; empty: the language's own
  std::string least;                   ///< the oldest version of it that will do, "21"; "": any
  /// @}

  [[nodiscard]] bool is_python() const { return language == default_language; }
  [[nodiscard]] const VintageSpec* vintage(std::string_view wanted) const;
  /// What `{listen}` stands for; null: it cannot be reached so, or the command says it itself.
  [[nodiscard]] const std::vector<std::string>* listening(scenario::Way way) const;
  /// Whether its server can be reached so, as far as its folder says.
  [[nodiscard]] bool takes(scenario::Way way) const {
    return listening(way) != nullptr || (listen.empty() && way == scenario::Way{});
  }
};

/// All stacks below the folders, sorted by name; a later folder's stack replaces an earlier one's
/// of the same name. An application that does not lie beside its stack.toml is looked up in
/// `../apps/<language>` of each folder; in other languages than Python all files there belong to a
/// stack that does not bring its language's manifest. Error: usage, with file, line and column.
[[nodiscard]] Result<std::vector<StackSpec>> load_stacks(
    std::span<const std::filesystem::path> folders);

/// Whether the stack can be reached in the way. Error: usage, with those of `all` that can.
[[nodiscard]] Result<> check_way(const StackSpec& spec, scenario::Way way,
                                 std::span<const StackSpec> all);

/// One stack in one vintage: what "flask-gunicorn@2026" names.
struct Selection {
  const StackSpec* spec = nullptr;
  std::string vintage;
};
/// Reads "NAME" or "NAME@VINTAGE". Error: usage, with did-you-mean.
[[nodiscard]] Result<Selection> select(std::span<const StackSpec> stacks, std::string_view text,
                                       std::string_view default_vintage);

}  // namespace unrig::stack
