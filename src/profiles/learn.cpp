#include "profiles/learn.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "base/text.h"
#include "profiles/listeners.h"

namespace lockstep {
namespace {

template <typename Fact>
bool is_about(const Fact& fact, const LearnInput& input) {
  return fact.node == input.node.name && fact.network == input.network;
}

Result<void> check_class(const LearnInput& input) {
  if (input.node.classes.contains(input.node_class)) return {};
  return fail(ErrorKind::invalid,
              fmt::format("{} is not a node of class {} (its classes: {}): choose one that is",
                          input.node.name, quoted(input.node_class),
                          input.node.classes.empty()
                              ? "none"
                              : fmt::format("{}", fmt::join(input.node.classes, ", "))));
}

/// A port that was never asked would be missing from the profile for ever.
Result<void> check_coverage(const LearnInput& input) {
  bool covered = false;
  for (const Coverage& coverage : input.coverage) {
    if (!is_about(coverage, input)) continue;
    covered = true;
    if (coverage.examined()) continue;
    return fail(ErrorKind::unavailable,
                fmt::format("{} ({}) was not examined in full: {}, {} of {} ports asked; scan it "
                            "again or choose another node",
                            input.node.name, coverage.address.to_string(), to_string(coverage.gap),
                            with_thousands(coverage.asked), with_thousands(coverage.wanted)));
  }
  if (covered) return {};
  return fail(ErrorKind::unavailable, fmt::format("{} was not scanned on network {}",
                                                  input.node.name, quoted(input.network)));
}

}  // namespace

Result<Profile> learn_from_node(const LearnInput& input) {
  LOCKSTEP_CHECK(check_class(input));
  LOCKSTEP_CHECK(check_coverage(input));
  std::set<ExpectedPort> ports;
  for (const PortObservation* const seen : listeners_of(input.observations)) {
    if (is_about(*seen, input)) ports.insert({seen->port, seen->protocol, "", ""});
  }
  if (ports.empty()) {
    return fail(ErrorKind::not_found,
                fmt::format("{} shows no open port on network {}: a profile needs one at least",
                            input.node.name, quoted(input.network)));
  }
  return Profile{host_type(input.node_class, input.network), {ports.begin(), ports.end()}, {}};
}

}  // namespace lockstep
