/// \file
/// Options of the commands that measure no stack for its own sake. Each of these adds one command,
/// whose options are read into its second argument, which must outlive the parsing. Inside this
/// module only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/options.h"

namespace unrig::cli {

void add_init(CLI::App& app, InitOptions& init);
void add_doctor(CLI::App& app, DoctorOptions& doctor);
void add_check(CLI::App& app, CheckOptions& check);
void add_list(CLI::App& app, ListOptions& list);
void add_show(CLI::App& app, ShowOptions& show);
void add_report(CLI::App& app, ReportOptions& report);
void add_export(CLI::App& app, ExportOptions& chosen);
void add_purge(CLI::App& app, PurgeOptions& purge);
void add_completions(CLI::App& app, std::string& shell);
void add_help(CLI::App& app, HelpOptions& help);

}  // namespace unrig::cli
