/// \file
/// The words of a stack's command, with {placeholders} for what is known only when it starts. Pure.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unrig::stack {

/// Placeholder name to its text, without braces.
using Placeholders = std::map<std::string, std::string, std::less<>>;

/// What stands for several words, or for none, where it is a word of its own.
using Splices = std::map<std::string, std::vector<std::string>, std::less<>>;

/// What may stand in a command: host port listen workers backlog extra folder application, and the
/// language, for what runs its programs; bin and module for Python, build for others.
[[nodiscard]] std::vector<std::string_view> placeholder_names(std::string_view language);

/// The first {word} that is none of `names`. Other braces are text.
[[nodiscard]] std::optional<std::string> unknown_placeholder(
    std::string_view word, std::span<const std::string_view> names);

/// True for a word that has its meaning only in a shell: an operator, or a substitution.
[[nodiscard]] bool needs_shell(std::string_view word);

/// Replaces each {name} that `values` has; leaves the rest.
[[nodiscard]] std::string fill_in(std::string_view text, const Placeholders& values);

/// The argv: each word filled in; one that is just the {name} of a splice becomes its words.
[[nodiscard]] std::vector<std::string> fill_in(std::span<const std::string> command,
                                               const Splices& splices, const Placeholders& values);

}  // namespace unrig::stack
