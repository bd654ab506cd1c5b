#include "cli/init_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

#include "base/text.h"
#include "cli/options.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;

Result<CommandWords> only_in_a_shell(std::string_view line) {
  return fail(ErrorKind::usage,
              fmt::format("'{}' has something that only a shell does, and --chain starts it "
                          "without one",
                          printable(line)),
              "put it into a script of its own, and name that");
}

/// "NAME=value"
bool is_assignment(std::string_view word) {
  const auto at = word.find('=');
  return at != std::string_view::npos && at > 0 &&
         std::ranges::all_of(word.substr(0, at), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

/// One word after the other; none at the end of the line.
class LineWords {
 public:
  explicit LineWords(std::string_view line) : line_(line) {}

  enum class End : std::uint8_t { none, open, shell };
  [[nodiscard]] std::optional<std::string> next() {
    while (at_ < line_.size() && line_[at_] == ' ') ++at_;
    if (at_ == line_.size()) return std::nullopt;
    std::string word;
    char quote = 0;
    for (; at_ < line_.size() && (quote != 0 || line_[at_] != ' '); ++at_) take(word, quote);
    if (quote != 0) end_ = End::open;
    return word;
  }
  [[nodiscard]] End end() const { return end_; }

 private:
  void take(std::string& word, char& quote) {
    const char c = line_[at_];
    const bool literal = quote == '\'';
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote && quote != 0) {
      quote = 0;
    } else if (c == '\\' && !literal && at_ + 1 < line_.size()) {
      word += line_[++at_];
    } else {
      constexpr std::string_view anywhere = "$`", unquoted = "|&;<>*?()~#";
      if (!literal && anywhere.contains(c)) end_ = End::shell;
      if (quote == 0 && unquoted.contains(c)) end_ = End::shell;
      word += c;
    }
  }

  std::string_view line_;
  std::size_t at_ = 0;
  End end_ = End::none;
};

/// As TOML writes a text.
std::string toml_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04x}", c);
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string toml_list(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const auto& word : words) quoted.push_back(toml_text(word));
  return "[" + join(quoted, ", ") + "]";
}

/// The program that serves: of "python3 -m gunicorn" that is gunicorn.
std::string server_of(const CommandWords& words) {
  const auto module = std::ranges::find(words.argv, "-m");
  const fs::path first = words.argv.front();
  const bool is_python = first.filename().string().starts_with("python");
  if (is_python && module != words.argv.end() && module + 1 != words.argv.end())
    return *(module + 1);
  return first.filename().string();
}

bool counts_workers(const CommandWords& words) {
  const auto names_them = [](const std::string& word) { return word.contains("{workers}"); };
  return std::ranges::any_of(words.argv, names_them) ||
         std::ranges::any_of(words.variables, names_them);
}

/// As a stack's name may be.
std::string stack_name(std::string_view server) {
  std::string name = "my-";
  for (const char c : server) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    name += is_upper ? static_cast<char>(c - 'A' + 'a') : fits ? c : '-';
  }
  return name;
}

Result<std::string> expectation_of(const http::Expectation& expect) {
  std::string text = fmt::format("status = {}", expect.status);
  std::vector<std::string> members;
  for (const auto& member : expect.members) {
    if (std::holds_alternative<std::nullptr_t>(member.value)) {
      return fail(ErrorKind::usage,
                  fmt::format("--expect-json {}: TOML has no null", printable(to_text(member))),
                  "name another member");
    }
    members.push_back(
        fmt::format("{} = {}", toml_text(path_of(member)), http::json_text(member.value)));
  }
  if (!members.empty()) text += fmt::format(", json = {{ {} }}", join(members, ", "));
  if (expect.length) text += fmt::format(", length = \"{}\"", to_text(*expect.length));
  return text;
}

std::string environment_of(const CommandWords& words) {
  std::string text;
  for (const auto& variable : words.variables) {
    const auto at = variable.find('=');
    text += fmt::format("{} = {}\n", variable.substr(0, at), toml_text(variable.substr(at + 1)));
  }
  return text;
}

/// What stands at the top.
std::string heading(const std::string& name) {
  return fmt::format(R"(# {}: an application of your own, through the whole chain.
# Written by `unrig init --chain`; change what you like. Every key: docs/your-app.md.
)",
                     name);
}

Result<std::string> content_of(const std::string& name, const CommandWords& words,
                               const Subject& subject) {
  const auto expect = expectation_of(subject.expect);
  if (!expect) return std::unexpected(expect.error());
  const bool counts = counts_workers(words);
  std::string_view model = usual_model(words);
  if (!counts && model == "sync") model = "threads";
  const std::string framework = fs::path(subject.folder).filename();
  std::string text = heading(name);
  text += fmt::format(R"(
framework = {}    # for people, as the next
server = {}
concurrency = {}    # how a worker serves: sync, threads, async-coroutine, … (docs/stacks.md)
{}command = {}
directory = {}    # where it runs; it may write nothing there
# health = "/health"    # answers 200 when it is ready; without, any right status to its request
)",
                      toml_text(framework.empty() ? "own" : framework), toml_text(server_of(words)),
                      toml_text(model),
                      counts ? "" : "worker = \"server\"    # one process, whatever is asked for\n",
                      toml_list(words.argv), toml_text(subject.folder));
  text +=
      fmt::format(R"(
[environment]    # nothing of yours comes along
{}# DATABASE_URL = "postgresql://…"

[request]    # what is measured, and what a right answer is
method = "GET"
path = {}
# headers = {{ Authorization = "Bearer …" }}
# body = '{{"amount": 1}}'
# Without json and length only the status is checked.
# expect = {{ status = 200, json = {{ "user.id" = 7 }}, length = "100..200" }}
expect = {{ {} }}

[vintage.{}]
)",
                  environment_of(words), toml_text(subject.path), *expect, RunOptions{}.vintage);
  return text;
}

}  // namespace

Result<CommandWords> command_words(std::string_view line) {
  CommandWords found;
  LineWords words(line);
  while (auto word = words.next()) {
    if (found.argv.empty() && is_assignment(*word)) {
      found.variables.push_back(std::move(*word));
    } else {
      found.argv.push_back(std::move(*word));
    }
  }
  if (words.end() == LineWords::End::shell) return only_in_a_shell(line);
  if (words.end() == LineWords::End::open) {
    return fail(ErrorKind::usage, fmt::format("a quotation mark is open in '{}'", printable(line)),
                "close it");
  }
  if (found.argv.empty() || found.argv.front().empty()) {
    return fail(ErrorKind::usage, fmt::format("'{}' names no program", printable(line)),
                "write the program and its arguments, as in a shell");
  }
  return found;
}

std::string_view usual_model(const CommandWords& words) {
  struct Row {
    std::string_view server, word, model;
  };
  // Those with a word stand before the server's usual one.
  constexpr std::array rows{
      Row{"gunicorn", "gevent", "async-greenlet"},
      Row{"gunicorn", "uvicorn", "async-coroutine"},
      Row{"gunicorn", "--threads", "threads"},
      Row{"gunicorn", "gthread", "threads"},
      Row{"gunicorn", "", "sync"},
      Row{"uvicorn", "", "async-coroutine"},
      Row{"hypercorn", "", "async-coroutine"},
      Row{"granian", "", "async-coroutine"},
      Row{"daphne", "", "async-coroutine"},
      Row{"node", "", "event-loop"},
  };
  const std::string server = server_of(words);
  for (const auto& row : rows) {
    const bool has_word = std::ranges::any_of(std::span(words.argv).subspan(1),
                                              [&](auto& word) { return word.contains(row.word); });
    if (server == row.server && (row.word.empty() || has_word)) return row.model;
  }
  return "threads";
}

Result<std::vector<OwnStack>> own_stacks_of(const Subject& subject) {
  std::vector<CommandWords> commands;
  for (const std::string& line : {subject.a, subject.b}) {
    if (line.empty()) continue;
    auto words = command_words(line);
    if (!words) return std::unexpected(words.error());
    commands.push_back(std::move(*words));
  }
  std::vector<OwnStack> made;
  for (const auto& words : commands) made.push_back({.name = stack_name(server_of(words))});
  if (made.size() == 2 && made.front().name == made.back().name) {
    made.front().name += "-a";
    made.back().name += "-b";
  }
  for (std::size_t i = 0; i < made.size(); ++i) {
    auto content = content_of(made[i].name, commands[i], subject);
    if (!content) return std::unexpected(content.error());
    made[i].content = std::move(*content);
  }
  return made;
}

std::string next_commands(const std::vector<OwnStack>& made, const std::string& stacks) {
  const std::string folder = shell_word(stacks);
  std::string names;
  for (const auto& stack : made) names += " " + stack.name;
  return fmt::format(
      "  unrig check{0} --stacks {1}\n"
      "  unrig {2}{0} --stacks {1} --scenario fair --set workers.sync=2 --set workers.async=2\n",
      names, folder, made.size() == 2 ? "compare" : "run");
}

}  // namespace unrig::cli
