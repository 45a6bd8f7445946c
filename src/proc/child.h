// Child processes: started without a shell, waited for, and ended by their number alone.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep {

struct ChildOutput {
  int status = 0;      ///< the exit status, or 128 + the signal that ended it
  std::string output;  ///< standard output, where it was captured
};

/// A running child with a pipe to its standard input and from its standard output. Its standard
/// error is ours. Ended by SIGTERM and waited for when the object goes.
class Child {
 public:
  /// `command[0]` is looked up in PATH. Signals that we block are not blocked in the child.
  static Result<Child> start(const std::vector<std::string>& command);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  /// A line of its standard output without the line end; `unavailable` at its end or after
  /// `timeout`.
  Result<std::string> read_line(std::chrono::milliseconds timeout);
  /// Closes its standard input.
  void close_input() { input_ = UniqueFd(); }
  /// Closes its standard input, waits, and returns its status as in ChildOutput.
  int wait();

 private:
  Child(pid_t pid, UniqueFd input, UniqueFd output)
      : pid_(pid), input_(std::move(input)), output_(std::move(output)) {}

  pid_t pid_;
  UniqueFd input_;
  UniqueFd output_;
  std::string buffered_;
};

/// Runs a command to its end with our standard output and error, and /dev/null as its input.
Result<int> run_child(const std::vector<std::string>& command);

/// The same with its standard output captured, at most `limit` bytes of it.
Result<ChildOutput> capture_child(const std::vector<std::string>& command,
                                  std::size_t limit = 1 << 20);

}  // namespace lockstep
