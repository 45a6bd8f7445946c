// Nodes by name in a WHERE clause, for who reads of a few and may make no temporary table.

#pragma once

#include <span>
#include <string>

namespace lockstep {

/// "node IN ('n1', 'n2')"; empty where there are none, or where a name may not stand in a statement
/// (text.h): then all are to be read. Databases compare texts in ways of their own: who reads by it
/// looks at the names once more.
std::string condition_of(std::span<const std::string> nodes);

}  // namespace lockstep
