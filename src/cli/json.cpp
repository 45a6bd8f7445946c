#include "cli/json.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/format.h"
#include "model/nodeset.h"

namespace lockstep::cli {
namespace {

namespace json = boost::json;

std::string document(const json::object& object) {
  return json::serialize(object) + "\n";
}

std::int64_t milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

json::value of(const PortObservation& seen) {
  return json::object{{"node", seen.node},
                      {"address", seen.address.to_string()},
                      {"network", seen.network},
                      {"protocol", to_string(seen.protocol)},
                      {"port", seen.port},
                      {"state", to_string(seen.state)},
                      {"evidence", to_string(seen.evidence)}};
}

json::value of(const Coverage& coverage) {
  json::object object{
      {"node", coverage.node},
      {"address", coverage.address == IpAddress() ? json::value(nullptr)
                                                  : json::value(coverage.address.to_string())},
      {"network", coverage.network},
      {"protocol", to_string(coverage.protocol)},
      {"wanted", coverage.wanted},
      {"asked", coverage.asked},
      {"answered", coverage.answered},
      {"unanswered", coverage.unanswered},
      {"open", coverage.open},
      {"closed", coverage.closed},
      {"passes", coverage.passes},
      {"gap", to_string(coverage.gap)}};
  if (!coverage.note.empty()) object["note"] = coverage.note;
  return object;
}

json::value of(const FindingRow& row, WallTime seen) {
  const Finding& subject = row.subject;
  json::object object{{"kind", to_string(subject.kind)},
                      {"severity", to_string(subject.severity)},
                      {"class", subject.node_class},
                      {"network", subject.network},
                      {"nodes", fold_nodeset(row.nodes)},
                      {"node_count", row.nodes.size()},
                      {"protocol", nullptr},
                      {"port", nullptr},
                      {"state", nullptr},
                      {"detail", subject.detail},
                      {"first_seen", format_time(seen)}};
  if (subject.protocol) object["protocol"] = to_string(*subject.protocol);
  if (subject.port) object["port"] = *subject.port;
  if (subject.state) object["state"] = to_string(*subject.state);
  return object;
}

json::value of(const Node& node) {
  json::array addresses;
  for (const NodeAddress& address : node.addresses) {
    addresses.push_back(
        json::object{{"address", address.address.to_string()}, {"network", address.network}});
  }
  return json::object{
      {"node", node.name},
      {"classes", json::array(node.classes.begin(), node.classes.end())},
      {"group", node.group.empty() ? json::value(nullptr) : json::value(node.group)},
      {"addresses", std::move(addresses)}};
}

json::value of(const DoctorCheck& check) {
  static constexpr const char* kVerdicts[] = {"good", "limited", "bad"};
  return json::object{{"check", check.subject},
                      {"verdict", kVerdicts[static_cast<std::size_t>(check.verdict)]},
                      {"finding", check.finding},
                      {"remedy", check.remedy}};
}

template <typename T>
json::array array_of(const std::vector<T>& values) {
  json::array array;
  array.reserve(values.size());
  for (const T& value : values) array.push_back(of(value));
  return array;
}

/// The rows of Table 1.
json::array table_of(const std::vector<Profile>& profiles) {
  json::array rows;
  for (const Profile& profile : profiles) {
    for (const ExpectedPort& port : profile.ports) {
      rows.push_back(json::object{{"port", port.port},
                                  {"protocol", to_string(port.protocol)},
                                  {"service", port.service},
                                  {"host_type", profile.host_type}});
    }
  }
  return rows;
}

json::object of_record(const SweepRecord& record) {
  json::object object{{"started", format_time(record.started)},
                      {"duration_ms", milliseconds(record.summary.duration)},
                      {"probes_sent", record.summary.probes_sent},
                      {"engine", record.summary.method},
                      {"complete", record.complete()}};
  if (!record.summary.problem.empty()) object["problem"] = record.summary.problem;
  return object;
}

/// A document whose long arrays are written row by row: as one tree of values they would take many
/// times the memory of the sweep itself.
class LongDocument {
 public:
  explicit LongDocument(const json::object& head) : text_(json::serialize(head)) {
    text_.pop_back();  // the closing brace
  }

  template <typename T, typename Row>
  void add(std::string_view name, const std::vector<T>& values, Row row) {
    text_ += fmt::format(",\"{}\":[", name);
    for (const T& value : values) {
      text_ += json::serialize(row(value));
      text_ += ',';
    }
    if (!values.empty()) text_.pop_back();
    text_ += ']';
  }

  template <typename T>
  void add(std::string_view name, const std::vector<T>& values) {
    add(name, values, [](const T& value) { return of(value); });
  }

  std::string take() { return std::move(text_) + "}\n"; }

 private:
  std::string text_;
};

}  // namespace

std::string scan_json(const SweepRecord& record) {
  LongDocument document(of_record(record));
  document.add("ports", record.observations);
  document.add("coverage", record.coverage);
  return document.take();
}

std::string sweep_json(const control::SweepReport& report) {
  json::object object = of_record(report.record);
  object["nodes"] = report.nodes;
  object["proven"] = report.proven;
  LongDocument document(object);
  document.add("findings", report.rows,
               [&](const FindingRow& row) { return of(row, report.record.started); });
  document.add("coverage", report.record.coverage);
  return document.take();
}

std::string learn_json(const control::LearnReport& report) {
  json::object object = of_record(report.record);
  object["open_ports"] = table_of(report.profiles);
  return document(object);
}

std::string profiles_json(const std::vector<Profile>& profiles) {
  return document({{"open_ports", table_of(profiles)}});
}

std::string nodes_json(const std::vector<Node>& nodes) {
  return document({{"nodes", array_of(nodes)}});
}

std::string doctor_json(const std::vector<DoctorCheck>& checks) {
  return document({{"checks", array_of(checks)}});
}

}  // namespace lockstep::cli
