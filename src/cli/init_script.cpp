#include "cli/init_script.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "host/endpoint.h"
#include "load/url.h"

namespace unrig::cli {
namespace {

constexpr std::string_view port_mark = "{port}";
constexpr int first_port = 8101;

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<> check_line(const std::string& command) {
  if (has_control(command)) {
    return fail(ErrorKind::usage, "a command is one line, without control characters",
                "write it as you would type it");
  }
  if (command.contains(port_mark)) return {};
  return fail(ErrorKind::usage,
              fmt::format("'{}' does not say where its port stands", printable(command)),
              "write {port} there: --command 'gunicorn --bind 127.0.0.1:{port} app:app'; a program "
              "that reads it from a variable: 'PORT={port} node server.js'");
}

std::string with_variable(std::string command) {
  for (auto at = command.find(port_mark); at != std::string::npos; at = command.find(port_mark))
    command.replace(at, port_mark.size(), "$PORT");
  return command;
}

/// The arguments of what is expected, as a shell takes them.
std::string arguments_of(const http::Expectation& expect) {
  std::string arguments;
  if (expect.status != http::Expectation{}.status)
    arguments += fmt::format(" --expect-status {}", expect.status);
  if (expect.length) arguments += fmt::format(" --expect-length {}", to_text(*expect.length));
  for (const auto& member : expect.members)
    arguments += " --expect-json " + shell_word(to_text(member));
  return arguments;
}

constexpr std::string_view start_text = R"(
# Ends what was started, however this script ends.
started=
stop() {
  for each in $started; do kill -s TERM -- "-$each" 2>/dev/null || :; done
  wait
}
trap stop EXIT
trap 'exit 130' INT TERM

# serve NAME COMMAND PORT URL [WHAT A RIGHT ANSWER IS]: starts it, and waits for a right answer.
serve() {
  name=$1 command=$2 port=$3 url=$4
  shift 4
  if ! "$unrig" load "$url" -c 1 -d 20ms -q 2>&1 | grep -q refused; then
    echo "somebody listens on port $port already: choose another port_$name" >&2
    exit 3
  fi
  PORT=$port setsid sh -c "$command" >"$here/$name.log" 2>&1 &
  server=$!
  started="$started $server"
  tries=0
  until "$unrig" load "$url" -c 1 -d 50ms -q "$@" >"$here/$name.answer" 2>&1; do
    tries=$((tries + 1))
    # One that answers wrongly is asked for a few seconds, one that does not answer for longer.
    if grep -q wrong_ "$here/$name.answer"; then tries=$((tries + 4)); fi
    if [ "$tries" -ge 100 ] || ! kill -0 "$server" 2>/dev/null; then
      cat "$here/$name.answer" >&2
      echo "no right answer from: $command" >&2
      echo "the last lines of $here/$name.log:" >&2
      tail -n 20 "$here/$name.log" >&2
      echo "what listens on this machine:" >&2
      ss -ltn 2>/dev/null | awk 'NR > 1 { print "  " $4 }' >&2 || :
      exit 3
    fi
    sleep 0.1
  done
}
)";

std::string commands_text(const Subject& subject) {
  const bool two = !subject.b.empty();
  std::string text = fmt::format(
      R"sh(here=$(cd "$(dirname "$0")" && pwd)

# Where the commands run.
cd {}

# The commands, as a shell takes them; $PORT is where each has to listen.{}
a={}
port_a={}
)sh",
      shell_word(subject.folder),
      two ? "\n# Give both as many workers: else it is numbers of workers that are compared." : "",
      shell_word(with_variable(subject.a)), first_port);
  if (two)
    text += fmt::format("b={}\nport_b={}\n", shell_word(with_variable(subject.b)), first_port + 1);
  const std::string here = host::loopback(0).host;
  text += fmt::format("\n# What is asked for.\npath={}\nurl_a=http://{}:$port_a$path\n",
                      shell_word(subject.path), here);
  if (two) text += fmt::format("url_b=http://{}:$port_b$path\n", here);
  return text;
}

std::string urls_text(const Subject& subject) {
  std::string text = fmt::format("\n# What is asked for.\nurl_a={}\n", shell_word(subject.a));
  if (!subject.b.empty()) text += fmt::format("url_b={}\n", shell_word(subject.b));
  return text;
}

std::string expectation_text(const Subject& subject) {
  return fmt::format(R"(
# What is sent besides, and what a right answer is: options of `unrig load`. {}
#   set -- --expect-json user.id=7 --expect-length 100..200
#   set -- -X POST -H 'Content-Type: application/json' --body "$here/body.json"
set --{}
)",
                     subject.b.empty() ? "Without, every\n# answer of status 200 counts."
                                       : "Without, the first\n# answer of each is what all others "
                                         "have to be, byte for byte. Of one that changes (a time,\n"
                                         "# a token), say what stays:",
                     arguments_of(subject.expect));
}

}  // namespace

Result<> check_subject(const Subject& subject) {
  if (has_control(subject.path) || !subject.path.starts_with('/') || subject.path.contains(' ')) {
    return fail(ErrorKind::usage, fmt::format("'{}' is no path", printable(subject.path)),
                "a path begins with a slash: --path /users/7");
  }
  for (const std::string& each : {subject.a, subject.b}) {
    if (each.empty()) continue;
    if (subject.commands) {
      if (auto checked = check_line(each); !checked) return checked;
    } else if (auto url = load::parse_url(each); !url) {
      return std::unexpected(url.error());
    }
  }
  return {};
}

std::string script_of(const Subject& subject) {
  const bool two = !subject.b.empty();
  std::string text =
      fmt::format(R"(#!/bin/sh
# {}
# Written by `unrig init`; nobody but sh reads it: change what you like, and run it again.
set -eu
unrig=${{UNRIG:-{}}}
)",
                  two ? "Holds two servers against each other." : "Measures one server.",
                  shell_word(subject.program));
  text += subject.commands ? commands_text(subject)
                           : "here=$(cd \"$(dirname \"$0\")\" && pwd)\n" + urls_text(subject);
  text += expectation_text(subject);
  if (subject.commands) {
    text += start_text;
    text += "serve a \"$a\" \"$port_a\" \"$url_a\" \"$@\"\n";
    if (two) text += "serve b \"$b\" \"$port_b\" \"$url_b\" \"$@\"\n";
  }
  text += two ? R"(
# Which serves more, by how much, how surely: slices of the same load, in turn.
#   -c 64            so many clients at once; with 1 a server is never busy with two things
#   --rate 500/s     instead: as many of both, and only how long the answers take tells them apart
#   --blocks auto    until the ratio is known to 2 %
"$unrig" compare "$url_a" "$url_b" "$@"
)"
              : R"(
# How many it serves, and how long the answers take.
#   -c 64            so many clients at once
#   --rate 500/s     so many requests, however slow the answers: what users wait
"$unrig" load "$url_a" -d 10s "$@"
)";
  return text;
}

}  // namespace unrig::cli
