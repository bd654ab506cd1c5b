/// \file
/// Finding a CPython for a vintage.
#pragma once

#include <compare>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "process/process.h"

namespace unrig::runtime::python {

struct PythonVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  auto operator<=>(const PythonVersion&) const = default;
};
/// "3.13.0"; nothing for other texts, "3.14.0rc1" included.
[[nodiscard]] std::optional<PythonVersion> parse_python_version(std::string_view text);
[[nodiscard]] std::string to_text(const PythonVersion& version);

/// Which versions a vintage takes: "3.8" (any 3.8.x), ">=3.11", ">=3.11,<3.14".
class PythonConstraint {
 public:
  /// Nothing when the text is no such thing.
  [[nodiscard]] static std::optional<PythonConstraint> parse(std::string_view text);
  [[nodiscard]] bool allows(const PythonVersion& version) const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  enum class Relation { at_least, below, within };
  struct Part {
    Relation relation = Relation::within;
    PythonVersion version;
  };
  std::vector<Part> parts_;
  std::string text_;
};

struct Interpreter {
  std::filesystem::path path;
  PythonVersion version;
};

/// The newest one allowed; the first of equals.
[[nodiscard]] std::optional<Interpreter> newest(std::span<const Interpreter> found,
                                                const PythonConstraint& constraint);

/// Where interpreters are looked for, as the caller's environment says.
struct PythonPlaces {
  std::filesystem::path uv;      ///< folder of uv's own, "" for none
  std::filesystem::path pyenv;   ///< folder of pyenv's versions, "" for none
  std::string path;              ///< PATH
  std::string installer = "uv";  ///< what somebody types to have one of uv's installed
};
[[nodiscard]] PythonPlaces python_places();

/// Files that may be interpreters, in the order of preference, each once. Shims are left out: they
/// are scripts that choose one of the others.
[[nodiscard]] std::vector<std::filesystem::path> candidates(const PythonPlaces& places);

/// Asks the program for its version, as `user` where one is given. Error: environment, when it is
/// no released CPython, or that user cannot reach it.
[[nodiscard]] Result<Interpreter> inspect(const std::filesystem::path& path, process::Guard& guard,
                                          const Clock& clock,
                                          const std::optional<process::User>& user = {});

/// The interpreter that was asked for, or the newest suitable one of this machine; one that `user`
/// cannot reach only where there is no other.
/// Error: environment, with a command that gets one.
[[nodiscard]] Result<Interpreter> find_interpreter(const std::filesystem::path& asked_for,
                                                   const PythonConstraint& constraint,
                                                   const PythonPlaces& places,
                                                   process::Guard& guard, const Clock& clock,
                                                   const std::optional<process::User>& user = {});

}  // namespace unrig::runtime::python
