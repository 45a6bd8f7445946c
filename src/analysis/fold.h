// From findings, one a node, to rows, one a cause.

#pragma once

#include <span>
#include <vector>

#include "model/finding.h"

namespace lockstep {

/// Findings that share kind, severity, classes, network, protocol, port, state and detail become
/// one row. Rows are ordered by severity, the gravest first, then by kind, classes and port; the
/// order of the input does not matter. Pure.
std::vector<FindingRow> fold(std::span<const Finding> findings);

}  // namespace lockstep
