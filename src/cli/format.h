// How times, rates, gaps and subjects are written for people.

#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/use_cases.h"

namespace lockstep::cli {

// --- Times and rates. ---

/// "0.84 s", "2 min 5 s", "3 h 12 min"
std::string format_duration(std::chrono::nanoseconds duration);

/// "42s", "9m", "3h", "12d": how long ago, rounded down. What lies ahead is "0s".
std::string format_age(std::chrono::nanoseconds age);

/// "950 pps", "374 kpps", "3.4 Mpps"
std::string format_rate(double per_second);

/// RFC 3339 in UTC, to the second.
std::string format_time(WallTime time);

/// "02:44Z", or with its date where that is not the one of `near`: "2026-11-24 02:44Z".
std::string format_clock(WallTime time, WallTime near);

/// "1 node", "8,874 nodes"
std::string plural(std::size_t count, std::string_view one, std::string_view many);
std::string plural(std::size_t count, const std::string& noun);  ///< `noun` with an "s" for many

// --- Text from outside. ---

/// As it is where it is one harmless word, else quoted: what anybody's SQL client may have written.
std::string shown(const std::string& text);

/// As it is where it is harmless and has at most `limit` bytes, else quoted and cut to so many
/// characters; for the end of a line, where spaces and quotes cannot be taken for something else.
std::string shown_sentence(const std::string& text, std::size_t limit = std::string::npos);

/// For a command line that is to be pasted into a shell: nothing of it is run or expanded.
std::string shell_word(const std::string& text);

// --- What a row is about. ---

/// "compute", "compute@hsn"; "-" for no class.
std::string class_text(const std::string& node_class, const std::string& network);

/// "4444/tcp open"; where there is no port, words for the kind: "no answer".
/// `reason` names a value: "kernels/kernel".
std::string subject_text(FindingKind kind, std::optional<Protocol> protocol,
                         std::optional<Port> port, std::optional<PortState> state,
                         const std::string& reason = {});

/// Folded; "-" for none.
std::string nodes_in_short(std::span<const std::string> nodes);

/// "CRIT", "HIGH", "MED", "LOW", "INFO"
std::string severity_text(Severity severity);

// --- How a look went. ---

/// "1,048,560 probes in 2.71 s (387 kpps)"
std::string format_effort(const CollectSummary& summary);

/// A line that says what ended it early; empty where it went to its end.
std::string format_interruption(const SweepRecord& record);

/// Why nodes were not examined in full, a line for each reason, with folded nodesets; empty where
/// all were. Each line begins with `indent`.
std::string format_gaps(const std::vector<Coverage>& coverage, const std::string& indent);

}  // namespace lockstep::cli
