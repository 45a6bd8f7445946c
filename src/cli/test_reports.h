// Reports as the use cases hand them out, for the tests of what people and scripts read.

#pragma once

#include <boost/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "control/alert_use_cases.h"
#include "control/profile_use_cases.h"
#include "control/use_cases.h"

namespace lockstep::cli {

inline const IpAddress kFirst = IpAddress::v4(0xc6120001);            // 198.18.0.1
inline const WallTime kStarted(std::chrono::seconds(1'790'000'000));  // 2026-09-21T14:13:20Z
inline const std::string kHostile = "x\x1b]0;owned\x07\nHIGH  A-1\xe2\x80\xae";

inline PortObservation seen(const std::string& node, Port port, PortState state = PortState::open,
                            Evidence evidence = Evidence::syn_ack) {
  return {node, kFirst, kDefaultNetwork, Protocol::tcp, port, state, evidence};
}

inline Coverage covered(const std::string& node, CoverageGap gap = CoverageGap::none,
                        std::string note = "") {
  Coverage coverage;
  coverage.node = node;
  coverage.address = kFirst;
  coverage.network = kDefaultNetwork;
  coverage.wanted = coverage.asked = 1000;
  coverage.answered = 998;
  coverage.unanswered = 2;
  coverage.open = 3;
  coverage.closed = 995;
  coverage.passes = 2;
  coverage.gap = gap;
  coverage.note = std::move(note);
  return coverage;
}

inline Coverage left_out(const std::string& node, CoverageGap gap, std::string note) {
  Coverage coverage = covered(node, gap, std::move(note));
  coverage.wanted = coverage.asked = coverage.answered = coverage.unanswered = 0;
  coverage.open = coverage.closed = coverage.passes = 0;
  if (gap == CoverageGap::not_resolved) coverage.address = {};
  return coverage;
}

inline SweepRecord record_of(std::vector<PortObservation> observations,
                             std::vector<Coverage> coverage) {
  SweepRecord record;
  record.started = kStarted;
  record.summary.method = "packet";
  record.summary.probes_sent = 2002;
  record.summary.duration = std::chrono::milliseconds(1500);
  record.observations = std::move(observations);
  record.coverage = std::move(coverage);
  return record;
}

inline Finding finding_of(FindingKind kind, Severity severity, std::optional<Port> port,
                          std::optional<PortState> state) {
  Finding finding;
  finding.kind = kind;
  finding.severity = severity;
  finding.node_class = "compute";
  finding.network = kDefaultNetwork;
  finding.address = kFirst;
  finding.port = port;
  finding.state = state;
  if (port) finding.protocol = Protocol::tcp;
  return finding;
}

/// A new alert about 4444/tcp on `nodes`.
inline control::SweepRow new_row(std::int64_t alert, std::vector<std::string> nodes) {
  control::SweepRow row;
  row.finding.subject =
      finding_of(FindingKind::unexpected_port, Severity::high, 4444, PortState::open);
  row.finding.subject.expected = "closed";
  row.finding.subject.node = nodes.empty() ? "" : nodes.front();
  row.finding.nodes = std::move(nodes);
  row.alert = alert;
  row.is_new = true;
  row.first_seen = kStarted + std::chrono::minutes(3);
  return row;
}

/// A port that was missed once.
inline control::SweepRow pending_row() {
  control::SweepRow row;
  row.finding.subject =
      finding_of(FindingKind::missing_port, Severity::low, 9100, PortState::closed);
  row.finding.subject.node = "node5";
  row.finding.nodes = {"node5"};
  row.status = AlertStatus::pending;
  row.first_seen = kStarted;
  return row;
}

/// Raised an hour before kStarted, asked for 5 minutes before.
inline AlertRow alert_row(std::int64_t id, AlertStatus status, std::vector<std::string> nodes) {
  using namespace std::chrono_literals;
  AlertRow row;
  row.first.id = id;
  row.first.subject = {.kind = FindingKind::unexpected_port,
                       .node_class = "compute",
                       .network = kDefaultNetwork,
                       .protocol = Protocol::tcp,
                       .port = Port{4444},
                       .state = PortState::open,
                       .reason = ""};
  row.first.node = nodes.empty() ? "" : nodes.front();
  row.first.severity = Severity::high;
  row.first.status = row.status = status;
  row.first.expected = "closed";
  row.first_seen = row.first.first_seen = kStarted - 1h;
  row.last_seen = row.first.last_seen = kStarted - 5min;
  row.nodes = std::move(nodes);
  return row;
}

inline control::SweepReport deviating() {
  control::SweepReport report;
  report.info.id = 12;
  report.info.state = SweepState::finished;
  report.info.host = "mon1";
  report.info.ended = kStarted + std::chrono::minutes(12);
  report.record =
      record_of({seen("node3", 4444), seen("node7", 4444)}, {covered("node3"), covered("node7")});
  report.rows = {new_row(2, {"node3", "node7"})};
  report.nodes = report.proven = 2;
  return report;
}

/// 5 minutes after a sweep that proved all of 10 nodes.
inline control::AlertListing listing_of(std::vector<AlertRow> rows) {
  control::AlertListing listing;
  listing.now = kStarted;
  for (const AlertRow& row : rows) listing.node_count += row.nodes.size();
  listing.rows = std::move(rows);
  listing.watched = 10;
  listing.latest = SweepInfo{.id = 12,
                             .state = SweepState::finished,
                             .started = kStarted - std::chrono::minutes(17),
                             .ended = kStarted - std::chrono::minutes(5),
                             .nodes = "node[1-10]",
                             .ports = "1-65535",
                             .owner = "",
                             .host = "mon1",
                             .method = "packet",
                             .probes = 655'350,
                             .node_count = 10,
                             .proven = 10,
                             .problem = ""};
  return listing;
}

inline Profile profile_of(std::string host_type, std::vector<ExpectedPort> ports) {
  Profile profile;
  profile.host_type = std::move(host_type);
  profile.ports = std::move(ports);
  return profile;
}

inline ExpectedPort expected_port(Port port, std::string service = "") {
  return {
      .port = port, .protocol = Protocol::tcp, .service = std::move(service), .service_rule = ""};
}

/// In use and approved: 22 with a service, 80 without.
inline control::ProfileState approved_state() {
  control::ProfileState state;
  state.host_type = "compute";
  state.in_use = profile_of("compute", {expected_port(22, "ssh"), expected_port(80)});
  state.approved = Approval{.host_type = "compute",
                            .lines = {"22/tcp service ssh", "80/tcp"},
                            .at = kStarted,
                            .by = "kim"};
  return state;
}

inline Baseline baseline_of(std::string host_type) {
  return {.profile = profile_of(std::move(host_type), {expected_port(22), expected_port(9100)}),
          .origin = "what 40 of 40 nodes show",
          .made = kStarted,
          .maker = "kim",
          .outliers = {"4444/tcp is open on 2 of 40 nodes: node[3,7]"}};
}

inline std::vector<std::string> keys_of(const boost::json::value& value) {
  std::vector<std::string> keys;
  for (const auto& [key, member] : value.as_object()) keys.emplace_back(key);
  return keys;
}

inline std::vector<std::string> text_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// No byte of it moves a cursor, and no character changes direction.
inline bool is_safe(const std::string& text) {
  return text.find_first_of("\x1b\x07\r\x7f") == std::string::npos &&
         text.find("\xe2\x80\xae") == std::string::npos;
}

}  // namespace lockstep::cli
