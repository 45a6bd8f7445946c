#include "analysis/fold.h"

#include <algorithm>
#include <tuple>

namespace lockstep {
namespace {

auto cause(const Finding& f) {
  return std::tie(f.kind, f.node_class, f.port, f.protocol, f.network, f.state, f.detail, f.reason);
}

bool same_row(const Finding& a, const Finding& b) {
  return a.severity == b.severity && cause(a) == cause(b);
}

bool stands_before(const Finding& a, const Finding& b) {
  if (a.severity != b.severity) return a.severity > b.severity;
  return std::tuple_cat(cause(a), std::tie(a.node, a.address)) <
         std::tuple_cat(cause(b), std::tie(b.node, b.address));
}

}  // namespace

std::vector<FindingRow> fold(std::span<const Finding> findings) {
  std::vector<Finding> sorted(findings.begin(), findings.end());
  std::ranges::sort(sorted, stands_before);
  std::vector<FindingRow> rows;
  for (const Finding& finding : sorted) {
    if (rows.empty() || !same_row(rows.back().subject, finding)) {
      rows.push_back({finding, {}});
    }
    std::vector<std::string>& nodes = rows.back().nodes;
    if (!finding.node.empty() && (nodes.empty() || nodes.back() != finding.node)) {
      nodes.push_back(finding.node);
    }
  }
  return rows;
}

}  // namespace lockstep
