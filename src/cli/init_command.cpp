#include "cli/init_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "cli/init_chain.h"
#include "cli/init_script.h"
#include "cli/output.h"
#include "cli/task.h"

namespace unrig::cli {
namespace fs = std::filesystem;

namespace {

/// Name within the folder, and content.
using Files = std::map<fs::path, std::string>;

/// One line of the terminal. Error: usage, when there is none.
Result<std::string> ask(std::string_view question) {
  fmt::print(stderr, "{} ", question);
  std::string line;
  if (std::getline(std::cin, line)) return std::string(trim(line));
  fmt::print(stderr, "\n");
  return fail(ErrorKind::usage, "the questions were not answered",
              "unrig init --url URL, --command LINE or --like STACK asks none");
}

/// The answers in place of the options that are missing.
Result<InitOptions> answered(InitOptions options) {
  struct Question {
    std::string_view text;
    std::string* answer;
  };
  const auto kind =
      ask("What is to be measured?\n"
          "  1  a server that runs already\n"
          "  2  a command that starts a server\n"
          "  3  an application that is still to be written, like one of unrig's stacks\n"
          "  4  a command that starts a server, through the whole chain\n"
          "1, 2, 3 or 4:");
  if (!kind) return std::unexpected(kind.error());
  std::vector<Question> questions;
  if (*kind == "1") {
    questions = {{"Its URL:", &options.url},
                 {"The URL that it is held against (none: Enter):", &options.against}};
  } else if (*kind == "2" || *kind == "4") {
    options.chain = *kind == "4";
    questions = {{"The command, with {port} where its port stands:", &options.command},
                 {"The command that it is held against (none: Enter):", &options.against}};
  } else if (*kind == "3") {
    questions = {{"The stack that it is to be like (unrig list stacks):", &options.like}};
  } else {
    return fail(ErrorKind::usage, fmt::format("'{}' is none of the four", printable(*kind)),
                "unrig init asks again");
  }
  std::string folder;
  if (options.folder.empty())
    questions.push_back({"The folder to be written (measure, or my-stacks: Enter):", &folder});
  for (const Question& question : questions) {
    auto answer = ask(question.text);
    if (!answer) return std::unexpected(answer.error());
    *question.answer = std::move(*answer);
  }
  if (!folder.empty()) options.folder = folder;
  return options;
}

/// That nobody is misled by the name of what is written. Error: usage.
Result<> check_folder(const fs::path& folder) {
  const std::string& name = folder.native();
  const bool control = std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!control && !name.starts_with('-')) return {};
  return fail(ErrorKind::usage, fmt::format("'{}' is no name for a folder", printable(name)),
              "take one without control characters that does not begin with a dash");
}

/// All of them or, where one is there already, none. Error: usage; environment.
Result<> write_new(const fs::path& folder, const Files& files) {
  for (const auto& [name, content] : files) {
    const fs::path path = folder / name;
    std::error_code ignored;
    if (!fs::exists(fs::symlink_status(path, ignored))) continue;
    return fail(ErrorKind::usage, fmt::format("{} is there already", printable(path.string())),
                "name another folder: unrig init FOLDER");
  }
  for (const auto& [name, content] : files) {
    const fs::path path = folder / name;
    if (auto made = make_folder(path.parent_path()); !made) return made;
    const mode_t mode = content.starts_with("#!") ? 0755 : 0644;
    if (auto written = write_file(path, content, mode); !written) return written;
  }
  return {};
}

std::string written_text(const fs::path& folder, const Files& files) {
  std::vector<std::string> names;
  for (const auto& [name, content] : files) names.push_back(name.string());
  return printable(fmt::format("wrote {}: {}\n", folder.string(), join(names, ", ")));
}

/// What is measured of URLs or commands, checked. Error: usage.
Result<Subject> subject_of(const InitOptions& options) {
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  const bool commands = !options.command.empty();
  const Subject subject{.a = commands ? options.command : options.url,
                        .b = options.against,
                        .commands = commands,
                        .path = options.path,
                        .folder = fs::current_path(unknown).string(),
                        .program = unknown ? "unrig" : program.string(),
                        .expect = options.expect};
  if (auto checked = check_subject(subject); !checked) return std::unexpected(checked.error());
  return subject;
}

/// A folder for stacks where nobody has named one.
fs::path stacks_folder(const InitOptions& options) {
  return options.folder.empty() ? fs::path("my-stacks") : options.folder;
}

Result<int> init_chain(const InitOptions& options) {
  const auto subject = subject_of(options);
  if (!subject) return std::unexpected(subject.error());
  const auto made = own_stacks_of(*subject);
  if (!made) return std::unexpected(made.error());
  const fs::path folder = stacks_folder(options);
  Files files;
  for (const auto& stack : *made) files.emplace(fs::path(stack.name) / "stack.toml", stack.content);
  if (auto written = write_new(folder, files); !written) return std::unexpected(written.error());
  return exit_after(print(written_text(folder, files) + "\nlook at them, then:\n" +
                          next_commands(*made, folder.string())));
}

Result<int> init_script(const InitOptions& options) {
  const auto subject = subject_of(options);
  if (!subject) return std::unexpected(subject.error());
  const fs::path folder = options.folder.empty() ? fs::path("measure") : options.folder;
  const Files files{{"measure.sh", script_of(*subject)}};
  if (auto written = write_new(folder, files); !written) return std::unexpected(written.error());
  return exit_after(print(written_text(folder, files) + "\nlook at it, then:\n  sh " +
                          shell_word((folder / "measure.sh").string()) + "\n"));
}

/// What is said first in the stack.toml of a copy.
std::string first_words(const std::string& name, const std::string& like, const fs::path& stacks) {
  const std::string folder = shell_word(stacks.string());
  return fmt::format(
      R"(# A copy of the stack {1}, written by `unrig init` as a beginning of your own.
# Every key stands in docs/stacks.md, what the application has to do in docs/application.md.
#
#   unrig check {0} --stacks {2}          whether it does
#   unrig compare {0} {1} --stacks {2}    what your changes did

)",
      name, like, folder);
}

/// What the stack's own folder has, and of a Python stack its application where that lies
/// elsewhere: what others share is found from the copy, too. Error: usage; environment.
Result<Files> files_of(const stack::StackSpec& spec) {
  const auto own = stack::source_files({&spec.folder, 1}, {});
  if (!own) return std::unexpected(own.error());
  std::map<fs::path, fs::path> wanted{{"stack.toml", spec.folder / "stack.toml"}};
  for (const auto& file : *own) wanted.emplace(file.name, file.from);
  if (spec.is_python() && !spec.application.empty())
    wanted.emplace(spec.application.filename(), spec.application);
  Files files;
  for (const auto& [name, from] : wanted) {
    auto content = read_file(from);
    if (!content) return std::unexpected(content.error());
    files.emplace(name, std::move(*content));
  }
  return files;
}

Result<int> init_stack(const CommonOptions& common, const InitOptions& options) {
  const auto specs = known_stacks(common);
  if (!specs) return std::unexpected(specs.error());
  const auto chosen = stack::select(*specs, options.like, RunOptions{}.vintage);
  if (!chosen) return std::unexpected(chosen.error());
  const stack::StackSpec& spec = *chosen->spec;
  auto files = files_of(spec);
  if (!files) return std::unexpected(files.error());
  const fs::path stacks = stacks_folder(options);
  const std::string name = "my-" + spec.name;
  std::string& description = (*files)["stack.toml"];
  description.insert(0, first_words(name, spec.name, stacks));
  if (auto written = write_new(stacks / name, *files); !written)
    return std::unexpected(written.error());
  const std::string folder = shell_word(stacks.string());
  return exit_after(print(written_text(stacks / name, *files) +
                          fmt::format("\nchange it, then:\n"
                                      "  unrig check {0} --stacks {1}\n"
                                      "  unrig compare {0} {2} --stacks {1}\n",
                                      name, folder, spec.name)));
}

bool names_something(const InitOptions& options) {
  return !options.url.empty() || !options.command.empty() || !options.like.empty();
}

}  // namespace

Result<int> init_command(const CommonOptions& common, const InitOptions& options) {
  if (!names_something(options) && ::isatty(STDIN_FILENO) == 0) {
    return fail(ErrorKind::usage, "nothing says what is to be measured, and nobody can be asked",
                "unrig init --url URL, --command LINE or --like STACK");
  }
  const auto told = names_something(options) ? options : answered(options);
  if (!told) return std::unexpected(told.error());
  if (!names_something(*told)) {
    return fail(ErrorKind::usage, "nothing says what is to be measured",
                "unrig init --url URL, --command LINE or --like STACK");
  }
  if (auto checked = check_folder(told->folder); !checked) return std::unexpected(checked.error());
  if (!told->like.empty()) return init_stack(common, *told);
  return told->chain ? init_chain(*told) : init_script(*told);
}

}  // namespace unrig::cli
