// Child processes that write to a store until they are killed.

#pragma once

#include <functional>
#include <string>

#include "store/store.h"

namespace lockstep {

/// Write number `number`; false ends the writer.
using Write = std::function<bool(Store& store, int number)>;

/// Starts a process that opens the store and does write 1, 2, 3, ..., kills it with SIGKILL once it
/// has acknowledged `acknowledged` of them, and returns the last that it has acknowledged.
int kill_while_writing(const std::string& url, const Write& write, int acknowledged);

/// Runs `body` in a process of its own, which ends with this one; its exit status, or minus the
/// number of the signal that ended it. A `body` that returns ends with 0, and with 1 where it made
/// the test fail.
int in_child(const std::function<void()>& body);

}  // namespace lockstep
