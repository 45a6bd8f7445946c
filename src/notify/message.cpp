#include "notify/message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <ctime>

#include "base/text.h"

namespace lockstep::notify {
namespace {

namespace json = boost::json;

constexpr std::array kWhats = {What::raised,   What::updated, What::repeated,
                               What::resolved, What::test,    What::alive};
constexpr std::size_t kMostNodesInTitle = 80;
constexpr std::size_t kMostNodesInText = 2000;

std::int64_t seconds_of(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string nodes_in_short(const Message& message) {
  if (message.nodes.empty()) return "";
  if (message.nodes.size() <= kMostNodesInTitle) return harmless(message.nodes);
  return fmt::format("{} nodes", with_thousands(message.node_count));
}

/// A reader of one document, which remembers that something was missing.
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}

  std::string text(std::string_view key) {
    const json::value* const value = object_.if_contains({key.data(), key.size()});
    if (value == nullptr || !value->is_string()) {
      sound_ = false;
      return {};
    }
    const json::string& found = value->get_string();
    return {found.data(), found.size()};
  }
  std::int64_t number(std::string_view key) {
    const json::value* const value = object_.if_contains({key.data(), key.size()});
    if (value == nullptr || !value->is_int64()) {
      sound_ = false;
      return 0;
    }
    return value->get_int64();
  }
  template <typename T>
  T word(std::string_view key, std::optional<T> (*parse)(std::string_view)) {
    const auto parsed = parse(text(key));
    if (!parsed) sound_ = false;
    return parsed.value_or(T{});
  }
  WallTime time(std::string_view key) { return WallTime(std::chrono::seconds(number(key))); }
  bool sound() const { return sound_; }

 private:
  const json::object& object_;
  bool sound_ = true;
};

std::optional<PortState> state_of(std::string_view text) {
  for (const PortState state :
       {PortState::open, PortState::closed, PortState::filtered, PortState::open_filtered}) {
    if (text == to_string(state)) return state;
  }
  return std::nullopt;
}

void add_line(std::string& text, std::string_view name, const std::string& value) {
  if (!value.empty()) text += fmt::format("{}: {}\n", name, value);
}

}  // namespace

std::string_view to_string(What what) {
  switch (what) {
    case What::raised: return "raised";
    case What::updated: return "updated";
    case What::repeated: return "repeated";
    case What::resolved: return "resolved";
    case What::test: return "test";
    case What::alive: return "alive";
  }
  return "unknown";
}

std::optional<What> parse_what(std::string_view text) {
  for (const What what : kWhats) {
    if (text == to_string(what)) return what;
  }
  return std::nullopt;
}

std::string harmless(std::string_view text, std::size_t limit) {
  std::string shown = quoted(text, limit);
  shown.erase(0, 1);
  shown.erase(shown.rfind('"'), 1);  // that before "...", where it was cut
  std::string plain;                 // quotes are harmless here
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (shown[i] == '\\' && i + 1 < shown.size() && (shown[i + 1] == '"' || shown[i + 1] == '\\')) {
      ++i;
    }
    plain += shown[i];
  }
  return plain;
}

std::string time_text(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", parts);
}

std::string subject_of(const Message& message) {
  if (message.what == What::test) return "a test of this channel";
  if (message.what == What::alive) return "Lockstep works";
  std::string text;
  if (!message.cause.starts_with("group ")) {
    text = to_string(message.subject.kind);
  } else {
    text = harmless(message.cause.substr(6), 80) + " is away";
  }
  if (message.subject.port && message.subject.protocol) {
    text += fmt::format(" {}/{}", *message.subject.port, to_string(*message.subject.protocol));
  }
  if (message.subject.state) text += fmt::format(" {}", to_string(*message.subject.state));
  return text;
}

std::string title_of(const Message& message) {
  if (message.what == What::test || message.what == What::alive) {
    return fmt::format("{}: {} ({})", message.what == What::test ? "TEST" : "ALIVE",
                       subject_of(message), harmless(message.cluster, 60));
  }
  std::string word(to_string(message.what));
  for (char& c : word) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  std::string title =
      fmt::format("{} {}: {}", word, to_string(message.severity), subject_of(message));
  if (const std::string nodes = nodes_in_short(message); !nodes.empty()) title += " on " + nodes;
  if (!message.subject.node_class.empty()) {
    title += fmt::format(" ({})", harmless(message.subject.node_class, 60));
  }
  return title;
}

std::string text_of(const Message& message) {
  std::string text = title_of(message) + "\n\n";
  add_line(text, "cluster", harmless(message.cluster));
  add_line(text, "at", time_text(message.at));
  if (message.what == What::test || message.what == What::alive) return text;
  add_line(text, "alert", harmless(message.cause));
  add_line(text, "kind", std::string(to_string(message.subject.kind)));
  add_line(text, "severity", std::string(to_string(message.severity)));
  add_line(text, "class", harmless(message.subject.node_class));
  add_line(text, "network", harmless(message.subject.network));
  add_line(text, "nodes",
           fmt::format("{} ({})", harmless(message.nodes, kMostNodesInText), message.node_count));
  add_line(text, "new nodes", harmless(message.new_nodes, kMostNodesInText));
  add_line(text, "first seen", time_text(message.first_seen));
  add_line(text, "last seen", time_text(message.last_seen));
  add_line(text, "expected", harmless(message.expected));
  add_line(text, "clones", harmless(message.clones));
  add_line(text, "detail", harmless(message.detail));
  add_line(text, "over because", harmless(message.resolution));
  return text;
}

std::string write_message(const Message& message) {
  const AlertSubject& subject = message.subject;
  const json::object object{
      {"what", to_string(message.what)},
      {"id", message.id},
      {"cluster", message.cluster},
      {"cause", message.cause},
      {"kind", to_string(subject.kind)},
      {"class", subject.node_class},
      {"network", subject.network},
      {"protocol", subject.protocol ? std::string(to_string(*subject.protocol)) : std::string()},
      {"port", static_cast<std::int64_t>(subject.port.value_or(0))},
      {"state", subject.state ? std::string(to_string(*subject.state)) : std::string()},
      {"reason", subject.reason},
      {"severity", to_string(message.severity)},
      {"severity_before", to_string(message.severity_before)},
      {"nodes", message.nodes},
      {"new_nodes", message.new_nodes},
      {"node_count", static_cast<std::int64_t>(message.node_count)},
      {"first_seen", seconds_of(message.first_seen)},
      {"last_seen", seconds_of(message.last_seen)},
      {"at", seconds_of(message.at)},
      {"detail", message.detail},
      {"expected", message.expected},
      {"clones", message.clones},
      {"resolution", message.resolution}};
  return json::serialize(object);
}

Result<Message> read_message(std::string_view text) {
  json::error_code problem;
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  const json::value value = json::parse({text.data(), text.size()}, problem, {}, options);
  if (problem || !value.is_object()) {
    return fail(ErrorKind::corrupt, "a message of the outbox is no JSON object");
  }
  Reader reader(value.get_object());
  Message message;
  message.what = reader.word("what", parse_what);
  message.id = reader.text("id");
  message.cluster = reader.text("cluster");
  message.cause = reader.text("cause");
  message.subject.kind = reader.word("kind", parse_finding_kind);
  message.subject.node_class = reader.text("class");
  message.subject.network = reader.text("network");
  const std::string protocol = reader.text("protocol");
  if (protocol == "tcp") message.subject.protocol = Protocol::tcp;
  if (protocol == "udp") message.subject.protocol = Protocol::udp;
  const std::int64_t port = reader.number("port");
  if (port > 0 && port <= 65535) message.subject.port = static_cast<Port>(port);
  message.subject.state = state_of(reader.text("state"));
  message.subject.reason = reader.text("reason");
  message.severity = reader.word("severity", parse_severity);
  message.severity_before = reader.word("severity_before", parse_severity);
  message.nodes = reader.text("nodes");
  message.new_nodes = reader.text("new_nodes");
  message.node_count = static_cast<std::uint64_t>(reader.number("node_count"));
  message.first_seen = reader.time("first_seen");
  message.last_seen = reader.time("last_seen");
  message.at = reader.time("at");
  message.detail = reader.text("detail");
  message.expected = reader.text("expected");
  message.clones = reader.text("clones");
  message.resolution = reader.text("resolution");
  if (reader.sound()) return message;
  return fail(ErrorKind::corrupt, "a message of the outbox lacks a field");
}

}  // namespace lockstep::notify
