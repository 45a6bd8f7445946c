#include "cli/render_sweep.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/format.h"
#include "model/nodeset.h"

namespace lockstep::cli {
namespace {

using control::SweepReport;
using control::SweepRow;

bool is_muted(AlertStatus status) {
  return status == AlertStatus::acknowledged || status == AlertStatus::silenced;
}

bool is_news(AlertStatus status) {
  return status == AlertStatus::open || status == AlertStatus::reopened;
}

/// "2026-09-21 14:13-14:25Z"
std::string span_text(WallTime from, WallTime to) {
  std::string start = format_time(from).substr(0, 16);
  start[10] = ' ';
  return fmt::format("{}-{}", start, format_clock(std::max(from, to), from));
}

/// "sweep #12 2026-09-21 14:13-14:25Z from mon1, packet, 655,350 probes in 12 min 3 s (272 kpps)"
std::string head_line(const SweepReport& report) {
  const SweepRecord& record = report.record;
  const auto lasted = std::chrono::duration_cast<WallTime::duration>(record.summary.duration);
  const WallTime ended =
      report.info.ended == WallTime() ? record.started + lasted : report.info.ended;
  return fmt::format("sweep{} {}{}{}, {}\n",
                     report.info.id > 0 ? fmt::format(" #{}", report.info.id) : "",
                     span_text(record.started, ended),
                     report.info.host.empty() ? "" : " from " + shown(report.info.host),
                     record.summary.method.empty() ? "" : ", " + record.summary.method,
                     format_effort(record.summary));
}

/// "40 services asked in 1.2 s; 12 keys are new, and known from now on"
std::string services_line(const SweepReport& report) {
  const SweepRecord& record = report.record;
  std::string left_out = report.busy.empty()
                             ? ""
                             : fmt::format("Not asked what answers, since jobs may run there: {}\n",
                                           nodes_in_short(report.busy));
  if (!record.identified_in) return left_out;
  std::string line = fmt::format("{} asked in {}", plural(record.services.size(), "service"),
                                 format_duration(*record.identified_in));
  if (report.keys_learned > 0) {
    line += fmt::format("; {} new, and known from now on", plural(report.keys_learned, "key"));
  }
  return line + "\n" + left_out;
}

/// "8,874/9,000 nodes proven." and why the rest is not.
std::string proof_lines(const SweepReport& report) {
  const std::string gaps = format_gaps(report.record.coverage, "  ");
  return fmt::format("{}/{} proven.{}\n{}", with_thousands(report.proven),
                     plural(report.nodes, "node"), gaps.empty() ? "" : " NOT:", gaps);
}

std::string state_text(const SweepRow& row) {
  if (row.is_first_look()) return "FIRST LOOK";
  if (row.alert == 0) return "-";
  switch (row.status) {
    case AlertStatus::open: return row.is_new ? "NEW" : "OPEN";
    case AlertStatus::reopened: return row.is_new ? "AGAIN" : "OPEN";
    case AlertStatus::acknowledged: return "ACK";
    case AlertStatus::silenced: return "SILENCED";
    case AlertStatus::resolved: return "RESOLVED";
    case AlertStatus::pending: break;
  }
  return "-";
}

/// "2 NEW, 1 acknowledged, 3 resolved"
std::string count_line(const SweepReport& report) {
  static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"NEW", "NEW"},           {"AGAIN", "AGAIN"},
      {"OPEN", "open before"},  {"FIRST LOOK", "at first look"},
      {"ACK", "acknowledged"},  {"SILENCED", "silenced"},
      {"RESOLVED", "resolved"}, {"-", "that is no alert"}};
  std::string line;
  for (const auto& [state, word] : kWords) {
    const auto count =
        std::count_if(report.rows.begin(), report.rows.end(),
                      [&](const SweepRow& row) { return state_text(row) == state; }) +
        (state == "RESOLVED" ? static_cast<std::ptrdiff_t>(report.resolved.size()) : 0);
    if (count > 0) line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, word);
  }
  return line.empty() ? "" : line + "\n";
}

/// What is known of a row beyond its line, each with its indentation.
std::string row_notes(const SweepRow& row, unsigned reasked, WallTime swept) {
  const Finding& subject = row.finding.subject;
  std::string notes;
  const auto add = [&](const std::string& line) { notes += fmt::format("  {}\n", line); };
  if (!subject.detail.empty()) add(shown_sentence(subject.detail));
  if (!row.held.empty()) add(shown_sentence(row.held));
  const bool was_reasked = reasked > 0 && (subject.kind == FindingKind::unexpected_port ||
                                           subject.kind == FindingKind::orphan_listener);
  const std::string again = was_reasked ? fmt::format("re-asked {}x, still open", reasked) : "";
  const bool is_key = subject.kind == FindingKind::hostkey_changed ||
                      subject.kind == FindingKind::certificate_changed;
  if (is_key && !subject.clones.empty()) {
    add(shown_sentence(subject.clones));
  } else if (!subject.clones.empty()) {
    add(fmt::format("clones: {}{}{}", shown_sentence(subject.clones), was_reasked ? "; " : "",
                    again));
  } else if (was_reasked) {
    add(again);
  }
  const bool says_little = !subject.state && subject.port && !subject.expected.empty();
  if (says_little) add("expected: " + shown_sentence(subject.expected));
  if (row.is_first_look()) add("an alert if it is still so after the next look");
  if (is_muted(row.status)) {
    add(fmt::format("{} by {}{}", to_string(row.status), row.owner.empty() ? "-" : shown(row.owner),
                    row.until ? " until " + format_clock(*row.until, swept) : ""));
  }
  if (row.alert > 0 && row.first_seen != WallTime()) {
    std::string line = "first " + format_clock(row.first_seen, swept);
    if (row.last_closed) {
      line += fmt::format(", last {} {}", subject.state == PortState::open ? "closed" : "in step",
                          format_clock(*row.last_closed, swept));
    }
    add(line);
  }
  return notes;
}

/// Kind, classes, subject and nodes of a Finding or an AlertSubject.
template <typename Subject>
std::string subject_line(const Subject& subject, const std::vector<std::string>& nodes) {
  return fmt::format(
      "{}  {}  {}{}", to_string(subject.kind), class_text(subject.node_class, subject.network),
      subject_text(subject.kind, subject.protocol, subject.port, subject.state, subject.reason),
      nodes.empty() ? "" : "  " + nodes_in_short(nodes));
}

std::string alert_text(const SweepRow& row) {
  return row.alert > 0 ? alert_name(row.alert) : "-";
}

/// The rows, their lines aligned as far as the state.
std::string rows_text(const SweepReport& report) {
  std::size_t alert = 0;
  std::size_t state = 0;
  for (const SweepRow& row : report.rows) {
    alert = std::max(alert, alert_text(row).size());
    state = std::max(state, state_text(row).size());
  }
  std::string text;
  for (const SweepRow& row : report.rows) {
    text += fmt::format("{:<4}  {:<{}}  {:<{}}  {}\n", severity_text(row.finding.subject.severity),
                        alert_text(row), alert, state_text(row), state,
                        subject_line(row.finding.subject, row.finding.nodes));
    text += row_notes(row, report.reasked, report.record.started);
  }
  return text;
}

std::string resolved_text(const std::vector<AlertRow>& rows) {
  std::string text;
  for (const AlertRow& row : rows) {
    const std::string& why = row.first.resolution;
    text += fmt::format("RESOLVED  {}  {}{}{}\n", alert_name(row.first.id),
                        subject_line(row.first.subject, row.nodes), why.empty() ? "" : ": ",
                        shown_sentence(why));
  }
  return text;
}

/// What one types next: about the first new row, or about the gravest where there is none.
std::string next_line(const std::vector<SweepRow>& rows) {
  const auto news = std::find_if(rows.begin(), rows.end(), [](const SweepRow& row) {
    return row.is_new && row.alert > 0 && is_news(row.status);
  });
  const SweepRow& row = news == rows.end() ? rows.front() : *news;
  const Finding& subject = row.finding.subject;
  std::string commands;
  const bool of_keys = subject.kind == FindingKind::hostkey_changed ||
                       subject.kind == FindingKind::certificate_changed;
  if (!row.finding.nodes.empty()) {
    commands = fmt::format("lockstep {} {}", of_keys ? "keys" : "nodes",
                           shell_word(fold_nodeset(row.finding.nodes)));
  } else if (!subject.node_class.empty()) {
    commands = "lockstep profile diff --class " +
               shell_word(host_type(subject.node_class, subject.network));
  }
  if (row.alert > 0 && is_news(row.status)) {
    commands += fmt::format("{}lockstep alert ack {} --note ...", commands.empty() ? "" : "; ",
                            alert_name(row.alert));
  }
  if (of_keys && !row.finding.nodes.empty()) {
    commands += fmt::format("; or, where it was installed again, lockstep key accept {}",
                            shell_word(fold_nodeset(row.finding.nodes)));
  }
  return commands.empty() ? "" : fmt::format("Next: {}\n", commands);
}

}  // namespace

std::string sweep_text(const control::SweepReport& report) {
  std::string text = head_line(report) + proof_lines(report) + services_line(report) +
                     format_interruption(report.record);
  if (report.rows.empty()) {
    text += report.record.complete() ? "In step: nothing deviates.\n"
                                     : "Nothing deviates in what was examined.\n";
  }
  text += count_line(report);
  const std::string rows = rows_text(report) + resolved_text(report.resolved);
  if (!rows.empty()) text += "\n" + rows;
  if (!report.rows.empty()) text += next_line(report.rows);
  return text;
}

}  // namespace lockstep::cli
