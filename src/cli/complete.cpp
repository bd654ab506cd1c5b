#include "cli/complete.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace unrig::cli {
namespace {

const CLI::App* command_called(const CLI::App& app, const std::string& name) {
  const auto found =
      app.get_subcommands([&name](const CLI::App* command) { return command->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

bool may_repeat(const CLI::Option& option) {
  return option.get_expected_max() > 1;
}

/// The words that come before, read one after the other.
class Walk {
 public:
  Walk(const CLI::App& app, Expected& expected) : app_(app), expected_(expected) {}

  void read(const std::string& word);
  void expect(const std::string& word);

 private:
  [[nodiscard]] const CLI::Option* option_called(const std::string& name) const;
  /// The positional whose turn it is; nothing where there is none.
  [[nodiscard]] const CLI::Option* next_positional() const;
  void read_long(const std::string& word);
  void read_short(const std::string& word);
  void take(const CLI::Option& option, const std::string& value);
  void expect_value(const CLI::Option& option, const std::string& before);
  void expect_commands();
  void expect_options();

  const CLI::App& app_;
  Expected& expected_;
  const CLI::App* command_ = nullptr;
  const CLI::Option* waiting_ = nullptr;  ///< has the next word as its value
  bool options_over_ = false;             ///< after "--"
  std::size_t positionals_ = 0;           ///< that have been read
  std::vector<const CLI::Option*> given_;
};

const CLI::Option* Walk::option_called(const std::string& name) const {
  const CLI::Option* own = command_ == nullptr ? nullptr : command_->get_option_no_throw(name);
  return own != nullptr ? own : app_.get_option_no_throw(name);
}

const CLI::Option* Walk::next_positional() const {
  const auto all = positionals_of(*command_);
  if (positionals_ < all.size()) return all[positionals_];
  return !all.empty() && may_repeat(*all.back()) ? all.back() : nullptr;
}

void Walk::take(const CLI::Option& option, const std::string& value) {
  if (option.get_name() == "--home") expected_.home = value;
  if (option.get_name() == "--stacks") expected_.stacks.emplace_back(value);
}

void Walk::read_long(const std::string& word) {
  const auto equals = word.find('=');
  const CLI::Option* option = option_called(word.substr(0, equals));
  if (option == nullptr) return;
  given_.push_back(option);
  if (!takes_value(*option)) return;
  if (equals == std::string::npos) {
    waiting_ = option;
  } else {
    take(*option, word.substr(equals + 1));
  }
}

/// "-c", "-c50", "-qc50": the first that takes a value has the rest of the word.
void Walk::read_short(const std::string& word) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    const CLI::Option* option = option_called(std::string("-") + word[i]);
    if (option == nullptr) return;
    given_.push_back(option);
    if (!takes_value(*option)) continue;
    if (i + 1 == word.size()) {
      waiting_ = option;
    } else {
      take(*option, word.substr(i + 1));
    }
    return;
  }
}

void Walk::read(const std::string& word) {
  if (waiting_ != nullptr) return take(*std::exchange(waiting_, nullptr), word);
  const bool may_be_option = !options_over_ && word.size() > 1 && word.starts_with('-');
  if (may_be_option && word == "--") {
    options_over_ = true;
  } else if (may_be_option && word.starts_with("--")) {
    read_long(word);
  } else if (may_be_option) {
    read_short(word);
  } else if (command_ == nullptr) {
    command_ = command_called(app_, word);
  } else {
    ++positionals_;
  }
}

void Walk::expect_value(const CLI::Option& option, const std::string& before) {
  const std::string name = value_name(option);
  expected_.before = before;
  for (auto& value : spelled_out(name)) expected_.words.push_back({before + value, {}});
  for (auto& kind : split(name, '|')) {
    if (kind == "COMMAND") {
      expect_commands();
    } else {
      expected_.kinds.push_back(std::move(kind));
    }
  }
}

void Walk::expect_commands() {
  for (const CLI::App* command : app_.get_subcommands([](const CLI::App*) { return true; })) {
    expected_.words.push_back({command->get_name(), command->get_description()});
  }
}

void Walk::expect_options() {
  if (options_over_) return;
  for (const CLI::App* owner : {command_, &app_}) {
    if (owner == nullptr) continue;
    for (const CLI::Option* option : owner->get_options()) {
      const bool given = std::ranges::find(given_, option) != given_.end();
      if (option->get_lnames().empty() || (given && !may_repeat(*option))) continue;
      expected_.words.push_back({"--" + option->get_lnames().front(), option->get_description()});
    }
  }
}

void Walk::expect(const std::string& word) {
  if (waiting_ != nullptr) return expect_value(*waiting_, {});
  if (!options_over_ && word.starts_with('-')) {
    const auto equals = word.find('=');
    if (!word.starts_with("--") || equals == std::string::npos) return expect_options();
    const CLI::Option* option = option_called(word.substr(0, equals));
    if (option != nullptr && takes_value(*option)) {
      expect_value(*option, word.substr(0, equals + 1));
    }
    return;
  }
  if (command_ == nullptr) return expect_commands();
  if (const CLI::Option* positional = next_positional()) return expect_value(*positional, {});
  expect_options();
}

}  // namespace

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

std::string value_name(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::string name = type.substr(0, type.find(':'));  // behind it are checks
  return name.empty() && option.get_positional() ? option.get_name(true) : name;
}

std::vector<std::string> spelled_out(std::string_view value) {
  std::vector<std::string> values = split(value, '|');
  if (values.size() < 2) return {};
  std::erase_if(values, [](const std::string& part) {
    return part.empty() ||
           std::ranges::any_of(part, [](char letter) { return letter >= 'A' && letter <= 'Z'; });
  });
  return values;
}

Expected expected_last(const CLI::App& app, std::span<const std::string> words) {
  Expected expected;
  if (words.empty()) return expected;
  Walk walk(app, expected);
  for (const auto& word : words.first(words.size() - 1)) walk.read(word);
  const std::string& last = words.back();
  walk.expect(last);
  std::erase_if(expected.words,
                [&last](const Candidate& candidate) { return !candidate.word.starts_with(last); });
  return expected;
}

}  // namespace unrig::cli
