#include "cli/render.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "cli/format.h"
#include "cli/table.h"
#include "model/nodeset.h"
#include "model/port_spec.h"

namespace lockstep::cli {
namespace {

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", with_thousands(count), count == 1 ? one : many);
}

std::string plural(std::size_t count, const std::string& noun) {
  return plural(count, noun, noun + "s");
}

/// "12 of 12 addresses examined in full: 786,420 ports asked, 786,420 answered, 36 open"
std::string coverage_line(const SweepRecord& record) {
  std::size_t examined = 0;
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;
  std::uint64_t open = 0;
  for (const Coverage& coverage : record.coverage) {
    examined += coverage.examined() ? 1 : 0;
    asked += coverage.asked;
    answered += coverage.answered;
    open += coverage.open;
  }
  return fmt::format("{} of {} examined in full: {} asked, {} answered, {} open", examined,
                     plural(record.coverage.size(), "address", "addresses"), plural(asked, "port"),
                     with_thousands(answered), with_thousands(open));
}

/// "1,048,560 probes in 2.71 s (387 kpps), engine packet"
std::string effort_line(const CollectSummary& summary) {
  const double seconds = std::chrono::duration<double>(summary.duration).count();
  const double rate = seconds > 0 ? static_cast<double>(summary.probes_sent) / seconds : 0;
  return fmt::format("{} in {} ({}), engine {}", plural(summary.probes_sent, "probe"),
                     format_duration(summary.duration), format_rate(rate), summary.method);
}

std::string interruption(const SweepRecord& record) {
  if (!record.summary.problem.empty()) {
    return fmt::format("INCOMPLETE: {}\n", record.summary.problem);
  }
  return record.summary.interrupted ? "INCOMPLETE: interrupted; what was found so far stands\n"
                                    : "";
}

/// Rows of one port and state, with the nodes that show it.
std::string ports_table(const std::vector<PortObservation>& observations) {
  std::map<std::tuple<Port, PortState, Evidence>, std::set<std::string>> rows;
  for (const PortObservation& seen : observations) {
    rows[{seen.port, seen.state, seen.evidence}].insert(seen.node);
  }
  Table table({"PORT", "STATE", "EVIDENCE", "NAME", "NODES"});
  for (const auto& [key, nodes] : rows) {
    const auto& [port, state, evidence] = key;
    const std::vector<std::string> names(nodes.begin(), nodes.end());
    table.add({fmt::format("{}/tcp", port), std::string(to_string(state)),
               std::string(to_string(evidence)), std::string(port_name(port, Protocol::tcp)),
               fold_nodeset(names)});
  }
  return table.empty() ? "" : table.to_string() + "\n";
}

std::string subject_of(const Finding& finding) {
  if (!finding.protocol) return "-";
  const std::string port = finding.port ? std::to_string(*finding.port) : "*";
  return fmt::format("{}/{}{}{}", port, to_string(*finding.protocol), finding.state ? " " : "",
                     finding.state ? to_string(*finding.state) : "");
}

std::string class_of(const Finding& finding) {
  if (finding.node_class.empty()) return "-";
  if (finding.network.empty()) return finding.node_class;
  return host_type(finding.node_class, finding.network);
}

/// As it is where it is a plain word; rows of Table 1 may come from anybody's SQL client.
std::string word(const std::string& text) {
  const std::string safe = quoted(text, text.size());
  const bool plain = safe.size() == text.size() + 2 && text.find(' ') == std::string::npos;
  return plain ? text : safe;
}

std::string verdict_of(const DoctorCheck& check) {
  switch (check.verdict) {
    case DoctorCheck::Verdict::good: return "ok";
    case DoctorCheck::Verdict::limited: return "limited";
    case DoctorCheck::Verdict::bad: return "MISSING";
  }
  return "";
}

}  // namespace

std::string scan_text(const SweepRecord& record) {
  return ports_table(record.observations) + interruption(record) + coverage_line(record) + "\n" +
         format_gaps(record.coverage, "  ") + effort_line(record.summary) + "\n";
}

std::string sweep_text(const control::SweepReport& report) {
  std::string text =
      fmt::format("sweep {}: {}\n{}/{} proven.", format_time(report.record.started),
                  effort_line(report.record.summary), report.proven, plural(report.nodes, "node"));
  const std::string gaps = format_gaps(report.record.coverage, "  ");
  text += gaps.empty() ? "\n" : " NOT:\n" + gaps;
  text += interruption(report.record);
  if (report.rows.empty()) return text + "In step: nothing deviates.\n";
  text += plural(report.rows.size(), "finding") + "\n\n";
  Table table({"SEVERITY", "KIND", "CLASS", "WHAT", "NODES", "DETAIL"});
  for (const FindingRow& row : report.rows) {
    const Finding& subject = row.subject;
    table.add({std::string(to_string(subject.severity)), std::string(to_string(subject.kind)),
               class_of(subject), subject_of(subject), fold_nodeset(row.nodes), subject.detail});
  }
  text += table.to_string();
  const std::string gravest = fold_nodeset(report.rows.front().nodes);
  return text + fmt::format("\nNext: lockstep nodes {}\n", quoted(gravest, gravest.size()));
}

std::string learn_text(const control::LearnReport& report) {
  std::string text;
  for (const Profile& profile : report.profiles) {
    text += fmt::format("{} learned: {}\n", profile.host_type,
                        plural(profile.ports.size(), "open port"));
  }
  return text + profiles_text(report.profiles) + effort_line(report.record.summary) + "\n";
}

std::string profiles_text(const std::vector<Profile>& profiles) {
  Table table({"PORT", "PROTOCOL", "SERVICE", "HOST_TYPE"});
  for (const Profile& profile : profiles) {
    for (const ExpectedPort& port : profile.ports) {
      table.add({std::to_string(port.port), std::string(to_string(port.protocol)),
                 port.service.empty() ? "-" : quoted(port.service), word(profile.host_type)});
    }
  }
  return table.to_string();
}

std::string nodes_text(const std::vector<Node>& nodes) {
  Table table({"NODE", "CLASSES", "GROUP", "ADDRESSES"});
  for (const Node& node : nodes) {
    std::string addresses;
    for (const NodeAddress& address : node.addresses) {
      addresses += addresses.empty() ? "" : ",";
      addresses += address.address.to_string();
      if (address.network != kDefaultNetwork) addresses += "@" + address.network;
    }
    table.add({node.name, fmt::format("{}", fmt::join(node.classes, ",")),
               node.group.empty() ? "-" : node.group, addresses.empty() ? "by name" : addresses});
  }
  return table.to_string();
}

std::string doctor_text(const std::vector<DoctorCheck>& checks) {
  Table table({"CHECK", "VERDICT", "FOUND"});
  std::string remedies;
  for (const DoctorCheck& check : checks) {
    table.add({check.subject, verdict_of(check), check.finding});
    if (!check.remedy.empty()) remedies += fmt::format("  {}: {}\n", check.subject, check.remedy);
  }
  return table.to_string() + (remedies.empty() ? "" : "\nWhat to do:\n" + remedies);
}

}  // namespace lockstep::cli
