// The exit statuses of the program, the same for every command.

#pragma once

namespace lockstep::cli {

inline constexpr int kInStep = 0;      ///< done, and nothing deviates
inline constexpr int kDeviations = 1;  ///< deviations found, whether complete or not
inline constexpr int kUsage = 2;       ///< the command line or the configuration is wrong
inline constexpr int kIncomplete = 3;  ///< could not complete, and nothing found

}  // namespace lockstep::cli
