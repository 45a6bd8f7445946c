#include "cli/render_profiles.h"

#include <fmt/format.h>

#include "cli/format.h"
#include "cli/table.h"

namespace lockstep::cli {
namespace {

using control::ProfileState;

std::string class_of(const std::string& type) {
  return type.substr(0, type.find('@'));
}

std::string approve_command(const std::string& type) {
  return "lockstep profile approve --class " + shell_word(type);
}

std::string diff_command(const std::string& type) {
  return "lockstep profile diff --class " + shell_word(type);
}

void add_ports(Table& table, const Profile& profile) {
  for (const ExpectedPort& port : profile.ports) {
    table.add({std::to_string(port.port), std::string(to_string(port.protocol)),
               port.service.empty() ? "-" : shown(port.service), shown(profile.host_type)});
  }
}

Table table_one() {
  return Table({"PORT", "PROTOCOL", "SERVICE", "HOST_TYPE"});
}

std::string presence_text(const PortRule& rule) {
  std::string text(to_string(rule.presence));
  if (rule.presence == Presence::rpc) text += fmt::format(":{}", rule.rpc_program);
  if (rule.presence == Presence::service) text += ":" + shown(rule.service);
  return text;
}

/// Empty where there is no rule.
std::string rules_text(const std::vector<ProfileState>& states) {
  Table table({"PORTS", "PROTOCOL", "PRESENCE", "UNTIL", "HOST_TYPE"});
  for (const ProfileState& state : states) {
    if (!state.in_use) continue;
    for (const PortRule& rule : state.in_use->rules) {
      table.add({rule.ports.to_string(), std::string(to_string(rule.protocol)), presence_text(rule),
                 rule.until ? format_time(*rule.until) : "-", shown(state.host_type)});
    }
  }
  return table.empty() ? "" : "\n" + table.to_string();
}

/// Empty where there is none.
std::string value_rules_text(const std::vector<ValueRule>& rules) {
  Table table({"INSTANCE", "VALUE", "RULE", "HOST_TYPE"});
  for (const ValueRule& rule : rules) {
    table.add(
        {shown(rule.instance), shown(rule.name), shown_sentence(rule.rule), shown(rule.host_type)});
  }
  return table.empty() ? "" : "\n" + table.to_string();
}

/// "by kim, 2026-09-21T14:13:20Z"
std::string by(const std::string& person, WallTime time) {
  return fmt::format("by {}, {}", person.empty() ? "-" : shown(person), format_time(time));
}

std::string origin_of(const Baseline& baseline) {
  return fmt::format("{} ({})", shown_sentence(baseline.origin), by(baseline.maker, baseline.made));
}

/// "3 open ports, 1 rule"
std::string size_of(const Profile& profile) {
  std::string text = plural(profile.ports.size(), "open port");
  if (!profile.rules.empty()) text += ", " + plural(profile.rules.size(), "rule");
  return text;
}

/// What differs from what was approved, in words; empty where nothing does.
std::string change_text(const ProfileState& state) {
  if (state.unapproved.empty()) return "";
  if (!state.approved) return "in use, and never approved";
  return "changed by hand since it was approved " + by(state.approved->by, state.approved->at);
}

/// Lines such as "compute: waits for approval: ..."; empty where all is as approved.
std::string notes_text(const ProfileState& state) {
  std::string text;
  const std::string type = shown(state.host_type);
  if (const std::string change = change_text(state); !change.empty()) {
    text += fmt::format("{}: {}; see {}\n", type, change, diff_command(state.host_type));
  }
  if (state.waiting) {
    text +=
        fmt::format("{}: {} wait for approval: {}; see {}\n", type, size_of(state.waiting->profile),
                    origin_of(*state.waiting), diff_command(state.host_type));
  }
  return text;
}

/// The lines of a difference, as diff(1) marks them.
std::string marked(const LineDiff& diff) {
  std::string text;
  for (const std::string& line : diff.removed) text += "- " + shown_sentence(line) + "\n";
  for (const std::string& line : diff.added) text += "+ " + shown_sentence(line) + "\n";
  return text;
}

std::string outliers_text(const Baseline& baseline) {
  std::string text;
  for (const std::string& each : baseline.outliers) {
    text += fmt::format("  left out: {}\n", shown_sentence(each));
  }
  return text;
}

/// What was made into a baseline: a line, and what was left out.
std::string proposal_text(const Baseline& baseline, std::string_view verb) {
  return fmt::format("{} {}: {} from {}\n{}", shown(baseline.profile.host_type), verb,
                     size_of(baseline.profile), shown_sentence(baseline.origin),
                     outliers_text(baseline));
}

/// "Not in use before it is approved. Next: ..."
std::string how_to_approve(const std::string& type) {
  return fmt::format("Not in use before it is approved. Next: {}; {}\n", diff_command(type),
                     approve_command(type));
}

std::string diff_of(const ProfileState& state) {
  const std::string type = shown(state.host_type);
  const std::string command = approve_command(state.host_type);
  const bool changed = !state.unapproved.empty();
  std::string text;
  if (changed) {
    text += fmt::format("{}: {}\n{}  to approve: {}{}\n", type, change_text(state),
                        marked(state.unapproved), command, state.waiting ? " --table" : "");
  }
  if (state.waiting) {
    text += fmt::format(
        "{}: waits for approval: {}\n{}{}  to approve: {}{}\n", type, origin_of(*state.waiting),
        state.proposed.empty() ? "  no line differs from what is in use\n" : marked(state.proposed),
        outliers_text(*state.waiting), command, changed ? " --baseline" : "");
  }
  if (!text.empty()) return text;
  if (!state.approved) return fmt::format("{}: nothing to approve\n", type);
  return fmt::format("{}: as approved {}\n", type, by(state.approved->by, state.approved->at));
}

}  // namespace

std::string learn_text(const control::LearnReport& report) {
  std::string text;
  Table table = table_one();
  for (const Baseline& baseline : report.baselines) {
    text += proposal_text(baseline, "learned");
    add_ports(table, baseline.profile);
  }
  text += table.to_string() + format_effort(report.record.summary) + "\n";
  if (report.baselines.empty()) return text;
  return text + how_to_approve(class_of(report.baselines.front().profile.host_type));
}

std::string import_text(const Baseline& baseline) {
  Table table = table_one();
  add_ports(table, baseline.profile);
  return proposal_text(baseline, "imported") + table.to_string() +
         how_to_approve(baseline.profile.host_type);
}

std::string show_text(const std::vector<ProfileState>& states,
                      const std::vector<ValueRule>& value_rules) {
  Table table = table_one();
  std::string notes;
  for (const ProfileState& state : states) {
    if (state.in_use) add_ports(table, *state.in_use);
    notes += notes_text(state);
  }
  return table.to_string() + rules_text(states) + value_rules_text(value_rules) +
         (notes.empty() ? "" : "\n" + notes);
}

std::string diff_text(const std::vector<ProfileState>& states) {
  std::string text;
  for (const ProfileState& state : states) text += diff_of(state);
  return text;
}

std::string approve_text(const std::vector<ProfileState>& states) {
  if (states.empty()) return "Approved: nothing is expected any more.\n";
  std::string text;
  for (const ProfileState& state : states) {
    const std::string size = state.in_use ? size_of(*state.in_use) : "nothing is expected";
    text += fmt::format(
        "{}: {}{}\n", shown(state.host_type), size,
        state.approved ? ", approved " + by(state.approved->by, state.approved->at) : "");
    text += notes_text(state);
  }
  return text;
}

}  // namespace lockstep::cli
