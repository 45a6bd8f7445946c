#include "cli/render_node.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/format.h"
#include "cli/render_alerts.h"
#include "cli/render_values.h"
#include "cli/table.h"

namespace lockstep::cli {
namespace {

using control::FilteredPorts;
using control::NodePage;
using control::PagePort;
using control::PageProfile;
using control::PageReport;

std::string place_text(const std::string& network, Protocol protocol) {
  const std::string suffix = network == kDefaultNetwork ? "" : "@" + shown(network);
  return std::string(to_string(protocol)) + suffix;
}

std::string title(const Node& node) {
  std::string classes;
  for (const std::string& each : node.classes)
    classes += (classes.empty() ? "" : ",") + shown(each);
  return fmt::format("{}  {}{}\n", shown(node.name), classes.empty() ? "no class" : classes,
                     node.group.empty() ? "" : "  in " + shown(node.group));
}

/// "  job scheduler: maintenance, "new disk" since 2h ago", "  job scheduler: allocated, job 7 kim"
std::string schedule_line(const NodeSchedule& schedule, WallTime now) {
  std::string text = fmt::format("  job scheduler: {}", to_string(schedule.state));
  if (!schedule.responding) text += ", does not reach the node";
  for (const SchedulerJob& job : schedule.jobs) {
    text += fmt::format(", job {}{}{}", shown(job.id), job.user.empty() ? "" : " ",
                        job.user.empty() ? "" : shown(job.user));
  }
  if (!schedule.reason.empty()) text += ", " + shown_sentence(schedule.reason);
  if (schedule.since > WallTime())
    text += fmt::format(", {} ago", format_age(now - schedule.since));
  return text + "\n";
}

std::string look_line(const Look& look, WallTime now) {
  const std::string where =
      fmt::format("{} {}", look.address == IpAddress() ? "no address" : look.address.to_string(),
                  place_text(look.network, look.protocol));
  const std::string when =
      fmt::format("{} ago, sweep #{}", format_age(now - look.looked), look.sweep);
  if (look.proven()) {
    return fmt::format("  {}: all of {} examined {}\n", where, plural(look.wanted, "port"), when);
  }
  return fmt::format(
      "  {}: NOT PROVEN, {} ({}; {} of {} asked); {}\n", where, to_string(look.gap), when,
      with_thousands(look.asked), plural(look.wanted, "port"),
      look.examined ? fmt::format("last examined in full {} ago", format_age(now - *look.examined))
                    : "never examined in full");
}

/// Addresses that the inventory names and no sweep has looked at.
std::string unseen_lines(const NodePage& page) {
  std::string text;
  for (const NodeAddress& address : page.node.addresses) {
    const bool seen = std::ranges::any_of(page.looks, [&](const Look& look) {
      return look.address == address.address && look.network == address.network;
    });
    if (!seen) {
      text += fmt::format("  {} {}: never examined\n", address.address.to_string(),
                          shown(address.network));
    }
  }
  if (page.node.addresses.empty() && page.looks.empty()) text = "  never examined\n";
  return text;
}

std::string expected_text(const PagePort& port) {
  if (!port.expected) return "-";
  return port.service.empty() ? "open" : shown_sentence(port.service);
}

/// "ssh OpenSSH 9.2p1, 3h ago"
std::string answer_text(const PagePort& port, WallTime now) {
  if (port.says.empty()) return "-";
  return fmt::format("{}, {} ago", shown_sentence(port.says), format_age(now - *port.asked));
}

/// "in step", "a job's: job 88123 alice"
std::string verdict_text(const PagePort& port) {
  return fmt::format("{}{}{}", standing_text(port.standing), port.jobs.empty() ? "" : ": ",
                     shown_sentence(port.jobs));
}

std::string ports_table(const NodePage& page) {
  const bool asked =
      std::ranges::any_of(page.ports, [](const PagePort& port) { return !port.says.empty(); });
  std::vector<std::string> header = {"PORT",  "SEEN",        "EXPECTED", "VERDICT",
                                     "SINCE", "LAST CLOSED", "CLONES"};
  if (asked) header.insert(header.begin() + 3, "ANSWERS");
  Table table(std::move(header));
  for (const PagePort& port : page.ports) {
    std::vector<std::string> row = {
        fmt::format("{}/{}", port.port, place_text(port.network, port.protocol)),
        port.seen ? std::string(to_string(*port.seen)) : "-",
        expected_text(port),
        verdict_text(port),
        port.since ? format_age(page.now - *port.since) : "-",
        port.last_closed ? format_clock(*port.last_closed, page.now) : "-",
        fmt::format("{} of {} open", with_thousands(port.clones_open),
                    with_thousands(port.clones))};
    if (asked) row.insert(row.begin() + 3, answer_text(port, page.now));
    table.add(std::move(row));
  }
  return table.empty() ? "Nothing is open, and nothing is expected to be.\n" : table.to_string();
}

/// "  198.18.0.1 tcp 1-1024, udp 53: examined by listeners 5m ago"
std::string report_line(const ReportedLook& look, WallTime now) {
  std::string what;
  if (!look.tcp.empty()) what += " tcp " + look.tcp;
  if (!look.udp.empty()) what += (what.empty() ? " udp " : ", udp ") + look.udp;
  return fmt::format("  {}{}{}: {} by {} {} ago\n", look.address.to_string(),
                     look.network == kDefaultNetwork ? "" : " on " + shown(look.network), what,
                     look.declares() ? "examined" : "covered", shown(look.instance),
                     format_age(now - look.looked));
}

/// What plug-ins report; nothing where they do not.
std::string reported_table(const NodePage& page) {
  if (page.reported.empty()) return "";
  Table table({"PORT", "REPORTED BY", "EXPECTED", "VERDICT", "SINCE", "ASKED"});
  for (const PageReport& each : page.reported) {
    const std::string verdict(standing_text(each.standing));
    table.add(
        {fmt::format("{}/{}", each.port.port, place_text(each.port.network, each.port.protocol)),
         shown(each.port.instance), each.expected ? "open" : "-",
         each.jobs.empty() ? verdict : verdict + ": " + shown_sentence(each.jobs),
         format_age(page.now - each.port.since), format_age(page.now - each.looked)});
  }
  return "\n" + table.to_string();
}

std::string filtered_lines(const NodePage& page) {
  std::string text;
  for (const FilteredPorts& each : page.filtered) {
    text += fmt::format("filtered {}: {} ({})\n", place_text(each.network, each.protocol),
                        each.ports.to_string(), plural(each.ports.size(), "port"));
  }
  return text;
}

std::string profile_line(const PageProfile& profile, WallTime now) {
  const std::string name = shown(profile.host_type);
  if (!profile.exists) {
    const std::string node_class = profile.host_type.substr(0, profile.host_type.find('@'));
    return fmt::format("profile {}: NONE. Next: lockstep profile learn --class {} --consensus\n",
                       name, shell_word(node_class));
  }
  if (!profile.approval) return fmt::format("profile {}: approved by nobody\n", name);
  return fmt::format("profile {}: approved {} ago by {}{}\n", name,
                     format_age(now - profile.approval->at), shown(profile.approval->by),
                     profile.unapproved ? "; CHANGED since" : "");
}

}  // namespace

std::string_view standing_text(control::Standing standing) {
  using control::Standing;
  switch (standing) {
    case Standing::in_step: return "in step";
    case Standing::unexpected: return "UNEXPECTED";
    case Standing::wrong_service: return "WRONG SERVICE";
    case Standing::missing: return "MISSING";
    case Standing::conditional: return "depends";
    case Standing::not_judged: return "not judged";
    case Standing::not_known: return "not known";
    case Standing::of_job: return "a job's";
  }
  return "?";
}

std::string node_page_text(const NodePage& page) {
  std::string text = title(page.node);
  if (page.schedule) text += schedule_line(*page.schedule, page.now);
  for (const Look& look : page.looks) text += look_line(look, page.now);
  text += unseen_lines(page);
  for (const ReportedLook& look : page.reported_looks) text += report_line(look, page.now);
  text += "\n" + ports_table(page) + filtered_lines(page) + reported_table(page) + "\n";
  if (!page.values.empty()) text += node_values_text(page.values, page.now) + "\n";
  for (const PageProfile& profile : page.profiles) text += profile_line(profile, page.now);
  if (page.alerts.empty()) return text + "No open alert.\n";
  return text + "\n" + alert_rows_text(page.alerts, page.now);
}

}  // namespace lockstep::cli
