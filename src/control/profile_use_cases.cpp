#include "control/profile_use_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "model/port_spec.h"
#include "profiles/csv_table.h"
#include "profiles/learn_services.h"
#include "profiles/nmap/nmap_output.h"

namespace lockstep::control {
namespace {

/// "compute@hsn" is of compute, and of one network; "compute" of all.
struct Learned {
  explicit Learned(const std::string& host_type)
      : node_class(host_type.substr(0, host_type.find('@'))),
        network(host_type.size() > node_class.size() ? host_type.substr(node_class.size() + 1)
                                                     : "") {}

  std::string node_class;
  std::string network;  ///< empty: all
};

/// Of what was looked at, those that are to be learned. Errors: `not_found`.
Result<std::set<std::string>> networks_of(const SweepRecord& record, const Learned& learned) {
  std::set<std::string> networks;
  for (const Coverage& coverage : record.coverage) networks.insert(coverage.network);
  if (learned.network.empty()) return networks;
  if (networks.contains(learned.network)) return std::set<std::string>{learned.network};
  return fail(ErrorKind::not_found,
              fmt::format("no node of class {} is on the network {}", quoted(learned.node_class),
                          quoted(learned.network)));
}

/// All or nothing would need one transaction; a baseline harms nobody before it is approved, so
/// that it is enough to look at each before the first is written.
Result<void> save(Store& store, LearnReport& report, const Act& act) {
  for (Baseline& baseline : report.baselines) {
    baseline.made = act.now;
    baseline.maker = act.person;
    const AuditEntry entry = {
        .at = act.now,
        .person = act.person,
        .action = "profile learn",
        .subject = baseline.profile.host_type,
        .detail = fmt::format("{}: {} ports, {} outliers", baseline.origin,
                              baseline.profile.ports.size(), baseline.outliers.size())};
    LOCKSTEP_CHECK(store.save_baseline(baseline, &entry));
  }
  return {};
}

/// What is expected in use and was not asked this time stays expected, and so does what answers.
void keep_what_is_in_use(Profile& learned, const std::vector<Profile>& in_use,
                         const PortSets& asked) {
  const auto found = std::ranges::find(in_use, learned.host_type, &Profile::host_type);
  if (found == in_use.end()) return;
  keep_services(learned, *found);
  for (const ExpectedPort& expected : found->ports) {
    if (asked.of(expected.protocol).contains(expected.port)) continue;
    // Of one that is expected twice, with two services, the first will do until it is learned.
    const bool there = std::ranges::any_of(learned.ports, [&](const ExpectedPort& each) {
      return each.port == expected.port && each.protocol == expected.protocol;
    });
    if (!there) learned.ports.push_back(expected);
  }
  std::ranges::sort(learned.ports);
}

/// So many nodes tell what answers, however large a class is.
constexpr std::size_t kMostAsked = 64;

/// Asks the ports of `profile` what they are, on `nodes`, and names what they have in common. No
/// other port is asked: it may be a job's. Does nothing where nobody asks services.
Result<void> name_services(const SweepSetting& setting, SweepRecord& record,
                           const std::vector<std::string>& nodes, double share, Profile& profile) {
  if (setting.services == nullptr) return {};
  const std::size_t count = std::min(nodes.size(), kMostAsked);
  const std::set<std::string> some(nodes.begin(), nodes.begin() + static_cast<long>(count));
  const std::size_t at = profile.host_type.find('@');
  const std::string network =
      at == std::string::npos ? kDefaultNetwork : profile.host_type.substr(at + 1);
  const auto is_learned = [&](const PortObservation& seen) {
    return seen.network == network && some.contains(seen.node) &&
           std::ranges::any_of(profile.ports, [&](const ExpectedPort& each) {
             return each.port == seen.port && each.protocol == seen.protocol;
           });
  };
  std::vector<CollectTarget> asked = targets_to_ask(record.observations, is_learned);
  for (CollectTarget& target : asked) {
    for (ServiceQuestion& question : target.questions) {
      // Whoever learns a class says that its daemons are there.
      if (question.expected.empty()) {
        question.expected = port_name(question.port, question.protocol);
      }
    }
  }
  const std::vector<ServiceObservation> before = std::move(record.services);
  record.services.clear();
  LOCKSTEP_CHECK(ask_services(*setting.services, asked, record, setting.control));
  learn_services(profile, record.services, share);
  record.services.insert(record.services.end(), before.begin(), before.end());
  std::ranges::sort(record.services);
  return {};
}

bool is_of(const std::string& host_type, const std::string& wanted) {
  return wanted.empty() || host_type == wanted ||
         host_type.substr(0, host_type.find('@')) == wanted;
}

std::vector<std::string> lines_in_use(const ProfileState& state) {
  return state.in_use ? lines_of(*state.in_use) : std::vector<std::string>{};
}

void compare(ProfileState& state) {
  const std::vector<std::string> in_use = lines_in_use(state);
  state.unapproved =
      diff_lines(state.approved ? state.approved->lines : std::vector<std::string>{}, in_use);
  if (!state.waiting) return;
  Profile proposed = state.waiting->profile;
  if (state.in_use) proposed.rules = state.in_use->rules;
  state.proposed = diff_lines(in_use, lines_of(proposed));
}

Result<ApproveWhat> decide(const ProfileState& state, ApproveWhat what) {
  if (what != ApproveWhat::either) return what;
  // By hand, without a word of approval: what waits would undo it.
  const bool changed = !state.unapproved.empty();
  if (state.waiting && changed) {
    return fail(ErrorKind::invalid,
                fmt::format("{} was changed by hand, and something that was learned waits as well; "
                            "look at both: lockstep profile diff --class {}, then say --baseline "
                            "or --table",
                            quoted(state.host_type), state.host_type));
  }
  return state.waiting ? ApproveWhat::baseline : ApproveWhat::table;
}

/// Something that the person may have meant waits for approval.
bool can_approve(const ProfileState& state, ApproveWhat what) {
  const bool changed = !state.unapproved.empty();
  switch (what) {
    case ApproveWhat::either: return state.waiting.has_value() || changed;
    case ApproveWhat::baseline: return state.waiting.has_value();
    case ApproveWhat::table: return changed || state.waiting.has_value();
  }
  return false;
}

Result<void> approve_one(Store& store, const ProfileState& state, ApproveWhat what,
                         const Act& act) {
  LOCKSTEP_TRY(const ApproveWhat decided, decide(state, what));
  Profile profile = state.in_use.value_or(Profile{state.host_type, {}, {}});
  if (decided == ApproveWhat::baseline) profile.ports = state.waiting->profile.ports;
  return store.approve(
      profile,
      {.host_type = state.host_type, .lines = lines_of(profile), .at = act.now, .by = act.person});
}

/// What was said of the profiles by alerts is settled.
Result<void> resolve_changed(Store& store, const std::set<std::string>& host_types,
                             const Act& act) {
  const auto settle = [&](const std::vector<AlertRecord>& book) -> Result<AlertChanges> {
    AlertChanges changes;
    for (AlertRecord record : book) {
      const AlertSubject& subject = record.subject;
      const bool settled = subject.kind == FindingKind::profile_changed &&
                           record.status != AlertStatus::resolved &&
                           host_types.contains(host_type(subject.node_class, subject.network));
      if (!settled) continue;
      record.status = AlertStatus::resolved;
      record.changed = act.now;
      record.resolution = fmt::format("approved by {}", act.person);
      record.owner.clear();
      record.until.reset();
      changes.written.push_back(std::move(record));
    }
    return changes;
  };
  LOCKSTEP_CHECK(store.change_alerts(settle));
  return {};
}

}  // namespace

Result<void> check_learnable(const Inventory& inventory, const TargetPolicy& policy,
                             const std::string& host_type, const std::string& node,
                             const ConsensusRule& rule) {
  const std::string node_class = Learned(host_type).node_class;
  if (!node.empty()) {
    const auto found = inventory.nodes.find(node);
    if (found == inventory.nodes.end()) {
      return fail(ErrorKind::not_found, fmt::format("the inventory has no node {}", node));
    }
    if (found->second.classes.contains(node_class)) return {};
    return fail(ErrorKind::invalid, fmt::format("{} is not in the class {}", node, node_class));
  }
  std::size_t members = 0;
  std::size_t examined = 0;
  for (const auto& [name, each] : inventory.nodes) {
    if (!each.classes.contains(node_class)) continue;
    ++members;
    if (!policy.excluded_nodes.contains(name)) ++examined;
  }
  if (members == 0) {
    return fail(ErrorKind::not_found,
                fmt::format("the inventory has no node of class {}", quoted(node_class)));
  }
  if (examined >= rule.least_nodes) return {};
  return fail(
      ErrorKind::invalid,
      fmt::format("class {} has {} node{} to examine, and a consensus takes {}: learn "
                  "from a node that you trust (--from NODE)",
                  quoted(node_class), examined, examined == 1 ? "" : "s", rule.least_nodes));
}

Result<LearnReport> learn(const SweepSetting& setting, Store& store, const std::string& host_type,
                          const std::string& node, const Act& act) {
  const Learned learned(host_type);
  LOCKSTEP_CHECK(check_learnable(setting.inventory, setting.policy, host_type, node, {}));
  const Node& found = setting.inventory.nodes.at(node);
  LOCKSTEP_CHECK(store.replace_inventory(setting.inventory));
  LearnReport report;
  LOCKSTEP_TRY(report.record, scan(setting, {node}));
  LOCKSTEP_TRY(const std::vector<Profile> in_use, store.profiles());
  LOCKSTEP_TRY(const std::set<std::string> networks, networks_of(report.record, learned));
  for (const std::string& network : networks) {
    LOCKSTEP_TRY(Profile profile, learn_from_node({.node = found,
                                                   .node_class = learned.node_class,
                                                   .network = network,
                                                   .observations = report.record.observations,
                                                   .coverage = report.record.coverage}));
    LOCKSTEP_CHECK(name_services(setting, report.record, {node}, 1, profile));
    keep_what_is_in_use(profile, in_use, setting.ports);
    report.baselines.push_back({.profile = std::move(profile),
                                .origin = fmt::format("what node {} shows", node),
                                .outliers = {}});
  }
  LOCKSTEP_CHECK(save(store, report, act));
  return report;
}

Result<LearnReport> learn_by_consensus(const SweepSetting& setting, Store& store,
                                       const std::string& host_type, const ConsensusRule& rule,
                                       const Act& act) {
  const Learned learned(host_type);
  // Before minutes have gone by.
  LOCKSTEP_CHECK(check_learnable(setting.inventory, setting.policy, host_type, "", rule));
  std::vector<Node> nodes;
  std::vector<std::string> names;
  for (const auto& [name, node] : setting.inventory.nodes) {
    if (!node.classes.contains(learned.node_class)) continue;
    nodes.push_back(node);
    if (!setting.policy.excluded_nodes.contains(name)) names.push_back(name);
  }
  LOCKSTEP_CHECK(store.replace_inventory(setting.inventory));
  LearnReport report;
  LOCKSTEP_TRY(report.record, scan(setting, names));
  LOCKSTEP_TRY(const std::vector<Profile> in_use, store.profiles());
  LOCKSTEP_TRY(const std::set<std::string> networks, networks_of(report.record, learned));
  for (const std::string& network : networks) {
    LOCKSTEP_TRY(Consensus consensus,
                 lockstep::learn_by_consensus({.nodes = nodes,
                                               .node_class = learned.node_class,
                                               .network = network,
                                               .observations = report.record.observations,
                                               .coverage = report.record.coverage},
                                              rule));
    LOCKSTEP_CHECK(name_services(setting, report.record, names, rule.share, consensus.profile));
    keep_what_is_in_use(consensus.profile, in_use, setting.ports);
    report.baselines.push_back(
        {.profile = std::move(consensus.profile),
         .origin = fmt::format("what {} of {} nodes show", consensus.voters, consensus.members),
         .outliers = std::move(consensus.outliers)});
  }
  LOCKSTEP_CHECK(save(store, report, act));
  return report;
}

Result<Baseline> import_profile(Store& store, std::string_view bytes, const std::string& file,
                                const std::string& host_type, const Act& act) {
  Baseline baseline;
  baseline.profile.host_type = host_type;
  baseline.made = act.now;
  baseline.maker = act.person;
  if (is_csv_table(bytes)) {
    auto ports = parse_csv_table(bytes, host_type);
    if (!ports) return std::unexpected(ports.error().within(quoted(file, 200)));
    baseline.profile.ports = std::move(*ports);
    baseline.origin = fmt::format("the table {}", quoted(file, 200));
  } else {
    auto host = parse_nmap(bytes);
    if (!host) return std::unexpected(host.error().within(quoted(file, 200)));
    baseline.profile.ports = std::move(host->ports);
    baseline.origin =
        fmt::format("Nmap's {} of {} ({})", host->version_scan ? "version scan" : "port scan",
                    quoted(host->name.empty() ? host->address : host->name), quoted(file, 200));
  }
  const AuditEntry entry = {
      .at = act.now,
      .person = act.person,
      .action = "profile import",
      .subject = host_type,
      .detail = fmt::format("{}: {} ports", baseline.origin, baseline.profile.ports.size())};
  LOCKSTEP_CHECK(store.save_baseline(baseline, &entry));
  return baseline;
}

Result<std::vector<ProfileState>> profile_states(Store& store, const std::string& node_class) {
  LOCKSTEP_TRY(std::vector<Profile> profiles, store.profiles());
  LOCKSTEP_TRY(std::vector<Approval> approvals, store.approvals());
  LOCKSTEP_TRY(std::vector<Baseline> baselines, store.baselines());
  std::map<std::string, ProfileState> states;
  for (Profile& profile : profiles) {
    const std::string type = profile.host_type;
    states[type].in_use = std::move(profile);
  }
  for (Approval& approval : approvals) {
    const std::string type = approval.host_type;
    states[type].approved = std::move(approval);
  }
  for (Baseline& baseline : baselines) {
    const std::string type = baseline.profile.host_type;
    states[type].waiting = std::move(baseline);
  }
  std::vector<ProfileState> wanted;
  for (auto& [type, state] : states) {
    if (!is_of(type, node_class)) continue;
    state.host_type = type;
    compare(state);
    wanted.push_back(std::move(state));
  }
  if (!wanted.empty() || node_class.empty()) return wanted;
  return fail(ErrorKind::not_found,
              fmt::format("the class {} has no profile yet; learn one: lockstep profile learn "
                          "--class {} --consensus (or --from NODE)",
                          quoted(node_class), node_class));
}

Result<std::vector<ProfileState>> approve(Store& store, const std::string& node_class,
                                          ApproveWhat what, const Act& act) {
  LOCKSTEP_TRY(const std::vector<ProfileState> states, profile_states(store, node_class));
  std::set<std::string> approved;
  for (const ProfileState& state : states) {
    if (!can_approve(state, what)) continue;
    LOCKSTEP_CHECK(decide(state, what));  // all are clear before the first is approved
    approved.insert(state.host_type);
  }
  if (approved.empty()) {
    return fail(ErrorKind::not_found,
                fmt::format("nothing of {} waits for approval; see: lockstep profile show --class "
                            "{}",
                            quoted(node_class), node_class));
  }
  for (const ProfileState& state : states) {
    if (approved.contains(state.host_type)) LOCKSTEP_CHECK(approve_one(store, state, what, act));
  }
  LOCKSTEP_CHECK(resolve_changed(store, approved, act));
  if (const auto left = profile_states(store, node_class)) return *left;
  return std::vector<ProfileState>{};  // the approval of no row at all leaves nothing
}

Result<std::vector<ValueRule>> value_rules_of(Store& store, const std::string& node_class) {
  LOCKSTEP_TRY(std::vector<ValueRule> rules, store.value_rules());
  const std::string name = node_class.substr(0, node_class.find('@'));
  std::erase_if(rules, [&](const ValueRule& rule) {
    return !name.empty() && rule.host_type != name && rule.host_type != "*";
  });
  std::ranges::sort(rules);
  return rules;
}

}  // namespace lockstep::control
