// A result table in a file, so that a run goes on where it was after the end of its process,
// however it ended: the kernel keeps what was written to a mapped file. Only a machine that loses
// power may lose the latest answers, which are then asked for again.

#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "scan/plan.h"
#include "scan/result_table.h"

namespace lockstep::scan {

/// Where tables are kept.
struct KeepPlace {
  std::string folder;
  /// What was not written to for longer is too old to go on with.
  std::chrono::seconds horizon{0};
};

class KeptTable {
 public:
  /// The table of `plan` in `place`: as an earlier process left it, or a new one where there is
  /// none that fits. Creates the folder. Errors: `denied`, `unavailable` (a full disk; another
  /// process works on the same plan).
  static Result<KeptTable> open(const KeepPlace& place, const Plan& plan);
  KeptTable(KeptTable&&) noexcept = default;
  KeptTable& operator=(KeptTable&&) noexcept = default;

  const ResultTable& table() const { return table_; }
  /// Answers that were there when it was opened.
  std::uint64_t answers_before() const { return answers_before_; }

  /// Whether the run was through, so that the table only waits to be reported.
  bool complete() const;
  void note_complete();
  /// To be called now and then while the run lasts; from any thread.
  void note_alive();

  const std::string& path() const { return path_; }

 private:
  struct Header;

  KeptTable(std::string path, UniqueFd file, std::unique_ptr<void, Unmap> memory, ResultTable table,
            std::uint64_t answers_before)
      : path_(std::move(path)),
        file_(std::move(file)),
        memory_(std::move(memory)),
        table_(std::move(table)),
        answers_before_(answers_before) {}

  static bool fits(const Header& header, const Plan& plan, std::chrono::seconds horizon);
  Header& header() const { return *static_cast<Header*>(memory_.get()); }

  std::string path_;
  UniqueFd file_;  // locked while this lives
  std::unique_ptr<void, Unmap> memory_;
  ResultTable table_;
  std::uint64_t answers_before_;
};

/// Removes the tables in `place` that are too old to go on with, unless a process works on them.
void remove_old_tables(const KeepPlace& place);

}  // namespace lockstep::scan
