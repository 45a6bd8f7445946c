#include "analysis/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "analysis/key_judge.h"
#include "analysis/port_expectations.h"
#include "analysis/port_text.h"
#include "analysis/service_judge.h"
#include "analysis/stacks.h"
#include "analysis/views.h"
#include "base/text.h"
#include "model/reported_port.h"
#include "profiles/approval.h"
#include "profiles/resolve.h"

namespace lockstep {
namespace {

/// How much of a change of a profile a person reads, and how much tells changes apart.
constexpr std::size_t kLongestChangeText = 100;
constexpr std::size_t kLongestChangeReason = 4096;

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
    case CoverageGap::left: return "a job began there";
    case CoverageGap::inconclusive: return "datagrams without an answer prove nothing";
    case CoverageGap::none:
    case CoverageGap::unanswered:
    case CoverageGap::unreachable: break;
  }
  return "not every port was asked";
}

/// The reason and the size of the request, not of what is left: that differs from node to node
/// and would give each a row of its own.
std::string gap_detail(const Coverage& coverage) {
  std::string detail = examined_text(reason_for(coverage), coverage.asked > 0, coverage.wanted);
  if (!coverage.note.empty()) detail += fmt::format(" ({})", coverage.note);
  return detail;
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
  explicit Judge(const JudgeInput& input)
      : input_(input),
        views_(input),
        stacks_(views_),
        places_(input),
        resolver_(input.profiles),
        jobs_(input.jobs) {}

  std::vector<Finding> findings() && {
    for (const Node& node : input_.nodes) judge_presence(node);
    for (const auto& [key, view] : views_.all()) {
      judge_coverage(view);
      judge_ports(view);
      judge_stacks(view);
    }
    for (const PortObservation& seen : input_.transient) judge_transient(seen);
    judge_profiles();
    std::ranges::move(judge_services(input_, places_), std::back_inserter(findings_));
    std::ranges::move(judge_keys(input_, places_).findings, std::back_inserter(findings_));
    std::ranges::sort(findings_);
    const auto repeated = std::ranges::unique(findings_);
    findings_.erase(repeated.begin(), repeated.end());
    return std::move(findings_);
  }

  JobTies ties() && {
    JobTies ties;
    for (const auto& [key, view] : views_.all()) {
      if (view.node->classes.empty() || !expectations(view).unprofiled.empty()) continue;
      tie_open(view, expectations(view), ties);
      const bool lists_all = view.lists_all();
      for (const JobListener* const tie :
           jobs_.ties(view.node->name, view.network, view.protocol)) {
        const bool closed = lists_all &&
                            input_.asked(view.node->name, view.protocol).contains(tie->port) &&
                            view.state_of(tie->port) == PortState::closed;
        if (closed) ties.gone.push_back(*tie);
      }
    }
    return ties;
  }

 private:
  /// A finding about the node as a whole.
  Finding about(FindingKind kind, const Node& node, std::string_view network,
                std::string detail) const {
    Finding finding;
    finding.kind = kind;
    finding.severity = input_.severities.of(kind, node.classes);
    finding.node_class = fmt::format("{}", fmt::join(node.classes, "+"));
    finding.node = node.name;
    finding.network = network;
    finding.detail = std::move(detail);
    return finding;
  }

  void add_gap(const Node& node, std::string_view network, std::string detail) {
    Finding finding = about(FindingKind::coverage_gap, node, network, std::move(detail));
    finding.reason = finding.detail;
    findings_.push_back(std::move(finding));
  }

  /// Classes and networks are few, nodes are many.
  const PortExpectations& expectations(const View& view) {
    const auto [place, fresh] = expectations_.try_emplace(
        {view.node->classes, std::string(view.network), view.protocol}, PortExpectations{});
    if (!fresh) return place->second;
    PortExpectations& expected = place->second;
    const Expectations& known =
        resolver_.of(view.node->classes, network_view(view.network).network);
    expected.unprofiled = known.unprofiled;
    for (const ExpectedPort& each : known.ports) {
      if (each.protocol == view.protocol) expected.expected.insert(each.port);
    }
    expected.allowed = expected.expected;
    for (const PortRule& rule : known.rules) {
      if (rule.protocol == view.protocol) add_rule(rule, input_.now, jobs_.knows_jobs(), expected);
    }
    expected.of_users = input_.severities.user_ports(view.node->classes);
    return expected;
  }

  void judge_presence(const Node& node) {
    const auto first = views_.all().lower_bound({node.name, "", Protocol::tcp});
    const bool seen = first != views_.all().end() && first->second.node == &node;
    if (!seen) add_gap(node, "", "the sweep left no record of it");
    if (node.classes.empty()) add_gap(node, "", "it is in no class: nothing to compare it with");
  }

  void judge_coverage(const View& view) {
    if (view.coverage.empty()) {
      add_gap(*view.node, view.network, "the sweep left no record of what it examined");
    }
    for (const Coverage* const coverage : view.coverage) {
      // A node that is left to a job is asked again when that is over. Should it never be, it is
      // overdue in the end, and an alert of that.
      if (coverage->examined() || coverage->gap == CoverageGap::left) continue;
      const bool unreachable = coverage->gap == CoverageGap::unreachable;
      Finding finding =
          about(unreachable ? FindingKind::node_unreachable : FindingKind::coverage_gap, *view.node,
                view.network, unreachable ? coverage->note : gap_detail(*coverage));
      finding.address = coverage->address;
      if (unreachable) {
        excuse(finding);
      } else {
        finding.reason = finding.detail;
      }
      if (view.protocol != Protocol::tcp) finding.protocol = view.protocol;
      findings_.push_back(std::move(finding));
    }
  }

  void excuse(Finding& finding) const {
    if (input_.excused == nullptr) return;
    const auto why = input_.excused->find(finding.node);
    if (why == input_.excused->end()) return;
    finding.severity = Severity::informational;
    finding.detail = fmt::format("the scheduler says: {}", why->second);
  }

  void judge_stacks(const View& view) {
    for (const Coverage* const coverage : view.coverage) {
      const StackVerdict verdict = stacks_.of(view, *coverage);
      if (verdict.differing.empty()) continue;
      std::string own = to_string(verdict.differing);
      Finding finding = about(FindingKind::stack_mismatch, *view.node, view.network,
                              fmt::format("its TCP stack answers as {}, its clones' as {}", own,
                                          to_string(verdict.clones)));
      finding.address = coverage->address;
      finding.reason = std::move(own);
      findings_.push_back(std::move(finding));
    }
  }

  void judge_ports(const View& view) {
    if (view.node->classes.empty()) return;
    const PortExpectations& expected = expectations(view);
    if (!expected.unprofiled.empty()) {
      add_gap(*view.node, view.network,
              fmt::format("no profile for {}: learn and approve one first",
                          fmt::join(expected.unprofiled, ", ")));
      return;
    }
    judge_open(view, expected);
    judge_filtered(view, expected);
    judge_missing(view, expected);
  }

  Finding about_port(FindingKind kind, const View& view, PortState state, std::string expected,
                     std::string detail) const {
    Finding finding = about(kind, *view.node, view.network, std::move(detail));
    finding.protocol = view.protocol;
    finding.state = state;
    finding.expected = std::move(expected);
    return finding;
  }

  static JobPorts::Place place_of(const View& view, Port port) {
    return {view.node->name, view.network, view.protocol, port};
  }

  /// What may be open there for another reason is nobody's listener.
  static bool is_tied(Port port, const PortExpectations& expected) {
    return !expected.allowed.contains(port) && !expected.of_users.contains(port) &&
           entry_with(expected.unsure, port) == nullptr;
  }

  void tie_open(const View& view, const PortExpectations& expected, JobTies& ties) const {
    PortSet done;  // a node may show it at several addresses
    for (const PortObservation* const seen : view.observations) {
      if (seen->state != PortState::open || done.contains(seen->port)) continue;
      done.insert(seen->port);
      const JobPorts::Place place = place_of(view, seen->port);
      const bool permitted = jobs_.of(place, expected.of_jobs) == JobPorts::Verdict::permitted;
      if (!permitted || !is_tied(seen->port, expected)) continue;
      JobListener now = jobs_.tied(place, input_.now);
      const JobListener* const before = jobs_.tie(place);
      if (before == nullptr || *before != now) ties.tied.push_back(std::move(now));
    }
  }

  /// A port that jobs may open; false where it is to be judged as any other.
  bool judge_job_port(const View& view, const PortObservation& seen,
                      const PortExpectations& expected, std::map<IpAddress, PortSet>& not_known) {
    const JobPorts::Place place = place_of(view, seen.port);
    switch (jobs_.of(place, expected.of_jobs)) {
      case JobPorts::Verdict::no_job_port:
      case JobPorts::Verdict::unexpected: return false;
      case JobPorts::Verdict::permitted: return true;
      case JobPorts::Verdict::not_known: not_known[seen.address].insert(seen.port); return true;
      case JobPorts::Verdict::orphan: break;
    }
    if (!is_tied(seen.port, expected)) return false;
    Finding finding = about_port(FindingKind::orphan_listener, view, PortState::open, "closed",
                                 jobs_.orphan_text(place));
    finding.address = seen.address;
    finding.port = seen.port;
    compare_with_clones(view, finding);
    findings_.push_back(std::move(finding));
    return true;
  }

  void judge_open(const View& view, const PortExpectations& expected) {
    std::map<IpAddress, PortSet> unexpected;
    std::map<IpAddress, PortSet> of_users;
    std::map<IpAddress, PortSet> not_known;
    for (const PortObservation* const seen : view.observations) {
      if (seen->state != PortState::open || expected.allowed.contains(seen->port)) continue;
      const RpcVerdict rpc = judge_programs(view, *seen, expected);
      if (rpc == RpcVerdict::allowed) continue;
      if (judge_job_port(view, *seen, expected, not_known)) continue;
      const bool refuted = rpc == RpcVerdict::refuted;
      const std::string* const condition = entry_with(expected.unsure, seen->port);
      const std::string* const past = entry_with(expected.past, seen->port);
      if (!refuted && condition) {
        add_lesser(view, *seen, Severity::informational, *condition);
      } else if (!refuted && past) {
        add_lesser(view, *seen, Severity::medium, *past);
      } else if (!refuted && expected.of_users.contains(seen->port)) {
        of_users[seen->address].insert(seen->port);
      } else {
        unexpected[seen->address].insert(seen->port);
      }
    }
    for (const auto& [address, ports] : unexpected) {
      Finding finding =
          about_port(FindingKind::unexpected_port, view, PortState::open, "closed", "");
      finding.address = address;
      add_each_or_all(view, std::move(finding), ports, kMostOpenFindings);
    }
    add_informational(view, of_users, "listeners of users");
    add_informational(view, not_known, kJobsNotKnown);
  }

  /// One finding an address.
  void add_informational(const View& view, const std::map<IpAddress, PortSet>& ports,
                         const std::string& reason) {
    for (const auto& [address, open] : ports) {
      Finding finding = about_port(FindingKind::unexpected_port, view, PortState::open, "closed",
                                   ports_text(reason, open));
      finding.address = address;
      finding.reason = reason;
      finding.severity = Severity::informational;
      findings_.push_back(std::move(finding));
    }
  }

  enum class RpcVerdict { not_asked, allowed, refuted };

  /// A port of an ONC-RPC program is one where the program answers a call.
  RpcVerdict judge_programs(const View& view, const PortObservation& seen,
                            const PortExpectations& expected) const {
    bool asked = false;
    for (const ServiceObservation* const each :
         places_.at({view.node->name, view.network, view.protocol, seen.port})) {
      if (each->address != seen.address || each->service.answer != ServiceAnswer::spoke) continue;
      asked = true;
      for (const RpcProgram& program : each->service.programs) {
        const auto found = expected.of_programs.find(program.number);
        const bool allowed =
            found != expected.of_programs.end() && found->second.contains(seen.port);
        if (allowed) return RpcVerdict::allowed;
      }
    }
    const bool ruled = std::ranges::any_of(
        expected.of_programs, [&](const auto& entry) { return entry.second.contains(seen.port); });
    return asked && ruled ? RpcVerdict::refuted : RpcVerdict::not_asked;
  }

  void add_lesser(const View& view, const PortObservation& seen, Severity severity,
                  const std::string& why) {
    Finding finding =
        about_port(FindingKind::unexpected_port, view, PortState::open, "closed", why);
    finding.address = seen.address;
    finding.port = seen.port;
    finding.severity = std::min(severity, finding.severity);
    findings_.push_back(std::move(finding));
  }

  void judge_filtered(const View& view, const PortExpectations& expected) {
    std::map<std::pair<IpAddress, Evidence>, PortSet> silent;
    for (const PortObservation* const seen : view.observations) {
      if (seen->state == PortState::open || seen->state == PortState::closed) continue;
      const bool known = expected.allowed.contains(seen->port) ||
                         expected.of_users.contains(seen->port) ||
                         entry_with(expected.unsure, seen->port) != nullptr ||
                         entry_with(expected.past, seen->port) != nullptr ||
                         may_be_of_job(view, seen->port, expected);
      if (!known && proves_filter(*seen, view)) {
        silent[{seen->address, seen->evidence}].insert(seen->port);
      }
    }
    for (const auto& [cause, ports] : silent) {
      const bool either = view.protocol == Protocol::udp && cause.second == Evidence::no_reply;
      Finding finding = about_port(FindingKind::unexpected_filtered, view,
                                   either ? PortState::open_filtered : PortState::filtered,
                                   "closed", reason_for(PortState::filtered, cause.second));
      finding.address = cause.first;
      add_each_or_all(view, std::move(finding), ports, kMostFilteredFindings);
    }
  }

  /// Held, or not known to be: a listener with a full queue is silent too.
  bool may_be_of_job(const View& view, Port port, const PortExpectations& expected) const {
    const JobPorts::Verdict verdict = jobs_.of(place_of(view, port), expected.of_jobs);
    return verdict == JobPorts::Verdict::permitted || verdict == JobPorts::Verdict::not_known;
  }

  void add_each_or_all(const View& view, Finding finding, const PortSet& ports, std::size_t most) {
    if (ports.size() > most) {
      finding.detail = ports_text(finding.detail, ports);
      finding.reason = "many ports";
      findings_.push_back(std::move(finding));
      return;
    }
    for (const Port port : ports.to_vector()) {
      Finding& added = findings_.emplace_back(finding);
      added.port = port;
      const JobPorts::Verdict job = jobs_.of(place_of(view, port), expectations(view).of_jobs);
      const bool of_idle = added.detail.empty() && job == JobPorts::Verdict::unexpected;
      if (of_idle) added.detail = kNoJobHolds;
      compare_with_clones(view, added);
    }
  }

  /// What the whole class filters is no deviation of a node: a firewall stands between.
  void compare_with_clones(const View& view, Finding& finding) const {
    const CloneCount clones = views_.clones(view, *finding.port);
    if (clones.nodes < 2) return;
    finding.clones = fmt::format("{} of {} closed", with_thousands(clones.closed()),
                                 with_thousands(clones.nodes));
    const bool as_all = finding.state != PortState::open && clones.filtered > 1 &&
                        clones.filtered * 2 > clones.nodes;
    if (!as_all) return;
    finding.severity = Severity::informational;
    finding.detail += ", as on most nodes of its class";
  }

  void judge_transient(const PortObservation& seen) {
    const View* const view = views_.find(seen.node, seen.network, seen.protocol);
    if (view == nullptr || may_be_of_job(*view, seen.port, expectations(*view))) return;
    Finding finding = about_port(FindingKind::transient_port, *view, PortState::open, "closed",
                                 "closed when it was asked again");
    finding.address = seen.address;
    finding.port = seen.port;
    findings_.push_back(std::move(finding));
  }

  /// A daemon may listen at one of the node's addresses only, so that all of them must have been
  /// examined before a port is held to be missing.
  void judge_missing(const View& view, const PortExpectations& expected) {
    if (!view.examined()) return;
    PortSet open;
    std::map<Port, Evidence> filtered;
    for (const PortObservation* const each : view.observations) {
      if (each->state == PortState::open) open.insert(each->port);
      if (each->state == PortState::filtered || each->state == PortState::open_filtered) {
        const auto place = filtered.emplace(each->port, each->evidence).first;
        place->second = std::min(place->second, each->evidence);
      }
    }
    PortSet missing = expected.expected;
    missing.remove(open);
    for (const Port port : missing.to_vector()) {
      if (!input_.asked(view.node->name, view.protocol).contains(port)) continue;
      const auto silent = filtered.find(port);
      const bool may_listen = view.protocol == Protocol::udp && silent != filtered.end() &&
                              silent->second == Evidence::no_reply;
      if (may_listen) continue;
      const bool closed = silent == filtered.end();
      const PortState state = closed ? PortState::closed : PortState::filtered;
      Finding finding =
          missing_port(view, state, reason_for(state, closed ? Evidence::rst : silent->second));
      finding.port = port;
      if (const CloneCount clones = views_.clones(view, port); clones.nodes > 1) {
        finding.clones =
            fmt::format("{} of {} open", with_thousands(clones.open), with_thousands(clones.nodes));
      }
      findings_.push_back(std::move(finding));
    }
    for (const PortRule* const rule : expected.one_of) judge_one_of(view, *rule, open);
  }

  /// A rule names ports of which one should be open.
  void judge_one_of(const View& view, const PortRule& rule, const PortSet& open) {
    for (const Port port : rule.ports.to_vector()) {
      const bool may_listen = view.state_of(port) == PortState::open_filtered;
      if (open.contains(port) || may_listen ||
          !input_.asked(view.node->name, view.protocol).contains(port))
        return;
    }
    Finding finding = missing_port(view, PortState::closed, "");
    if (rule.ports.size() == 1) {
      finding.port = rule.ports.to_vector().front();
      const bool closed = view.state_of(*finding.port) == PortState::closed;
      finding.state = closed ? PortState::closed : PortState::filtered;
      finding.detail = reason_for(*finding.state, Evidence::no_reply);
    } else {
      finding.reason = finding.detail = ports_text("none is open", rule.ports);
    }
    findings_.push_back(std::move(finding));
  }

  Finding missing_port(const View& view, PortState state, std::string detail) const {
    Finding finding = about_port(FindingKind::missing_port, view, state, "open", std::move(detail));
    finding.address = (*std::ranges::min_element(view.coverage, {}, [](const Coverage* c) {
                        return c->address;
                      }))->address;
    return finding;
  }

  /// Of every host type that the nodes go by: what is in use should be what was approved.
  void judge_profiles() {
    std::set<std::string> classes;
    for (const Node& node : input_.nodes) classes.insert(node.classes.begin(), node.classes.end());
    std::set<std::string_view> types;
    for (const Profile& profile : input_.profiles) types.insert(profile.host_type);
    for (const Approval& approval : input_.approvals) types.insert(approval.host_type);
    for (const std::string_view type : types) {
      const std::string node_class(type.substr(0, type.find('@')));
      if (classes.contains(node_class)) judge_profile(type, node_class);
    }
  }

  void judge_profile(std::string_view type, const std::string& node_class) {
    const auto profile = std::ranges::find(input_.profiles, type, &Profile::host_type);
    const auto approval = std::ranges::find(input_.approvals, type, &Approval::host_type);
    const bool approved = approval != input_.approvals.end();
    const LineDiff diff = diff_lines(
        approved ? approval->lines : std::vector<std::string>{},
        profile == input_.profiles.end() ? std::vector<std::string>{} : lines_of(*profile));
    if (diff.empty()) return;
    Finding finding;
    finding.kind = FindingKind::profile_changed;
    finding.severity = input_.severities.of(finding.kind, {node_class});
    finding.node_class = node_class;
    finding.network = type.contains('@') ? type.substr(type.find('@') + 1) : kDefaultNetwork;
    finding.detail = change_detail(diff, approved, kLongestChangeText);
    // Who deals with one change has not seen the next.
    finding.reason = change_detail(diff, approved, kLongestChangeReason);
    finding.expected = approved ? "as approved" : "to be approved";
    findings_.push_back(std::move(finding));
  }

  static std::string change_detail(const LineDiff& diff, bool approved, std::size_t longest) {
    std::string detail = approved ? "not as approved:" : "never approved:";
    std::size_t left = diff.added.size() + diff.removed.size();
    const auto add = [&](char sign, const std::vector<std::string>& lines) {
      for (const std::string& line : lines) {
        if (detail.size() > longest) return;
        detail += fmt::format(" {}{},", sign, line);
        --left;
      }
    };
    add('+', diff.added);
    add('-', diff.removed);
    detail.pop_back();
    return left == 0 ? detail : detail + fmt::format(", and {} more", left);
  }

  const JudgeInput& input_;
  Views views_;
  Stacks stacks_;
  ServicePlaces places_;
  std::map<std::tuple<std::set<std::string>, std::string, Protocol>, PortExpectations>
      expectations_;
  Resolver resolver_;
  JobPorts jobs_;
  std::vector<Finding> findings_;
};

}  // namespace

const PortSet& JudgeInput::asked(std::string_view node, Protocol protocol) const {
  if (wanted_of == nullptr) return wanted.of(protocol);
  const auto own = wanted_of->find(node);
  return (own == wanted_of->end() ? wanted : *own->second).of(protocol);
}

std::vector<Finding> judge(const JudgeInput& input) {
  return Judge(input).findings();
}

JobTies tie_listeners(const JudgeInput& input) {
  if (input.jobs == nullptr) return {};
  return Judge(input).ties();
}

}  // namespace lockstep
