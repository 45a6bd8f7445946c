#include "cli/render_alerts.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/format.h"
#include "cli/table.h"

namespace lockstep::cli {
namespace {

using control::AlertListing;

/// The longest note that is shown whole.
constexpr std::size_t kMostNote = 300;

std::string state_text(AlertStatus status) {
  switch (status) {
    case AlertStatus::pending: return "PENDING";
    case AlertStatus::open: return "NEW";
    case AlertStatus::reopened: return "AGAIN";
    case AlertStatus::acknowledged: return "ACK";
    case AlertStatus::silenced: return "SILENCED";
    case AlertStatus::resolved: return "RESOLVED";
  }
  return "?";
}

/// "kim>2026-12-01": who muted it, and until when; "-" where nobody does.
std::string owner_text(const AlertRow& row) {
  const bool muted = row.status == AlertStatus::acknowledged || row.status == AlertStatus::silenced;
  if (!muted) return "-";
  const std::string owner = row.first.owner.empty() ? "?" : shown(row.first.owner);
  return row.first.until ? owner + ">" + format_time(*row.first.until).substr(0, 10) : owner;
}

void add_row(Table& table, const AlertRow& row, WallTime now) {
  const AlertRecord& alert = row.first;
  const AlertSubject& subject = alert.subject;
  table.add(
      {severity_text(alert.severity), alert_name(alert.id), state_text(row.status),
       std::string(to_string(subject.kind)), class_text(subject.node_class, subject.network),
       subject_text(subject.kind, subject.protocol, subject.port, subject.state, subject.reason),
       nodes_in_short(row.nodes), format_age(now - row.first_seen), format_age(now - row.last_seen),
       owner_text(row)});
  if (!alert.detail.empty()) table.add_note(shown_sentence(alert.detail));
  if (!alert.note.empty()) table.add_note("note: " + quoted(alert.note, kMostNote));
  if (row.status == AlertStatus::resolved && !alert.resolution.empty()) {
    table.add_note("resolved: " + shown_sentence(alert.resolution, kMostNote));
  }
}

std::string_view fate_text(SweepState state) {
  switch (state) {
    case SweepState::running: return "is running";
    case SweepState::finished: return "finished";
    case SweepState::interrupted: return "was interrupted";
    case SweepState::failed: return "failed";
    case SweepState::lost: return "was lost: its program went away";
  }
  return "is in no known state";
}

/// "data 4m old", and what is wrong with the sweep that it came from; `latest` is there.
std::string data_text(const AlertListing& listing) {
  const SweepInfo& latest = *listing.latest;
  std::string text = fmt::format("data {} old", format_age(listing.now - latest.ended));
  if (latest.state != SweepState::finished) {
    text += fmt::format("; the latest sweep, #{}, {}{}{}", latest.id, fate_text(latest.state),
                        latest.problem.empty() ? "" : ": ", shown_sentence(latest.problem));
  }
  return text;
}

/// Where plug-ins alone look at nodes.
std::string measured_text(const AlertListing& listing) {
  return fmt::format("values {} old, and ports were never asked",
                     format_age(listing.now - *listing.measured));
}

std::string footer(const AlertListing& listing) {
  std::string data = "never swept";
  if (listing.latest) {
    data = fmt::format("{} unproven; {}", with_thousands(listing.unproven), data_text(listing));
  } else if (listing.measured) {
    data = measured_text(listing);
  }
  return fmt::format("{}, {}; {}\n", plural(listing.rows.size(), "row"),
                     plural(listing.node_count, "node"), data);
}

/// Where there is no row: what that means, and no more.
std::string absence(const AlertListing& listing) {
  const std::string where = listing.of_some_nodes ? " of these nodes" : "";
  if (!listing.latest && listing.measured) {
    return fmt::format("No open alert{} of values; {}\n", where, measured_text(listing));
  }
  if (!listing.latest) {
    return "No alert, and nothing is proven: never swept. Next: lockstep sweep\n";
  }
  if (listing.complete() && listing.latest->state == SweepState::finished) {
    return fmt::format("No open alert{}; {} proven; {}\n", where, plural(listing.watched, "node"),
                       data_text(listing));
  }
  return fmt::format("No open alert{} in what was examined; {} unproven; {}\n", where,
                     plural(listing.unproven, "node"), data_text(listing));
}

}  // namespace

std::string alert_rows_text(const std::vector<AlertRow>& rows, WallTime now) {
  Table table({"SEV", "ID", "STATE", "KIND", "CLASS", "WHAT", "NODES", "SINCE", "ASKED", "OWNER"});
  for (const AlertRow& row : rows) add_row(table, row, now);
  return table.empty() ? "" : table.to_string();
}

std::string alerts_text(const AlertListing& listing) {
  if (listing.rows.empty()) return absence(listing);
  return alert_rows_text(listing.rows, listing.now) + footer(listing);
}

std::string acted_text(const AlertListing& listing) {
  return listing.rows.empty() ? "No row of these alerts is left.\n"
                              : alert_rows_text(listing.rows, listing.now);
}

}  // namespace lockstep::cli
