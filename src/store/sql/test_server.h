// What servers of the tests' own have in common: a user to run as, a folder, and somebody who
// cleans up.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lockstep {

/// Servers refuse to run as root. True where this process is, and there is no other user.
bool lacks_server_user();

/// A fresh folder of the user that servers run as, in memory where there is room: a database of its
/// own for each test is thousands of files. Its path is short, since that of a socket has 107 bytes
/// at most. Empty: there is none.
std::filesystem::path make_server_folder(const std::string& prefix);

/// Starts `command` as that user, without the variables of the environment that begin with one of
/// `prefixes`; what it prints goes to the end of `output`.
pid_t start_as_server_user(const std::vector<std::string>& command,
                           const std::filesystem::path& output,
                           const std::vector<std::string>& prefixes);

/// The same, and waits for it. What went wrong; empty where nothing did.
std::string run_as_server_user(const std::vector<std::string>& command,
                               const std::filesystem::path& output,
                               const std::vector<std::string>& prefixes);

/// A process that outlives this one, however this one ends, and then cleans up. It belongs to
/// nobody, so that whoever kills a test with all of its children does not reach it.
class Keeper {
 public:
  Keeper() = default;
  /// Waits until it has cleaned up.
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  void start(const std::function<void()>& clean_up);

 private:
  int alive_ = -1;  // closed when this program ends: the keeper cleans up then
  int done_ = -1;   // at its end when the keeper has
};

}  // namespace lockstep
