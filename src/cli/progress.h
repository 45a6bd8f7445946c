// The line that moves while a command works, on a terminal only.

#pragma once

#include <cstdio>

#include "collectors/collector.h"

namespace lockstep::cli {

/// Draws on standard error, and only where that is a terminal. Thread-safe as CollectControl asks:
/// one thread at a time calls draw(). Clears its line when it ends.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void draw(const CollectProgress& progress);
  /// Takes away what was drawn.
  void clear();

 private:
  bool on_terminal_;
  bool drawn_ = false;
};

/// "pass 1  37 %  182 kpps  2 s left  24 open"
std::string format_progress(const CollectProgress& progress);

}  // namespace lockstep::cli
