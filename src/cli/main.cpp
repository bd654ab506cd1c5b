#include <unistd.h>

#include <exception>

#include "base/clock.h"
#include "cli/check_command.h"
#include "cli/compare_command.h"
#include "cli/complete_command.h"
#include "cli/doctor_command.h"
#include "cli/export_command.h"
#include "cli/init_command.h"
#include "cli/list_command.h"
#include "cli/load_command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/purge_command.h"
#include "cli/report_command.h"
#include "cli/run_command.h"
#include "cli/show_command.h"
#include "host/folders.h"

namespace {

struct Dispatch {
  const unrig::cli::Options& options;
  unrig::Result<int> operator()(const unrig::cli::Printed& printed) const {
    return unrig::cli::exit_after(unrig::cli::print(printed.text));
  }
  unrig::Result<int> operator()(const unrig::cli::CompleteOptions& asked) const {
    return unrig::cli::complete_command(asked.words);
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
  unrig::Result<int> operator()(const unrig::cli::DoctorOptions& doctor) const {
    return unrig::cli::doctor_command(options.common, doctor);
  }
  unrig::Result<int> operator()(const unrig::cli::CheckOptions& check) const {
    return unrig::cli::check_command(options.common, check);
  }
  unrig::Result<int> operator()(const unrig::cli::ListOptions& list) const {
    return unrig::cli::list_command(options.common, list);
  }
  unrig::Result<int> operator()(const unrig::cli::ShowOptions& show) const {
    return unrig::cli::show_command(options.common, show);
  }
  unrig::Result<int> operator()(const unrig::cli::InitOptions& init) const {
    return unrig::cli::init_command(options.common, init);
  }
  unrig::Result<int> operator()(const unrig::cli::ReportOptions& report) const {
    return unrig::cli::report_command(options.common, report);
  }
  unrig::Result<int> operator()(const unrig::cli::ExportOptions& chosen) const {
    return unrig::cli::export_command(options.common, chosen);
  }
  unrig::Result<int> operator()(const unrig::cli::PurgeOptions& purge) const {
    return unrig::cli::purge_command(options.common, purge);
  }
};

int run(int argc, char** argv) {
  const auto options = unrig::cli::parse(argc, argv);
  if (!options) return unrig::cli::report(options.error());
  const bool only_tells = std::holds_alternative<unrig::cli::Printed>(options->command) ||
                          std::holds_alternative<unrig::cli::CompleteOptions>(options->command);
  if (!only_tells) {
    unrig::cli::tell_home(options->common);
    unrig::host::remove_abandoned(unrig::SystemClock());
  }
  const auto done = std::visit(Dispatch{*options}, options->command);
  return done ? *done : unrig::cli::report(done.error(), options->common.no_color);
}

/// For what no handler can catch: an exception that leaves a thread or a destructor. The guard ends
/// what was started.
[[noreturn]] void end_with_a_line() {
  const auto exception = std::current_exception();
  const unrig::Error unknown{unrig::ErrorKind::internal, "internal error: std::terminate", {}};
  ::_exit(unrig::cli::report(exception ? unrig::cli::error_of(exception) : unknown));
}

}  // namespace

int main(int argc, char** argv) {
  std::set_terminate(end_with_a_line);
  unrig::cli::keep_standard_descriptors();
  try {
    return run(argc, argv);
  } catch (...) {
    return unrig::cli::report(unrig::cli::error_of(std::current_exception()));
  }
}
