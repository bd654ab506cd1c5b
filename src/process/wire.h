/// \file
/// What unrig, the guard process and the keepers say to each other. All of them are forks of one
/// program, so messages are trusted: a malformed one is a bug.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "process/process.h"

namespace unrig::process {

/// unrig to guard: start this. The command's log is already open; its descriptor travels along.
struct Launch {
  std::string program;  ///< absolute path of what to execute
  Command command;
};
/// unrig to guard: remove this folder, an absolute path, when unrig is gone and all programs have
/// ended.
struct Removal {
  std::string folder;
  bool is_group = false;  ///< a control group, whose files are none; else with all in it
};
[[nodiscard]] std::string encode(const Removal& removal);
/// Empty when the message is a launch.
[[nodiscard]] std::optional<Removal> decode_removal(std::string_view message);

/// Bytes without a meaning outside this program. No text in the launch may hold a NUL.
[[nodiscard]] std::string encode(const Launch& launch);
[[nodiscard]] Launch decode(std::string_view message);

/// The steps on the way to the program, in order.
enum class Step : int {
  fork,
  control_group,
  group,
  files,
  cores,
  user,
  folder,
  parent,
  fence,
  execute
};

/// Keeper to unrig. The other way goes the number of a signal to pass on, as an int. When all
/// descendants are gone, the keeper closes its end.
struct Report {
  enum class Kind : int { started, failed, ended };
  Kind kind = Kind::started;
  int value = 0;         ///< started: pid; failed: the Step; ended: status as waitpid gives it
  int error_number = 0;  ///< failed: errno
  pid_t keeper = 0;      ///< started: the keeper itself
};

/// A pair of connected sockets that keep message borders, above the standard descriptors and closed
/// on exec. Empty, with errno set, when there are none to have.
[[nodiscard]] std::optional<std::array<UniqueFd, 2>> socket_pair();

/// The most bytes a launch may have.
inline constexpr std::size_t max_message = 192 << 10;

/// Sends a message and two descriptors. 0, or an errno.
[[nodiscard]] int send_message(int socket, std::string_view message,
                               const std::array<int, 2>& descriptors);
/// Sends a message without descriptors. 0, or an errno.
[[nodiscard]] int send_message(int socket, std::string_view message);

struct Message {
  std::string text;
  std::array<UniqueFd, 2> descriptors;  ///< empty where none came along
};
/// Waits for the next message. Empty when the other end is closed.
[[nodiscard]] std::optional<Message> receive_message(int socket);

}  // namespace unrig::process
