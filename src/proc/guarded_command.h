// A command that nobody trusts: run to its end under limits, with no rights of ours, and with
// nothing left of it afterwards.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lockstep {

struct GuardedCommand {
  /// The first is a path, or looked up in kGuardedPath. No shell sees them.
  std::vector<std::string> words;
  /// Whom it runs as, where we are root; empty: nobody. Where we are not, it runs as we do, and
  /// another name is an error; so it is for root without the right to change users, but for "root".
  std::string user{};
};

inline constexpr std::string_view kGuardedPath = "/usr/local/bin:/usr/bin:/bin";

struct GuardLimits {
  std::chrono::milliseconds time{60'000};
  /// Between SIGTERM, when the time is over, and SIGKILL.
  std::chrono::milliseconds grace{2'000};
  std::size_t output_bytes = 64 << 20;
  /// Of all its processes together, looked at ten times a second: what no file backs. Not
  /// RLIMIT_AS: node and java reserve far more addresses than they use. Not RLIMIT_DATA: it is one
  /// process's, and a java of a large machine commits more at its start than it will need.
  std::size_t memory_bytes = std::size_t{1} << 30;
  std::size_t processes = 64;
  unsigned open_files = 1024;
};

/// How it ended.
enum class GuardedEnd {
  by_itself,
  late,  ///< after GuardLimits::time
  too_much_output,
  too_much_memory,
  too_many_processes,
  stopped,  ///< by `stop`
  refused,  ///< by `take`
};

struct GuardedOutcome {
  GuardedEnd end = GuardedEnd::by_itself;
  int status = 0;               ///< its exit status, or 128 + the signal that ended it
  bool ended_on_term = false;   ///< of one that was late: it ended within the grace
  std::size_t left_behind = 0;  ///< processes that outlived it, and were killed
  /// Not all of them could be killed within seconds: its guard goes on.
  bool something_stays = false;
  std::string complaint;  ///< the last 4 KiB of its standard error
  std::chrono::nanoseconds duration{0};
};

/// What of its standard output has come, in pieces as they come; false ends it.
using TakeOutput = std::function<bool(std::string_view)>;

/// Runs it with `input` as its standard input, in a process group of its own, in "/", with
/// kGuardedPath, LANG=C.UTF-8 and HOME=/nonexistent as its environment, no descriptor of ours, no
/// capability and no new privileges. All that it starts is killed when it ends, daemons included,
/// and also where we are killed. Where `stop` becomes true, it is over within 100 ms. Several may
/// run at once in threads of their own. Errors: `not_found`, `denied`, `unavailable` where it could
/// not be started.
Result<GuardedOutcome> run_guarded(const GuardedCommand& command, std::string_view input,
                                   const GuardLimits& limits, const TakeOutput& take,
                                   const std::atomic<bool>* stop = nullptr);

}  // namespace lockstep
