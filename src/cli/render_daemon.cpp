#include "cli/render_daemon.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/format.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "model/duration.h"
#include "model/nodeset.h"

namespace lockstep::cli {
namespace {

using control::DaemonStatus;
using control::InstanceRow;
using control::InstanceStatus;

std::string run_text(const InstanceRun& run, WallTime now) {
  std::string text = fmt::format("{} ago, {}", format_age(now - run.ended), to_string(run.state));
  if (run.state == SweepState::finished) {
    text += fmt::format(", {}/{} proven", with_thousands(run.proven), with_thousands(run.nodes));
  }
  return text;
}

std::string state_text(const InstanceRow& row, const InstanceStatus* status) {
  if (!row.instance.enabled) return "disabled";
  if (status == nullptr) return "-";
  if (!status->problem.empty()) return "FAILS";
  if (!status->run) return "waits";
  std::string text = fmt::format(
      "step {}/{}", std::min(status->run->steps_done + 1, status->run->steps), status->run->steps);
  if (!status->step.empty()) text += ": " + status->step;
  return text;
}

/// States that many nodes are in all the time, so that one counts them and names the others.
bool is_everyday(SchedulerState state) {
  switch (state) {
    case SchedulerState::idle:
    case SchedulerState::mixed:
    case SchedulerState::allocated:
    case SchedulerState::completing: return true;
    default: return false;
  }
}

/// "  12s ago: 510 idle, 2 maintenance (node[017-018])"
std::string states_text(const control::SchedulerStates& states) {
  if (!states.age) return "";
  std::string text;
  for (const auto& [state, nodes] : states.nodes) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", with_thousands(nodes.size()),
                        to_string(state));
    if (!is_everyday(state)) text += fmt::format(" ({})", shown(fold_nodeset(nodes)));
  }
  return fmt::format("  {} ago: {}\n", format_age(*states.age), text);
}

/// The latest run, or the latest round of what measures.
std::string latest_text(const InstanceRow& row, const InstanceStatus* status, WallTime now) {
  if (status != nullptr && status->round) {
    const std::size_t ports = status->round->ports;
    return fmt::format("{} ago, {}/{} measured{}", format_age(now - status->round->at),
                       with_thousands(status->round->covered), with_thousands(status->round->nodes),
                       ports == 0 ? "" : ", " + plural(ports, "open port"));
  }
  return row.latest ? run_text(*row.latest, now) : "-";
}

/// What a row cannot hold.
void add_notes(const InstanceRow& row, const InstanceStatus* status, Table& table) {
  if (!row.problem.empty()) {
    table.add_note("what was changed does not hold: " + shown_sentence(row.problem));
  }
  if (!row.promise.empty()) table.add_note("promise: " + row.promise);
  if (status == nullptr) return;
  if (!status->problem.empty()) table.add_note(shown_sentence(status->problem));
  if (status->progress && status->run) table.add_note(format_progress(*status->progress));
  if (status->busy > 0) {
    table.add_note(plural(status->busy, "node was", "nodes were") +
                   " passed over: not idle, says the scheduler");
  }
  if (status->withdrawn > 0) {
    table.add_note(plural(status->withdrawn, "node was", "nodes were") +
                   " passed over: off, says the scheduler");
  }
}

}  // namespace

std::string status_text(const DaemonStatus& status) {
  std::string text =
      fmt::format("lockstep serve on {}, process {}, since {} ({}); {}, {}\n", shown(status.host),
                  status.pid, format_time(status.since), format_age(status.now - status.since),
                  shown(status.config), plural(status.nodes, "node"));
  if (status.stop_order) {
    text += fmt::format("ALL SENDING IS STOPPED since {}; to go on: lockstep stop --lift\n",
                        quoted(*status.stop_order));
  }
  if (!status.reload_problem.empty()) {
    text += fmt::format("The configuration was changed, and does not hold:\n{}\n",
                        status.reload_problem);
  }
  if (!status.scheduler.empty()) {
    text += fmt::format(
        "job scheduler {}: {}\n", status.scheduler,
        status.scheduler_trouble.empty() ? "answers" : shown_sentence(status.scheduler_trouble));
    text += states_text(status.scheduler_states);
  }
  Table table({"INSTANCE", "COLLECTOR", "EVERY", "STATE", "NEXT", "LAST RUN"});
  for (const InstanceRow& row : status.instances) {
    const auto found = status.statuses.find(row.instance.name);
    const InstanceStatus* const own = found == status.statuses.end() ? nullptr : &found->second;
    const bool waits = own != nullptr && own->next && !own->run && row.instance.enabled;
    table.add({shown(row.instance.name), shown(row.instance.collector),
               to_text(row.instance.interval), state_text(row, own),
               waits ? "in " + format_age(*own->next - status.now) : "-",
               latest_text(row, own, status.now)});
    add_notes(row, own, table);
  }
  text += table.empty() ? "There is no instance: see lockstep instance set --help\n"
                        : "\n" + table.to_string();
  if (!status.troubles.empty()) text += "\nTroubles:\n";
  for (const std::string& line : status.troubles) text += "  " + shown_sentence(line) + "\n";
  return text;
}

std::string instances_text(const std::vector<InstanceRow>& rows, WallTime now) {
  if (rows.empty()) {
    return "There is no instance. Next: lockstep instance set fast-ports collector=ports "
           "interval=1h\n";
  }
  Table table({"INSTANCE", "COLLECTOR", "EVERY", "NODES", "FROM", "LAST RUN"});
  for (const InstanceRow& row : rows) {
    const Instance& instance = row.instance;
    table.add({shown(instance.name), shown(instance.collector),
               instance.enabled ? to_text(instance.interval) : "disabled",
               instance.nodes.empty() ? "all" : shown(instance.nodes),
               row.change ? fmt::format("{}, {} ago", shown(row.change->changed_by),
                                        format_age(now - row.change->changed_at))
                          : "configuration",
               row.latest ? run_text(*row.latest, now) : "-"});
    if (!row.problem.empty()) {
      table.add_note("what was changed does not hold: " + shown_sentence(row.problem));
    }
    if (!row.promise.empty()) table.add_note("promise: " + row.promise);
    InstanceSettings more = settings_of(instance);
    for (const char* const told : {"collector", "interval", "nodes", "enabled"}) more.erase(told);
    std::string note;
    for (const auto& [key, value] : more) {
      note += fmt::format("{}{}={}", note.empty() ? "" : "  ", key, shown(value));
    }
    if (!note.empty()) table.add_note(note);
  }
  return table.to_string();
}

std::string instance_text(const Instance& instance) {
  std::string text = fmt::format("{}:\n", shown(instance.name));
  for (const auto& [key, value] : settings_of(instance)) {
    text += fmt::format("  {} = {}\n", key, shown_sentence(value));
  }
  return text;
}

std::string runs_text(const std::vector<InstanceRun>& runs, WallTime now) {
  if (runs.empty()) return "No instance has run yet.\n";
  Table table({"RUN", "INSTANCE", "STARTED", "TOOK", "STATE", "PROVEN", "STEPS", "PROBES"});
  for (const InstanceRun& run : runs) {
    table.add({fmt::format("#{}", run.id), shown(run.instance), format_clock(run.started, now),
               format_duration(run.ended - run.started), std::string(to_string(run.state)),
               fmt::format("{}/{}", with_thousands(run.proven), with_thousands(run.nodes)),
               fmt::format("{}/{}", run.steps_done, run.steps), with_thousands(run.probes)});
    if (!run.problem.empty()) table.add_note(shown_sentence(run.problem));
  }
  return table.to_string();
}

std::string audit_text(const std::vector<AuditEntry>& entries) {
  if (entries.empty()) return "Nobody has changed anything yet.\n";
  Table table({"WHEN", "WHO", "WHAT", "OF", "HOW"});
  for (const AuditEntry& entry : entries) {
    table.add({format_time(entry.at), shown(entry.person), shown_sentence(entry.action),
               shown(entry.subject), shown_sentence(entry.detail)});
  }
  return table.to_string();
}

}  // namespace lockstep::cli
