/// \file
/// Adds options whose values have limits: help shows them, and an error names option, value, limits
/// and what to write instead. Inside this module only.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/limits.h"

namespace unrig::cli {

/// What CLI11 expects to be thrown, with the help that goes with it.
class WrongValue : public CLI::ValidationError {
 public:
  WrongValue(const std::string& option, const unrig::Error& error)
      : CLI::ValidationError(fmt::format("{}: {}", option, error.what),
                             CLI::ExitCodes::ValidationError),
        help_(error.help) {}
  [[nodiscard]] const std::string& help() const { return help_; }

 private:
  std::string help_;
};

/// Reads the option's text with `parse` into `target`, which must outlive the parsing.
template <class Target, class Parse>
CLI::Option* add_parsed(CLI::App* app, const std::string& name, Target& target, Parse parse,
                        const std::string& help) {
  const std::string shown = name.substr(name.find("--"));
  return app->add_option_function<std::string>(
      name,
      [&target, shown, parse](const std::string& text) {
        auto value = parse(text);
        if (!value) throw WrongValue(shown, value.error());
        target = std::move(*value);
      },
      help);
}

/// A whole number or a duration within its limits; the limits stand in the help.
template <class Target, class Value>
CLI::Option* add_limited(CLI::App* app, const std::string& name, Target& target,
                         const Limits<Value>& limits, const std::string& help) {
  const auto parse = [limits](std::string_view text) { return parse_within(text, limits); };
  return add_parsed(app, name, target, parse, fmt::format("{} ({})", help, to_text(limits)))
      ->type_name(std::is_same_v<Value, Duration> ? "DURATION" : "N");
}

}  // namespace unrig::cli
