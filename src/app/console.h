// Where what a command says goes: standard output and standard error, which may be closed, full, or
// a terminal that went away; or, in a daemon, whoever called.

#pragma once

#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/progress.h"
#include "proc/stop_switch.h"

namespace lockstep {

class DaemonLink;

/// Not for several threads at once.
class Console {
 public:
  virtual ~Console() = default;
  /// Writes `text` at once. `unavailable` where not all of it could be written: a result that
  /// nobody got is no success.
  virtual Result<void> print(std::string_view text) = 0;
  /// Tells a person: "lockstep: TEXT". Where that cannot be written either, nobody is left to be
  /// told.
  virtual void warn(std::string_view text) = 0;
  /// How far a collection is; from one thread at a time.
  virtual void progress(const CollectProgress& progress) = 0;
  /// Opens the file that --report named, before the work, so that a wrong path is told before
  /// minutes have gone by. Errors: it cannot be written.
  virtual Result<void> open_report(const std::string& path) = 0;
  virtual Result<void> write_report(std::string_view text) = 0;
};

/// Standard output and standard error.
class StandardConsole final : public Console {
 public:
  Result<void> print(std::string_view text) override;
  void warn(std::string_view text) override;
  void progress(const CollectProgress& progress) override { line_.draw(progress); }
  Result<void> open_report(const std::string& path) override;
  Result<void> write_report(std::string_view text) override;

 private:
  cli::ProgressLine line_;
  std::string report_path_;
  std::ofstream report_;
};

/// A command that was given.
struct Invocation {
  std::string config;  ///< the file that --config named, or empty
  std::string person;  ///< who gave it
  Console& console;
  /// What stops what sends, among it the file that is named (stop_order.h).
  std::function<std::unique_ptr<StopSource>(const std::string& file)> stops;
  DaemonLink* daemon = nullptr;  ///< in which the command runs; null: in none
};

/// Writes to standard output, whoever called; for what is no command.
Result<void> print(std::string_view text);
/// Tells on standard error.
void warn(std::string_view text);

}  // namespace lockstep
