/// \file
/// The process that ends all others when unrig is gone: process/process.h has the whole picture.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/result.h"

namespace unrig::process {

class Process;

/// Makes sure that no child outlives unrig, whatever ends it, kill -9 included: within 4 s every
/// process that Process::start made, and everything those started, is gone.
///
/// Create exactly one, early, before any thread is started, and keep it as long as any Process.
/// Children inherit limits (open files) and cores from unrig as they were at that moment.
class Guard {
 public:
  /// Error: environment, when no process can be made.
  [[nodiscard]] static Result<Guard> start();
  Guard(Guard&&) noexcept;
  Guard& operator=(Guard&&) noexcept;
  ~Guard();  ///< ends the guard process, and with it all that may still run; reaps it

  /// "UNRIG_GUARD=…", different in every run: Process::start puts it into every child's
  /// environment, so that people and tests can tell whose a process is.
  [[nodiscard]] const std::string& mark() const { return mark_; }

  /// When unrig is gone, whatever ended it, and all programs have ended, the guard removes this
  /// folder with all in it. Links in it are removed, not followed. Error: environment.
  [[nodiscard]] Result<> removes(const std::filesystem::path& folder);

  /// The same of the control group with this folder and those in it.
  [[nodiscard]] Result<> removes_group(const std::filesystem::path& group);

  /// Every program that starts from now on runs in the control group with this folder, unless its
  /// command has one. An empty path ends that.
  void confines_to(std::filesystem::path group) { group_ = std::move(group); }

  /// Ends all that runs and waits until it and the guard process are gone, at most some seconds.
  /// No process starts after it. May be called from any thread, once.
  void end_all();

 private:
  friend class Process;
  Guard() = default;
  void end();

  UniqueFd channel_;  ///< requests to the guard process; its end is the sign that unrig is gone
  pid_t pid_ = -1;    ///< the guard process; -1 when moved from
  std::string mark_;
  std::filesystem::path group_;  ///< of what starts; empty: that of the guard
};

}  // namespace unrig::process
