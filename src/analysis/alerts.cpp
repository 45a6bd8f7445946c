#include "analysis/alerts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "analysis/alert_life.h"
#include "analysis/port_text.h"
#include "analysis/service_judge.h"
#include "analysis/stacks.h"
#include "analysis/views.h"
#include "model/reported_port.h"
#include "profiles/resolve.h"

namespace lockstep {
namespace {

/// Whether what was heard could have shown what an alert of that kind is about.
bool tells(const Service& heard, FindingKind kind) {
  if (heard.answer != ServiceAnswer::spoke) return false;
  switch (kind) {
    case FindingKind::hostkey_changed:
    case FindingKind::hostkey_shared: return !heard.hostkeys.empty();
    case FindingKind::certificate_changed: return !heard.certificate_sha256.empty();
    default: return true;
  }
}

bool is_about_listener(FindingKind kind) {
  return kind == FindingKind::unexpected_port || kind == FindingKind::orphan_listener;
}

/// Whether a sweep proves that an alert is over. Nothing: there is no proof.
class Proof {
 public:
  explicit Proof(const SweepJudgement& sweep)
      : input_(sweep.input),
        findings_(sweep.findings),
        instance_(sweep.instance),
        views_(sweep.input),
        stacks_(views_),
        places_(sweep.input),
        resolver_(sweep.input.profiles) {
    for (const Finding& each : findings_) {
      if (!is_about_listener(each.kind) || !each.port) continue;
      const Protocol protocol = each.protocol.value_or(Protocol::tcp);
      listeners_[{each.kind, each.node, each.network, protocol, *each.port}] = &each;
    }
  }

  /// `record` is one of which the sweep found nothing.
  std::optional<AlertOver> of(const AlertRecord& record) {
    const AlertSubject& subject = record.subject;
    if (subject.kind == FindingKind::profile_changed) return of_profile(subject);
    if (is_no_affair_of_ports(subject.kind)) return {};
    const Node* const node = views_.node(record.node);
    if (node == nullptr) return {};
    if (subject.kind == FindingKind::coverage_gap) return of_gap(*node, subject);
    if (subject.kind == FindingKind::node_unreachable) return of_silence(*node, subject.network);
    if (subject.kind == FindingKind::stack_mismatch) return of_stack(record);
    if (subject.kind == FindingKind::node_rebuilt) return of_rebuilding(*node);
    if (is_about_service(subject.kind)) return of_service(*node, record);
    const Protocol protocol = protocol_of(subject);
    const View* const view = views_.find(record.node, subject.network, protocol);
    if (view == nullptr || !view->examined() || !judged(*view)) return {};
    if (!subject.port) return of_many_ports(*view, record);
    const bool asked = input_.asked(record.node, protocol).contains(*subject.port);
    const bool reported = !instance_.empty() && view->state_of(*subject.port) == PortState::open;
    if (!asked && !reported) return {};
    if (subject.kind == FindingKind::missing_port) return of_missing(*view, subject);
    return of_port(*view, record);
  }

 private:
  /// Whoever raised it sees when it is over (conditions.h).
  static bool is_no_affair_of_ports(FindingKind kind) {
    return kind >= FindingKind::value_deviates;
  }

  static Protocol protocol_of(const AlertSubject& subject) {
    return subject.protocol.value_or(Protocol::tcp);
  }

  const Expectations& expectations(const View& view) {
    return resolver_.of(view.node->classes, network_view(view.network).network);
  }

  bool judged(const View& view) {
    return !view.node->classes.empty() && expectations(view).unprofiled.empty();
  }

  static std::optional<AlertOver> judged_otherwise(const View& view, const AlertSubject& subject) {
    const std::string classes = fmt::format("{}", fmt::join(view.node->classes, "+"));
    if (classes == subject.node_class) return {};
    return AlertOver{fmt::format("the node is judged as {} now", classes)};
  }

  static AlertOver now_shows(PortState state) {
    return {fmt::format("it is {} now, which is an alert of its own", to_string(state))};
  }

  /// What is not among the observations is closed, also where the alert was seen last: a name may
  /// have lost an address, and the listener may be there.
  static bool proves_closing(const View& view, const AlertRecord& record) {
    const bool same_place = std::ranges::any_of(view.coverage, [&](const Coverage* coverage) {
      return coverage->address.to_string() == record.address;
    });
    return view.lists_all() && (same_place || record.address.empty());
  }

  std::optional<AlertOver> of_many_ports(const View& view, const AlertRecord& record) {
    const AlertSubject& subject = record.subject;
    if (subject.reason == kJobsNotKnown && input_.jobs != nullptr &&
        input_.jobs->seen.of(record.node).known) {
      return AlertOver{"it is known now whether a job holds the node"};
    }
    const bool missing = subject.kind == FindingKind::missing_port;
    const auto named = ports_named_in(missing ? subject.reason : record.detail);
    const NamedPorts ports = named.value_or(NamedPorts{PortSet::all(), PortSet::all().size()});
    if (!ports.all_in(input_.asked(view.node->name, view.protocol))) return {};
    if (!missing && !proves_closing(view, record)) return {};
    if (subject.kind == FindingKind::unexpected_port) {
      PortSet left = ports.ports;
      left.remove(view.silent());
      if (left != ports.ports) return {};
    }
    if (auto otherwise = judged_otherwise(view, subject)) return otherwise;
    return AlertOver{"it is so no longer", !missing};
  }

  std::optional<AlertOver> of_missing(const View& view, const AlertSubject& subject) {
    const PortState state = view.state_of(*subject.port);
    if (state == PortState::open) return AlertOver{"answered open"};
    if (auto otherwise = judged_otherwise(view, subject)) return otherwise;
    if (!expectations(view).requires_port(*subject.port, view.protocol, input_.now)) {
      return AlertOver{"it is not expected any more"};
    }
    if (state == subject.state) return {};
    return now_shows(state);
  }

  std::optional<AlertOver> of_port(const View& view, const AlertRecord& record) {
    const AlertSubject& subject = record.subject;
    const PortState state = view.state_of(*subject.port);
    const bool listener = is_about_listener(subject.kind);
    // A listener that comes and goes within a sweep has not gone for good.
    if (listener && was_transient(view, *subject.port)) return {};
    if (state == PortState::closed) {
      if (!proves_closing(view, record)) return {};
      return AlertOver{"answered closed", true};
    }
    if (expectations(view).allows(*subject.port, view.protocol, input_.now)) {
      return AlertOver{"its profile allows it now"};
    }
    // A listener that falls silent is not gone. Silence that has turned out to be one is.
    if (state != PortState::open && subject.kind != FindingKind::unexpected_filtered) return {};
    if (auto otherwise = judged_otherwise(view, subject)) return otherwise;
    if (state == PortState::open && !listener) return now_shows(state);
    if (const Finding* const other = other_listener(record)) {
      return AlertOver{
          fmt::format("it is an {} now, which is an alert of its own", to_string(other->kind))};
    }
    if (listener && input_.severities.user_ports(view.node->classes).contains(*subject.port)) {
      return AlertOver{"users may listen on it now"};
    }
    return {};
  }

  /// A port that nobody expected may turn out to be a job's that is over, and the other way round.
  const Finding* other_listener(const AlertRecord& record) const {
    const AlertSubject& subject = record.subject;
    if (!is_about_listener(subject.kind)) return nullptr;
    const FindingKind other = subject.kind == FindingKind::orphan_listener
                                  ? FindingKind::unexpected_port
                                  : FindingKind::orphan_listener;
    const auto found = listeners_.find(
        {other, record.node, subject.network, protocol_of(subject), subject.port.value_or(0)});
    return found == listeners_.end() ? nullptr : found->second;
  }

  bool was_transient(const View& view, Port port) const {
    return std::ranges::any_of(input_.transient, [&](const PortObservation& seen) {
      return seen.node == view.node->name && seen.network == view.network &&
             seen.protocol == view.protocol && seen.port == port;
    });
  }

  /// Every address of the node on that network was examined in full, with as many ports as were
  /// left out. Where the sweep knows of no address there, every address that it knows counts.
  std::optional<AlertOver> of_gap(const Node& node, const AlertSubject& subject) {
    const Protocol protocol = protocol_of(subject);
    if (input_.wanted.of(protocol).size() < ports_to_examine(subject.reason).value_or(0)) return {};
    std::vector<const View*> there;
    std::vector<const View*> all;
    const auto first = views_.all().lower_bound({node.name, "", Protocol::tcp});
    for (auto view = first; view != views_.all().end() && view->second.node == &node; ++view) {
      if (view->second.protocol != protocol) continue;
      all.push_back(&view->second);
      if (view->second.network == subject.network) there.push_back(&view->second);
    }
    if (there.empty()) there = std::move(all);
    const bool examined = std::ranges::all_of(
        there, [&](const View* view) { return view->examined() && judged(*view); });
    if (there.empty() || !examined) return {};
    return AlertOver{"examined in full"};
  }

  /// An ICMP error may be anybody's answer.
  std::optional<AlertOver> of_silence(const Node& node, const std::string& network) const {
    const View* const view = views_.find(node.name, network, Protocol::tcp);
    if (view == nullptr || view->coverage.empty()) return {};
    const bool answers = std::ranges::all_of(view->coverage, [](const Coverage* coverage) {
      return coverage->gap != CoverageGap::unreachable &&
             (coverage->examined() || coverage->open > 0 || coverage->closed > 0);
    });
    if (!answers) return {};
    return AlertOver{"answers again"};
  }

  /// The address was examined in full, and each half that the alert names was compared anew. Where
  /// clones agree no longer, or are too few, nothing is proven.
  std::optional<AlertOver> of_stack(const AlertRecord& record) const {
    const View* const view = views_.find(record.node, record.subject.network, Protocol::tcp);
    if (view == nullptr) return {};
    const auto found = std::ranges::find(view->coverage, record.address, [](const Coverage* each) {
      return each->address.to_string();
    });
    if (found == view->coverage.end() || !(*found)->examined()) return {};
    if (auto otherwise = judged_otherwise(*view, record.subject)) return otherwise;
    const StackVerdict verdict = stacks_.of(*view, **found);
    const StackHalves named = halves_named_in(record.subject.reason);
    if (named.syn_ack && !verdict.compared.syn_ack) return {};
    if (named.rst && !verdict.compared.rst) return {};
    return AlertOver{verdict.differing.empty()
                         ? "its TCP stack answers as its clones' do"
                         : "its TCP stack answers otherwise now, which is an alert of its own"};
  }

  /// It was asked again at the same address, and said enough; or nobody listens there any more.
  /// What another address of the node leaves open may be the same: they have one alert.
  std::optional<AlertOver> of_service(const Node& node, const AlertRecord& record) {
    const AlertSubject& subject = record.subject;
    const Protocol protocol = protocol_of(subject);
    if (!subject.port) return {};
    const auto answers = places_.at({node.name, subject.network, protocol, *subject.port});
    const auto told = [&](const ServiceObservation* each) {
      return tells(each->service, subject.kind);
    };
    const auto is_there = [&](const ServiceObservation* each) {
      return each->address.to_string() == record.address;
    };
    if (std::ranges::all_of(answers, told) && std::ranges::any_of(answers, is_there)) {
      return AlertOver{"it is so no longer, as its answer shows"};
    }
    const View* const view = views_.find(record.node, subject.network, protocol);
    if (view == nullptr || !view->examined() || !judged(*view)) return {};
    if (!is_asked(*view, *subject.port))
      return AlertOver{"its profile does not expect the port any more"};
    if (!input_.wanted.of(protocol).contains(*subject.port)) return {};
    if (view->state_of(*subject.port) == PortState::closed && proves_closing(*view, record)) {
      return AlertOver{"answered closed", true};
    }
    const bool by_profile = subject.kind == FindingKind::service_mismatch ||
                            subject.kind == FindingKind::service_silent;
    const bool checked =
        !expectations(*view).services_at(*subject.port, protocol, input_.now).empty();
    // What does not hold together is one, whatever is expected.
    if (by_profile && !checked && !record.expected.empty()) {
      return AlertOver{"its profile does not say what should answer any more"};
    }
    return {};
  }

  /// Sweeps ask what is expected there.
  bool is_asked(const View& view, Port port) {
    const Expectations& expected = expectations(view);
    return expected.requires_port(port, view.protocol, input_.now) ||
           !expected.programs_at(port, view.protocol, input_.now).empty();
  }

  /// Its keys were seen again, and are those that are known.
  std::optional<AlertOver> of_rebuilding(const Node& node) const {
    for (const auto& [place, seen] : places_.all()) {
      if (std::get<0>(place) != node.name) continue;
      for (const ServiceObservation* const each : seen) {
        const Service& service = each->service;
        if (!service.hostkeys.empty() || !service.public_key_sha256.empty()) {
          return AlertOver{"its keys are known now"};
        }
      }
    }
    return {};
  }

  /// The judge compares every profile of the nodes' classes.
  std::optional<AlertOver> of_profile(const AlertSubject& subject) const {
    const bool compared = std::ranges::any_of(
        input_.nodes, [&](const Node& node) { return node.classes.contains(subject.node_class); });
    if (!compared) return {};
    const bool differs = std::ranges::any_of(findings_, [&](const Finding& finding) {
      return finding.kind == subject.kind && finding.node_class == subject.node_class &&
             finding.network == subject.network;
    });
    return AlertOver{differs ? "it has changed again, which is an alert of its own"
                             : "it is as approved"};
  }

  const JudgeInput& input_;
  std::span<const Finding> findings_;
  std::string_view instance_;
  Views views_;
  Stacks stacks_;
  ServicePlaces places_;
  Resolver resolver_;
  std::map<std::tuple<FindingKind, std::string_view, std::string_view, Protocol, Port>,
           const Finding*>
      listeners_;
};

}  // namespace

AlertSubject alert_subject(const Finding& finding) {
  return {.kind = finding.kind,
          .node_class = finding.node_class,
          .network = finding.network,
          .protocol = finding.protocol,
          .port = finding.port,
          .state = finding.state,
          .reason = finding.reason};
}

AlertChanges update_alerts(std::span<const AlertRecord> book, const SweepJudgement& sweep,
                           const AlertPolicy& policy, WallTime now) {
  AlertLife life(book, policy, sweep.last_closed, now);
  std::set<std::string_view> away;  // nodes without an answer
  for (const Finding& finding : sweep.findings) {
    const bool left_out = sweep.interrupted && finding.kind == FindingKind::coverage_gap;
    if (!left_out) life.raise(finding);
    if (finding.kind == FindingKind::node_unreachable) away.insert(finding.node);
  }
  Proof proof(sweep);
  for (const AlertRecord& record : book) {
    if (life.raised(record) || record.status == AlertStatus::resolved) continue;
    // Neither view of a node proves anything of the other.
    if (network_view(record.subject.network).instance != sweep.instance) {
      life.keep(record);
      continue;
    }
    if (const auto over = proof.of(record)) {
      life.resolve(record, *over);
    } else if (!life.keep(record) && record.status == AlertStatus::pending &&
               away.contains(record.node)) {
      // A node that boots has its daemons up a while later.
      life.wait_anew(record);
    }
  }
  return life.take();
}

}  // namespace lockstep
