#include <fmt/format.h>

#include "base/text.h"
#include "cli/compare_command.h"
#include "cli/list_command.h"
#include "cli/load_command.h"
#include "cli/options.h"
#include "cli/run_command.h"
#include "cli/show_command.h"

namespace {

struct Dispatch {
  const unrig::cli::Options& options;
  unrig::Result<int> operator()(const unrig::cli::Printed& printed) const {
    fmt::print("{}", printed.text);
    return 0;
  }
  unrig::Result<int> operator()(const unrig::cli::RunOptions& run) const {
    return unrig::cli::run_command(options.common, run);
  }
  unrig::Result<int> operator()(const unrig::cli::CompareOptions& compare) const {
    return unrig::cli::compare_command(options.common, compare);
  }
  unrig::Result<int> operator()(const unrig::cli::LoadOptions& load) const {
    return unrig::cli::load_command(options.common, load);
  }
  unrig::Result<int> operator()(const unrig::cli::ListOptions& list) const {
    return unrig::cli::list_command(options.common, list);
  }
  unrig::Result<int> operator()(const unrig::cli::ShowOptions& show) const {
    return unrig::cli::show_command(options.common, show);
  }
};

int report(const unrig::Error& error) {
  fmt::print(stderr, "unrig: {}\n", unrig::printable(error.what));
  if (!error.help.empty()) fmt::print(stderr, "help: {}\n", unrig::printable(error.help));
  return unrig::exit_code(error.kind);
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = unrig::cli::parse(argc, argv);
  if (!options) return report(options.error());
  const auto done = std::visit(Dispatch{*options}, options->command);
  return done ? *done : report(done.error());
}
