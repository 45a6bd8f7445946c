// The command line that Nmap writes into its output.

#pragma once

#include <string_view>

namespace lockstep {

/// Whether "nmap -sS -sV -p- 198.18.1.1" asks for a version scan: -sV, alone or among other scan
/// types (-sSUV), its old name -sR, or -A, alone or behind other letters (-nA).
bool asks_for_versions(std::string_view command_line);

}  // namespace lockstep
