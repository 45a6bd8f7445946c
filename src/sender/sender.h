// The process that sends: one order, and its end.
//
//   core                        sender
//   plan, result table ──────>  opens sockets, routes, BPF programs
//                               gives up every right
//   <──────────────────── ready
//   go ──────────────────────>  runs the engine; answers go into the table's memory
//   <────────────────── outcome ends
//
// To stop, and to leave an address, are flags in the table's memory.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "scan/engine.h"
#include "sender/order.h"

namespace lockstep::sender {

/// Makes what does the work of an order.
using MakeEngine =
    std::function<std::unique_ptr<scan::Engine>(const Order& order, scan::WhenOpen when_open)>;

/// Serves the one order that comes over `socket`; `lock_down` gives up rights. From then on, this
/// process ends at once when the other end closes. What the engine says is told to the other side.
/// Errors: `corrupt`, what came was no message.
Result<void> serve_order(int socket, const MakeEngine& make_engine,
                         const std::function<Result<void>()>& lock_down);

/// A sender as run_launcher() starts it: over kSocket, with the links of this machine.
Result<void> run_sender();

// What the two say to each other.
inline constexpr std::string_view kReady = "r";
inline constexpr std::string_view kGo = "g";

/// How a run went, as a message.
std::string write_outcome(const Result<void>& outcome);
/// What is no outcome is `corrupt`. A message is cut where it is long, and quoted where it holds
/// what does not print.
Result<void> read_outcome(std::string_view text);

}  // namespace lockstep::sender
