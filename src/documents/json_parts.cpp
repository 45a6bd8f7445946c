#include "documents/json_parts.h"

#include <fmt/chrono.h>

#include <chrono>

#include "model/nodeset.h"
#include "model/reported_port.h"

namespace lockstep::documents {
namespace {

namespace json = boost::json;

/// How many bytes at the start of `text` are one character of UTF-8 (RFC 3629); 0: none are.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool surrogate = byte(0) == 0xed && byte(1) >= 0xa0;
  const bool beyond = byte(0) == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

bool is_muted(AlertStatus status) {
  return status == AlertStatus::acknowledged || status == AlertStatus::silenced;
}

}  // namespace

json::string json_text(std::string_view text) {
  json::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    result += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string time_text(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(time));
}

json::value json_time(const std::optional<WallTime>& time) {
  return time ? json::value(time_text(*time)) : json::value(nullptr);
}

json::value json_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(json_text(text));
}

json::object list_head(std::size_t count, const std::string* next) {
  json::object head{{"count", count}};
  if (next != nullptr) head["next"] = json_or_null(*next);
  return head;
}

void add_subject(json::object& object, std::optional<Protocol> protocol, std::optional<Port> port,
                 std::optional<PortState> state) {
  object["protocol"] = protocol ? json::value(to_string(*protocol)) : json::value(nullptr);
  object["port"] = port ? json::value(*port) : json::value(nullptr);
  object["state"] = state ? json::value(to_string(*state)) : json::value(nullptr);
}

json::value json_value(const Value& value) {
  if (const double* const number = std::get_if<double>(&value)) return *number;
  return json_text(std::get<std::string>(value));
}

json::object json_service(const Service& service) {
  static constexpr const char* kMatches[] = {"none", "soft", "hard"};
  const auto of_key = [](const ServiceKey& key) -> json::object {
    return {{"type", json_text(key.type)}, {"sha256", json_text(key.sha256)}};
  };
  const auto of_program = [](const RpcProgram& program) -> json::object {
    return {{"program", program.number}, {"lowest", program.lowest}, {"highest", program.highest}};
  };
  return {{"name", json_or_null(service.name)},
          {"match", kMatches[static_cast<std::size_t>(service.match)]},
          {"product", json_or_null(service.product)},
          {"version", json_or_null(service.version)},
          {"info", json_or_null(service.info)},
          {"hostname", json_or_null(service.hostname)},
          {"system", json_or_null(service.system)},
          {"device", json_or_null(service.device)},
          {"tunnel", service.tls ? json::value("tls") : json::value(nullptr)},
          {"hostkeys", json_array(service.hostkeys, of_key)},
          {"certificate_sha256", json_or_null(service.certificate_sha256)},
          {"public_key_sha256", json_or_null(service.public_key_sha256)},
          {"programs", json_array(service.programs, of_program)},
          {"answer", to_string(service.answer)},
          {"doubt", json_or_null(std::string(to_string(service.doubt)))}};
}

json::object json_coverage(const Coverage& coverage) {
  json::object object{
      {"node", json_text(coverage.node)},
      {"address", coverage.address == IpAddress() ? json::value(nullptr)
                                                  : json::value(coverage.address.to_string())},
      {"network", json_text(coverage.network)},
      {"protocol", to_string(coverage.protocol)},
      {"wanted", coverage.wanted},
      {"asked", coverage.asked},
      {"answered", coverage.answered},
      {"unanswered", coverage.unanswered},
      {"open", coverage.open},
      {"closed", coverage.closed},
      {"passes", coverage.passes},
      {"gap", to_string(coverage.gap)}};
  if (!coverage.note.empty()) object["note"] = json_text(coverage.note);
  if (!coverage.stack.empty()) object["stack"] = to_string(coverage.stack);
  return object;
}

json::object json_alert(const AlertRow& row) {
  const AlertRecord& alert = row.first;
  const bool muted = is_muted(row.status);
  const NetworkView seen_on = network_view(alert.subject.network);
  json::object object{{"id", alert_name(alert.id)},
                      {"kind", to_string(alert.subject.kind)},
                      {"severity", to_string(alert.severity)},
                      {"status", to_string(row.status)},
                      {"class", json_text(alert.subject.node_class)},
                      {"network", json_text(seen_on.network)},
                      {"nodes", json_text(fold_nodeset(row.nodes))},
                      {"node_count", row.nodes.size()}};
  add_subject(object, alert.subject.protocol, alert.subject.port, alert.subject.state);
  object["reason"] = json_or_null(alert.subject.reason);
  object["instance"] = json_or_null(std::string(seen_on.instance));
  object["first_seen"] = time_text(row.first_seen);
  object["last_seen"] = time_text(row.last_seen);
  object["last_closed"] = json_time(row.last_closed);
  object["expected"] = json_text(alert.expected);
  object["owner"] = muted ? json_or_null(alert.owner) : json::value(nullptr);
  object["until"] = muted ? json_time(alert.until) : json::value(nullptr);
  object["note"] = json_text(alert.note);
  object["detail"] = json_text(alert.detail);
  object["clones"] = json_text(alert.clones);
  object["resolution"] = json_text(alert.resolution);
  return object;
}

json::object json_node(const Node& node) {
  json::array classes;
  for (const std::string& each : node.classes) classes.push_back(json_text(each));
  return {{"node", json_text(node.name)},
          {"classes", std::move(classes)},
          {"group", json_or_null(node.group)},
          {"addresses", json_array(node.addresses, [](const NodeAddress& address) {
             return json::object{{"address", address.address.to_string()},
                                 {"network", json_text(address.network)}};
           })}};
}

json::object json_record(const SweepRecord& record) {
  const auto duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(record.summary.duration);
  json::object object{{"started", time_text(record.started)},
                      {"duration_ms", duration.count()},
                      {"probes_sent", record.summary.probes_sent},
                      {"engine", record.summary.method},
                      {"complete", record.complete()}};
  if (record.summary.resumed > 0) object["resumed_answers"] = record.summary.resumed;
  if (!record.summary.problem.empty()) object["problem"] = json_text(record.summary.problem);
  return object;
}

json::array json_texts(const std::vector<std::string>& texts) {
  return json_array(texts, [](const std::string& text) { return json_text(text); });
}

std::string json_document(const json::object& object) {
  return json::serialize(object) + "\n";
}

json::object json_value_row(const control::ValueRow& row) {
  const ValueObservation& seen = row.fact.seen;
  return {{"node", json_text(seen.node)},
          {"instance", json_text(seen.instance)},
          {"name", json_text(seen.name)},
          {"value", row.missing ? json::value(nullptr) : json_value(seen.value)},
          {"unit", json_or_null(seen.unit)},
          {"measured", json_time(row.fact.at)},
          {"alert", row.alert == 0 ? json::value(nullptr) : json::value(alert_name(row.alert))},
          {"expected", json_or_null(row.expected)},
          {"clones", json_or_null(row.clones)}};
}

}  // namespace lockstep::documents
