#include "analysis/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "profiles/resolve.h"

namespace lockstep {
namespace {

/// How much of a list of ports a person reads.
constexpr std::size_t kLongestPortText = 100;

/// What the sweep saw of one node on one network with one protocol.
struct View {
  const Node* node = nullptr;
  std::string network;
  Protocol protocol = Protocol::tcp;
  std::vector<const Coverage*> coverage;
  std::vector<const PortObservation*> observations;
};

Severity severity_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::unexpected_port:
    case FindingKind::unexpected_filtered: return Severity::high;
    case FindingKind::coverage_gap: return Severity::medium;
    case FindingKind::missing_port:
    case FindingKind::node_unreachable: return Severity::low;
  }
  return Severity::high;
}

/// A finding about the node as a whole.
Finding about_node(FindingKind kind, const Node& node, const std::string& network,
                   std::string detail) {
  return {.kind = kind,
          .severity = severity_of(kind),
          .node_class = fmt::format("{}", fmt::join(node.classes, "+")),
          .node = node.name,
          .network = network,
          .address = {},
          .protocol = std::nullopt,
          .port = std::nullopt,
          .state = std::nullopt,
          .detail = std::move(detail)};
}

std::string reason_for(PortState state, Evidence evidence) {
  if (state == PortState::open) return "";
  if (state == PortState::closed) return "answered closed";
  return evidence == Evidence::icmp_unreachable ? "refused by ICMP" : "silent";
}

std::string reason_for(const Coverage& coverage) {
  switch (coverage.gap) {
    case CoverageGap::not_resolved: return "its name has no address";
    case CoverageGap::outside_fence: return "the fence or the exclude list forbids it";
    case CoverageGap::unsupported: return "the engine cannot ask it";
    case CoverageGap::interrupted: return "the sweep was stopped";
    case CoverageGap::none:
    case CoverageGap::unanswered:
    case CoverageGap::unreachable: break;
  }
  return "not every port was asked";
}

/// The reason and the size of the request, not of what is left: that differs from node to node
/// and would give each a row of its own.
std::string gap_detail(const Coverage& coverage) {
  std::string detail =
      fmt::format("{}: {} of {} ports examined", reason_for(coverage),
                  coverage.asked == 0 ? "none" : "not all", with_thousands(coverage.wanted));
  if (!coverage.note.empty()) detail += fmt::format(" ({})", coverage.note);
  return detail;
}

std::string list_detail(const std::string& reason, const PortSet& ports) {
  std::string text = ports.to_string();
  if (text.size() > kLongestPortText) {
    text.resize(text.rfind(',', kLongestPortText));
    text += ",...";
  }
  return fmt::format("{}{}{} ports: {}", reason, reason.empty() ? "" : ", ",
                     with_thousands(ports.size()), text);
}

/// Silence proves a filter only where the port was asked as often as the sweep allows and the
/// address answered elsewhere.
bool proves_filter(const PortObservation& seen, const View& view) {
  const auto found =
      std::ranges::find(view.coverage, seen.address, [](const Coverage* c) { return c->address; });
  if (found == view.coverage.end()) return false;
  const Coverage& coverage = **found;
  if (coverage.gap == CoverageGap::unreachable || coverage.answered == 0) return false;
  return coverage.examined() || seen.evidence == Evidence::icmp_unreachable;
}

class Judge {
 public:
  explicit Judge(const JudgeInput& input) : input_(input) {
    for (const Node& node : input.nodes) nodes_.emplace(node.name, &node);
    for (const Coverage& each : input.coverage) {
      if (View* const view = view_of(each)) view->coverage.push_back(&each);
    }
    for (const PortObservation& each : input.observations) {
      if (View* const view = view_of(each)) view->observations.push_back(&each);
    }
  }

  std::vector<Finding> findings() && {
    for (const Node& node : input_.nodes) judge_presence(node);
    for (const auto& [key, view] : views_) {
      judge_coverage(view);
      judge_ports(view);
    }
    std::ranges::sort(findings_);
    const auto repeated = std::ranges::unique(findings_);
    findings_.erase(repeated.begin(), repeated.end());
    return std::move(findings_);
  }

 private:
  using ViewKey = std::tuple<std::string_view, std::string_view, Protocol>;

  template <typename Fact>
  View* view_of(const Fact& fact) {
    const auto node = nodes_.find(fact.node);
    if (node == nodes_.end()) return nullptr;
    View& view = views_[{fact.node, fact.network, fact.protocol}];
    view.node = node->second;
    view.network = fact.network;
    view.protocol = fact.protocol;
    return &view;
  }

  /// Classes and networks are few, nodes are many.
  const Expectations& expectations(const View& view) {
    const auto [place, fresh] =
        expectations_.try_emplace({view.node->classes, view.network}, Expectations{});
    if (fresh) place->second = resolve(view.node->classes, view.network, input_.profiles);
    return place->second;
  }

  void add_gap(const Node& node, const std::string& network, std::string detail) {
    findings_.push_back(about_node(FindingKind::coverage_gap, node, network, std::move(detail)));
  }

  void judge_presence(const Node& node) {
    const auto first = views_.lower_bound({node.name, "", Protocol::tcp});
    const bool seen = first != views_.end() && first->second.node == &node;
    if (!seen) add_gap(node, "", "the sweep left no record of it");
    if (node.classes.empty()) add_gap(node, "", "it is in no class: nothing to compare it with");
  }

  void judge_coverage(const View& view) {
    if (view.coverage.empty()) {
      add_gap(*view.node, view.network, "the sweep left no record of what it examined");
    }
    for (const Coverage* const coverage : view.coverage) {
      if (coverage->examined()) continue;
      const bool unreachable = coverage->gap == CoverageGap::unreachable;
      Finding finding = about_node(
          unreachable ? FindingKind::node_unreachable : FindingKind::coverage_gap, *view.node,
          view.network, unreachable ? coverage->note : gap_detail(*coverage));
      finding.address = coverage->address;
      findings_.push_back(std::move(finding));
    }
  }

  void judge_ports(const View& view) {
    if (view.node->classes.empty()) return;
    const Expectations& expected = expectations(view);
    if (!expected.unprofiled.empty()) {
      add_gap(
          *view.node, view.network,
          fmt::format("no profile for {}: learn one first", fmt::join(expected.unprofiled, ", ")));
      return;
    }
    PortSet ports;
    for (const ExpectedPort& each : expected.ports) {
      if (each.protocol == view.protocol) ports.insert(each.port);
    }
    judge_unexpected(view, ports);
    judge_missing(view, ports);
  }

  void judge_unexpected(const View& view, const PortSet& expected) {
    std::map<std::tuple<IpAddress, PortState, Evidence>, PortSet> seen;
    for (const PortObservation* const each : view.observations) {
      if (expected.contains(each->port) || each->state == PortState::closed) continue;
      if (each->state != PortState::open && !proves_filter(*each, view)) continue;
      seen[{each->address, each->state, each->evidence}].insert(each->port);
    }
    for (const auto& [cause, ports] : seen) {
      const auto& [address, state, evidence] = cause;
      const bool open = state == PortState::open;
      Finding finding =
          about_node(open ? FindingKind::unexpected_port : FindingKind::unexpected_filtered,
                     *view.node, view.network, reason_for(state, evidence));
      finding.address = address;
      finding.protocol = view.protocol;
      finding.state = state;
      add_each_or_all(std::move(finding), ports, open ? kMostOpenFindings : kMostFilteredFindings);
    }
  }

  void add_each_or_all(Finding finding, const PortSet& ports, std::size_t most) {
    if (ports.size() > most) {
      finding.detail = list_detail(finding.detail, ports);
      findings_.push_back(std::move(finding));
      return;
    }
    for (const Port port : ports.to_vector()) {
      finding.port = port;
      findings_.push_back(finding);
    }
  }

  /// A daemon may listen at one of the node's addresses only, so that all of them must have been
  /// examined before a port is held to be missing.
  void judge_missing(const View& view, PortSet expected) {
    const bool examined =
        !view.coverage.empty() && std::ranges::all_of(view.coverage, &Coverage::examined);
    if (!examined) return;
    PortSet open;
    std::map<Port, Evidence> filtered;
    for (const PortObservation* const each : view.observations) {
      if (each->state == PortState::open) open.insert(each->port);
      if (each->state == PortState::filtered) {
        const auto place = filtered.emplace(each->port, each->evidence).first;
        place->second = std::min(place->second, each->evidence);
      }
    }
    expected.remove(open);
    for (const Port port : expected.to_vector()) {
      if (!input_.wanted.contains(port)) continue;
      const auto silent = filtered.find(port);
      const bool closed = silent == filtered.end();
      const PortState state = closed ? PortState::closed : PortState::filtered;
      Finding finding = about_node(FindingKind::missing_port, *view.node, view.network,
                                   reason_for(state, closed ? Evidence::rst : silent->second));
      finding.address = (*std::ranges::min_element(view.coverage, {}, [](const Coverage* c) {
                          return c->address;
                        }))->address;
      finding.protocol = view.protocol;
      finding.port = port;
      finding.state = state;
      findings_.push_back(std::move(finding));
    }
  }

  const JudgeInput& input_;
  std::map<std::string_view, const Node*> nodes_;
  std::map<ViewKey, View> views_;
  std::map<std::pair<std::set<std::string>, std::string>, Expectations> expectations_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> judge(const JudgeInput& input) {
  return Judge(input).findings();
}

}  // namespace lockstep
