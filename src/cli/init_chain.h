/// \file
/// The stacks that `unrig init --chain` writes for commands that start an application of somebody's
/// own: the shell's line becomes a list of arguments, and what is asked for a table. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/init_script.h"

namespace unrig::cli {

/// A command line as a shell would take it apart, without a shell.
struct CommandWords {
  std::vector<std::string> argv;
  std::vector<std::string> variables;  ///< "NAME=value" in front of it
};
/// Blanks, quotation marks and backslashes. Error: usage: it is empty, a quotation mark is open, or
/// it has what only a shell does (pipes, variables, globs).
[[nodiscard]] Result<CommandWords> command_words(std::string_view line);

/// How the server of a command serves, as far as its name tells: "sync" for gunicorn,
/// "async-coroutine" for uvicorn, "threads" where nobody knows.
[[nodiscard]] std::string_view usual_model(const CommandWords& words);

struct OwnStack {
  std::string name;     ///< of its folder: "my-gunicorn"
  std::string content;  ///< of its stack.toml
};
/// One or two, by the subject's commands. Error: usage, as those of command_words(); a member that
/// has to be null, which TOML cannot say.
[[nodiscard]] Result<std::vector<OwnStack>> own_stacks_of(const Subject& subject);

/// What to type then, a line each. `stacks`: the folder that they lie in, as it is typed.
[[nodiscard]] std::string next_commands(const std::vector<OwnStack>& made,
                                        const std::string& stacks);

}  // namespace unrig::cli
