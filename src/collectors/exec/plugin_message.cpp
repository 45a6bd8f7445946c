#include "collectors/exec/plugin_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <initializer_list>

#include "base/text.h"
#include "model/reported_port.h"

namespace lockstep::exec {
namespace {

namespace json = boost::json;

/// Of the document itself, of the object in it, and a little more for a good complaint.
constexpr std::size_t kMaxDepth = 4;
constexpr std::size_t kMaxNodeBytes = 255;
constexpr std::size_t kMaxErrorBytes = 4096;
constexpr std::size_t kMaxAddresses = 1000;

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorKind::invalid, std::move(message));
}

std::string shown(std::string_view text) {
  return lockstep::quoted(text, 60);
}

/// The object behind the one key of a message.
class Fields {
 public:
  Fields(std::string_view kind, const json::object& object) : kind_(kind), object_(object) {}

  Result<void> allow(std::initializer_list<std::string_view> keys) const {
    for (const auto& field : object_) {
      const std::string_view key(field.key().data(), field.key().size());
      if (std::ranges::find(keys, key) != keys.end()) continue;
      return wrong(fmt::format("\"{}\" has no key {}; it has: {}", kind_, shown(key),
                               fmt::join(keys, ", ")));
    }
    return {};
  }

  const json::value* find(std::string_view key) const {
    return object_.if_contains(json::string_view(key.data(), key.size()));
  }

  /// A text of at most `most` bytes that is not empty.
  Result<std::string> text(std::string_view key, std::size_t most) const {
    const json::value* const value = find(key);
    if (value == nullptr) return wrong(fmt::format("\"{}\" lacks \"{}\"", kind_, key));
    const json::string* const text = value->if_string();
    if (text == nullptr) return wrong(fmt::format("\"{}\" is no text", key));
    if (text->empty()) return wrong(fmt::format("\"{}\" is empty", key));
    if (text->size() > most) {
      return wrong(fmt::format("\"{}\" has {} bytes; {} are the most", key, text->size(), most));
    }
    return std::string(text->data(), text->size());
  }

  /// Likewise; empty where it is not there.
  Result<std::string> text_if_any(std::string_view key, std::size_t most) const {
    const json::value* const value = find(key);
    const bool none =
        value == nullptr || value->is_null() || (value->is_string() && value->get_string().empty());
    return none ? std::string() : text(key, most);
  }

 private:
  std::string_view kind_;
  const json::object& object_;
};

bool may_stand_in_name(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("._-/:[]").contains(c);
}

Result<Value> to_value(const json::value& value) {
  if (const bool* const truth = value.if_bool()) return Value(*truth ? "true" : "false");
  if (const json::string* const text = value.if_string()) {
    if (text->size() <= kMaxValueTextBytes) return Value(std::string(text->data(), text->size()));
    return wrong(fmt::format("the text of \"value\" has {} bytes; {} are the most", text->size(),
                             kMaxValueTextBytes));
  }
  if (!value.is_number()) return wrong("\"value\" is neither a number nor a text");
  const double number = value.is_double()  ? value.get_double()
                        : value.is_int64() ? static_cast<double>(value.get_int64())
                                           : static_cast<double>(value.get_uint64());
  if (!std::isfinite(number)) return wrong("the number of \"value\" is too large");
  return Value(number);
}

Result<PluginMessage> to_value_message(const Fields& fields) {
  LOCKSTEP_CHECK(fields.allow({"node", "name", "value", "unit"}));
  ValueMessage message;
  LOCKSTEP_TRY(message.node, fields.text("node", kMaxNodeBytes));
  LOCKSTEP_TRY(message.name, fields.text("name", kMaxValueNameBytes));
  if (!std::ranges::all_of(message.name, may_stand_in_name)) {
    return wrong(
        fmt::format("the name {} is not of A-Z a-z 0-9 . _ - / : [ ]", shown(message.name)));
  }
  const json::value* const value = fields.find("value");
  if (value == nullptr) return wrong("\"value\" lacks \"value\"");
  LOCKSTEP_TRY(message.value, to_value(*value));
  LOCKSTEP_TRY(message.unit, fields.text_if_any("unit", kMaxUnitBytes));
  return message;
}

Result<PluginMessage> to_port_message(const Fields& fields) {
  LOCKSTEP_CHECK(fields.allow({"node", "address", "protocol", "port"}));
  PortMessage message;
  LOCKSTEP_TRY(message.node, fields.text("node", kMaxNodeBytes));
  LOCKSTEP_TRY(message.address, fields.text_if_any("address", kMaxNodeBytes));
  LOCKSTEP_TRY(const std::string protocol, fields.text_if_any("protocol", kMaxNodeBytes));
  if (!protocol.empty() && protocol != "tcp" && protocol != "udp") {
    return wrong(fmt::format("the protocol {} is neither tcp nor udp", shown(protocol)));
  }
  message.protocol = protocol == "udp" ? Protocol::udp : Protocol::tcp;
  constexpr std::int64_t kMostPort = 65535;
  const json::value* const port = fields.find("port");
  const bool good = port != nullptr && port->is_int64() && port->get_int64() >= 1 &&
                    port->get_int64() <= kMostPort;
  if (!good) return wrong("\"port\" is not 1 to 65535");
  message.port = static_cast<Port>(port->get_int64());
  return message;
}

Result<std::vector<std::string>> to_addresses(const json::value* value) {
  std::vector<std::string> addresses;
  if (value == nullptr || value->is_null()) return addresses;
  const json::array* const list = value->if_array();
  if (list == nullptr || list->size() > kMaxAddresses) {
    return wrong(
        fmt::format("\"addresses\" is no list of at most {} texts", with_thousands(kMaxAddresses)));
  }
  for (const json::value& each : *list) {
    const json::string* const text = each.if_string();
    if (text == nullptr || text->empty()) return wrong("\"addresses\" has what is no text");
    addresses.emplace_back(text->data(), text->size());
  }
  return addresses;
}

Result<PluginMessage> to_covered_message(const Fields& fields) {
  LOCKSTEP_CHECK(fields.allow({"node", "tcp", "udp", "addresses"}));
  CoveredMessage message;
  LOCKSTEP_TRY(message.node, fields.text("node", kMaxNodeBytes));
  LOCKSTEP_TRY(message.tcp, fields.text_if_any("tcp", kMaxExaminedBytes));
  LOCKSTEP_TRY(message.udp, fields.text_if_any("udp", kMaxExaminedBytes));
  LOCKSTEP_TRY(message.addresses, to_addresses(fields.find("addresses")));
  const bool examined = !message.tcp.empty() || !message.udp.empty();
  if (!examined && !message.addresses.empty()) {
    return wrong("\"addresses\" says where ports were examined: add \"tcp\" or \"udp\"");
  }
  return message;
}

Result<PluginMessage> to_message(std::string_view kind, const json::value& inner) {
  const json::object* const object = inner.if_object();
  const bool known = kind == "value" || kind == "port" || kind == "covered" || kind == "error";
  if (!known) {
    return wrong(fmt::format("no message is called {}; there are: value, port, covered, error",
                             shown(kind)));
  }
  if (object == nullptr) return wrong(fmt::format("\"{}\" is no object", kind));
  const Fields fields(kind, *object);
  if (kind == "value") return to_value_message(fields);
  if (kind == "port") return to_port_message(fields);
  if (kind == "covered") {
    return to_covered_message(fields);
  }
  LOCKSTEP_CHECK(fields.allow({"node", "message"}));
  ErrorMessage message;
  LOCKSTEP_TRY(message.node, fields.text_if_any("node", kMaxNodeBytes));
  LOCKSTEP_TRY(message.message, fields.text("message", kMaxErrorBytes));
  return message;
}

}  // namespace

Result<PluginMessage> parse_message(std::string_view line) {
  if (line.size() > kMaxLineBytes) {
    return wrong(fmt::format("the line has more than {} bytes", kMaxLineBytes));
  }
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::error_code error;
  json::value document;
  try {
    document = json::parse(json::string_view(line.data(), line.size()), error, {}, options);
  } catch (const std::exception& thrown) {
    return wrong(fmt::format("it is no JSON: {}", thrown.what()));
  }
  if (error) return wrong(fmt::format("it is no JSON: {}", error.message()));
  const json::object* const object = document.if_object();
  if (object == nullptr || object->size() != 1) {
    return wrong("it is no object with one key: value, port, covered or error");
  }
  const json::key_value_pair& only = *object->begin();
  return to_message(std::string_view(only.key().data(), only.key().size()), only.value());
}

}  // namespace lockstep::exec
