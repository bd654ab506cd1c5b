/// \file
/// The application server of one stack: how it is started, and the process.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "chain/health.h"
#include "chain/questions.h"
#include "chain/service.h"
#include "host/endpoint.h"
#include "process/process.h"
#include "runtime/runtime.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::chain {

/// How the application reaches its database.
struct DatabaseAddress {
  host::Endpoint at = {};
  std::string user = {};
  std::filesystem::path password_file = {};  ///< mode 0600
};

/// Everything that a start of an application server depends on.
struct AppSettings {
  const stack::StackSpec& spec;
  const stack::VintageSpec& vintage;
  const runtime::Program& program;
  const scenario::Scenario& scenario;
  std::filesystem::path scratch;    ///< its working folder and HOME, of its own
  std::filesystem::path temporary;  ///< TMPDIR; its path is short, as sockets in it need that
  /// Of others that have its account: the application reads nothing there but its password.
  std::vector<std::filesystem::path> hidden = {};
  DatabaseAddress database;
  host::Endpoint here = {};   ///< where it shall listen
  host::Endpoint front = {};  ///< where the clients will ask
  Room room = {};
  int workers = 1;
  int sessions = 1;  ///< to the database, of all workers together
};

/// The argv of the server.
[[nodiscard]] std::vector<std::string> app_command(const AppSettings& settings);
/// All variables that it gets, by name.
[[nodiscard]] std::map<std::string, std::string> app_environment(const AppSettings& settings);
/// What it may do to the files and processes of its account: proxy, pooler and database, by which
/// it is judged, have the same one, and so have the environments of other stacks.
[[nodiscard]] process::Fence app_fence(const AppSettings& settings);

/// Requests of unrig's own that read a row, and may count where the stack's do. What was sent and
/// not answered may still read it later.
struct Asked {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;  ///< of them
};

class App {
 public:
  explicit App(const host::Context& context) : context_(context) {}
  App(App&&) = default;
  ~App();  ///< stops it

  /// Starts it and returns when it answers GET `health` with 200 on its own port, asked as it will
  /// be under load, and has come to rest: all its workers are up then.
  /// Error: environment, with the last lines of its log, or what `hopeless` says.
  [[nodiscard]] Result<> start(const AppSettings& settings, const Hopeless& hopeless = {});
  void stop();
  /// Why it cannot do its work; see fault_of().
  [[nodiscard]] std::optional<std::string> fault() {
    return process_ ? fault_of("application server", *process_) : std::nullopt;
  }
  [[nodiscard]] bool running() const { return process_.has_value(); }
  [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : -1; }
  [[nodiscard]] std::filesystem::path log() const { return context_.host.log("app"); }

  /// After start(): waits until GET `health` answers 200 at the front, too.
  [[nodiscard]] Result<> wait_for_answer_at_front(const AppSettings& settings,
                                                  const Hopeless& hopeless = {});
  /// Since the last start(); none for a stack whose health path is not the measured one.
  [[nodiscard]] Asked asked() const { return asked_; }

 private:
  [[nodiscard]] Result<> wait_for_answer(const host::Endpoint& at, const stack::StackSpec& spec,
                                         const std::function<Question()>& next,
                                         const Hopeless& hopeless);
  void wait_until_at_rest() const;

  host::Context context_;
  std::optional<process::Process> process_;
  std::optional<Questions> questions_;  ///< of the last start()
  Asked asked_;
};

}  // namespace unrig::chain
