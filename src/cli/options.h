/// \file
/// The command line as plain data, every default stated.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "analysis/gate.h"
#include "base/result.h"
#include "base/units.h"
#include "cli/load_options.h"

namespace unrig::cli {

/// Options that every command takes.
struct CommonOptions {
  std::filesystem::path home = ".unrig";
  std::vector<std::filesystem::path> stacks;  ///< folders of more stacks
  std::string json;                           ///< "-", a file, or "" for none
  bool plain = false;
  bool quiet = false;
  bool wide = false;      ///< tables with all columns, however wide the terminal is
  bool no_color = false;  ///< none on a terminal either
  std::vector<std::string> command_line;
};

struct RunOptions {
  std::vector<std::string> stacks;  ///< empty: those of stacks/default.txt
  bool all = false;
  bool tune = false;    ///< try numbers of workers for the one stack
  bool layers = false;  ///< change each layer of the chain in turn, for the one stack
  std::string scenario = "article";
  std::string vintage = "2026";
  std::string baseline;
  bool noise_floor = false;  ///< measure the baseline a second time, under another label
  std::vector<std::string> set;
  std::vector<std::string> vary;   ///< "KNOB=V1,V2,…": each stack at every combination
  int blocks = 3;                  ///< 0: "auto", as many as the precision takes
  double precision = 0.02;         ///< relative half-width of the ratios to reach with "auto"
  double margin = 0.02;            ///< relative difference below which stacks count as equivalent
  std::optional<Duration> budget;  ///< no trial begins after it
  Duration patience = std::chrono::minutes(2);  ///< waited in all for a quiet machine
  bool accept_noise = false;                    ///< trials that were only disturbed count
  bool accept_unproven = false;  ///< stacks with claims that nobody could check are ranked
  std::string match;    ///< "STACK=RATE": the CPU time with which it serves that; empty: none
  bool retune = false;  ///< look for tuned numbers of workers, whatever the store has
  /// Fresh blocks of the fastest two. Not set: up to 10, until their ratio is precise enough.
  std::optional<int> fresh_blocks;
  /// Put the limiters to the test. Not set: those of a compare are, or as a resumed run did.
  std::optional<bool> confirm;
  std::string resume;  ///< a stored run to go on with; empty: a new one
  Duration warmup = std::chrono::seconds(2);
  Duration duration = std::chrono::seconds(5);
  std::optional<Duration> warmup_most;  ///< of what compiles while it runs; not set: 30 s
  std::optional<std::uint64_t> seed;
  std::filesystem::path python;
  std::vector<analysis::Gate> gates;  ///< that the result has to keep
  bool audit = false;                 ///< print what each stack does for one request
  bool plan = false;                  ///< only say what would be measured
  bool no_report = false;             ///< write no HTML file at the end
};

/// `unrig compare A B`: A over B.
struct CompareOptions {
  std::string a, b;    ///< two stacks, two URLs or two stored runs
  bool urls = false;   ///< they are URLs
  LoadOptions load;    ///< of both URLs; warm-up, duration and seed are those of `run`
  bool force = false;  ///< also stored runs of different scenarios or hosts
  std::vector<std::string> measuring;  ///< options that were given and say how to measure
  RunOptions run;                      ///< how to measure; stacks and baseline are a's and b's
};

/// `unrig doctor`: whether this machine is fit for the scenario.
struct DoctorOptions {
  std::string stack;  ///< that the chain is tried with; empty: the first of stacks/default.txt
  std::string scenario = "article";
  std::string vintage = "2026";
  std::vector<std::string> set;
  std::filesystem::path python;
};

/// `unrig check`: whether stacks keep the contract.
struct CheckOptions {
  std::vector<std::string> stacks;  ///< at least one
  std::string scenario = "article";
  std::string vintage = "2026";
  std::vector<std::string> set;
  std::filesystem::path python;
};

struct ListOptions {
  std::string what = "stacks";
  std::filesystem::path python;  ///< interpreter of the Python stacks
};

struct ShowOptions {
  std::string run = "last";
  std::size_t trial = 0;  ///< the percentiles of this one, from 1; 0: the run
  HistogramFiles files;   ///< of that trial
};

/// `unrig report`: stored runs side by side.
struct ReportOptions {
  std::vector<std::string> runs{"last"};
  std::filesystem::path output;  ///< "-" is standard output; empty: below --home
};

/// `unrig export`: a stored run in the format of another program.
struct ExportOptions {
  std::string run = "last";
  std::string format;
  std::string output = "-";           ///< "-" is standard output
  std::string stack;                  ///< of formats that hold one distribution
  std::string metric = "throughput";  ///< of formats that hold one unit
};

/// `unrig purge`: at least one of them.
struct PurgeOptions {
  bool database = false, environments = false, results = false;
  bool plan = false;  ///< only say what would go
};

/// `unrig init`: one of `url`, `command` and `like`, or none of them, to be asked.
struct InitOptions {
  std::filesystem::path folder;  ///< empty: by what it is for
  std::string url;
  std::string command;     ///< as a shell takes it, with {port}
  std::string like;        ///< a stack
  std::string against;     ///< what a URL or a command is held against: another one; "": nothing
  std::string path = "/";  ///< that is asked of commands
  bool chain = false;      ///< commands become stacks, not a script
  load::Expectation expect;
};

/// `unrig help`: the list of commands where nothing else is asked for.
struct HelpOptions {
  std::string command;
  bool man = false, markdown = false;
};

/// What a shell's completion asks (cli/complete_command.h).
struct CompleteOptions {
  std::vector<std::string> words;  ///< without the program's name; the last one is being typed
};

/// Help, version and the like: only to be printed.
struct Printed {
  std::string text;
};

using Command = std::variant<Printed, RunOptions, CompareOptions, ListOptions, ShowOptions,
                             ReportOptions, ExportOptions, LoadOptions, DoctorOptions, CheckOptions,
                             PurgeOptions, InitOptions, CompleteOptions>;

struct Options {
  CommonOptions common;
  Command command;
};

/// Error: usage.
[[nodiscard]] Result<Options> parse(int argc, const char* const* argv);

}  // namespace unrig::cli
