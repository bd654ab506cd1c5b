/// \file
/// Every option of the program, defined once: what the words are read by, and what help, manual and
/// completions are made from. Inside this module only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "cli/options.h"

namespace unrig::cli {

/// What the words are read into, with the defaults.
struct Reading {
  CommonOptions common;
  RunOptions run;
  CompareOptions compare;
  LoadOptions load;
  DoctorOptions doctor;
  CheckOptions check;
  ListOptions list;
  ShowOptions show;
  ReportOptions report;
  ExportOptions to_export;
  PurgeOptions purge;
  InitOptions init;
  std::string completions;  ///< the shell
  HelpOptions help;
};

/// What `unrig` alone prints. The addresses stand for servers of the reader's own.
[[nodiscard]] std::string_view first_help();

/// Adds all commands and options to `app`, which is empty; `reading` must outlive it.
void define(CLI::App& app, Reading& reading);

}  // namespace unrig::cli
