#include "app/config_notify.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/text.h"
#include "inventory/add_node.h"
#include "model/duration.h"
#include "model/notice.h"
#include "notify/smtp/mail.h"
#include "proc/identity.h"
#include "store/sql/rows.h"

namespace lockstep {
namespace {

using notify::Endpoint;

constexpr std::size_t kMostChannels = 32;
constexpr std::size_t kMostWindows = 1000;
constexpr std::size_t kMostUpdates = 10;
constexpr std::array<std::string_view, 4> kTypes = {"webhook", "alertmanager", "smtp", "syslog"};

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorKind::invalid, std::move(message));
}

// --- Parsers: one value of the file to one value of ours. ---

/// One of `words`, by its place.
Result<std::size_t> as_word(const TomlValue& value, std::span<const std::string_view> words) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  const auto found = std::ranges::find(words, text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const std::string_view likely = nearest(text, words);
  if (!likely.empty()) {
    return wrong(fmt::format("{} is not known here; did you mean \"{}\"?", quoted(text), likely));
  }
  return wrong(
      fmt::format("{} is not known here; write one of {}", quoted(text), fmt::join(words, ", ")));
}

Result<std::chrono::seconds> as_duration(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  return parse_duration(text, std::chrono::days(30));
}

Result<std::optional<std::chrono::seconds>> as_optional_duration(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  if (text == "never") return std::optional<std::chrono::seconds>();
  LOCKSTEP_TRY(const std::chrono::seconds duration, as_duration(value));
  return std::optional(duration);
}

Result<std::chrono::seconds> as_resend(const TomlValue& value) {
  LOCKSTEP_TRY(const std::chrono::seconds duration, as_duration(value));
  if (duration <= std::chrono::hours(1)) return duration;
  return wrong("is longer than an hour, in which Alertmanager would hold alerts to be over");
}

Result<Severity> as_severity(const TomlValue& value) {
  static constexpr std::array<std::string_view, 5> kWords = {"informational", "low", "medium",
                                                             "high", "critical"};
  LOCKSTEP_TRY(const std::size_t word, as_word(value, kWords));
  return static_cast<Severity>(word);
}

Result<FindingKind> as_kind(const TomlValue& value) {
  std::array<std::string_view, kFindingKinds.size()> words{};
  std::ranges::transform(kFindingKinds, words.begin(),
                         [](FindingKind kind) { return to_string(kind); });
  LOCKSTEP_TRY(const std::size_t word, as_word(value, words));
  return kFindingKinds[word];
}

Result<Nodeset> as_nodes(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  LOCKSTEP_TRY(Nodeset nodes, parse_nodeset(text));
  if (nodes.empty()) return wrong("names no node; leave the key out for all");
  return nodes;
}

Result<std::string> as_plain_text(const TomlValue& value) {
  LOCKSTEP_TRY(std::string text, toml_text(value));
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  if (!plain) return wrong("is empty, or holds control characters");
  return text;
}

Result<std::string> as_class(const TomlValue& value) {
  LOCKSTEP_TRY(std::string text, toml_text(value));
  LOCKSTEP_CHECK(check_label("class", text));
  return text;
}

Result<std::string> as_address(const TomlValue& value) {
  LOCKSTEP_TRY(std::string text, toml_text(value));
  if (notify::is_mail_address(text)) return text;
  return wrong(fmt::format("{} is no mail address; write \"NAME@DOMAIN\"", quoted(text)));
}

Result<WallTime> as_time(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  if (const auto time = parse_time(text)) return *time;
  return wrong(
      fmt::format("{} is no time; write it in UTC: \"2026-12-01T22:00:00Z\"", quoted(text)));
}

/// The host of "SCHEME://HOST..."; empty where there is none.
std::string_view host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (url.starts_with('[')) return url.substr(0, std::min(url.find(']') + 1, url.size()));
  return url.substr(0, url.find(':'));
}

bool is_local(std::string_view url) {
  const std::string_view host = host_of(url);
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

/// A URL of one of `schemes`, each of which ends in "://".
auto as_url(std::span<const std::string_view> schemes) {
  return [schemes](const TomlValue& value) -> Result<std::string> {
    LOCKSTEP_TRY(std::string text, as_plain_text(value));
    const bool known = std::ranges::any_of(
        schemes, [&](std::string_view scheme) { return text.starts_with(scheme); });
    if (!known || host_of(text).empty() || text.find(' ') != std::string::npos) {
      return wrong(fmt::format("is no URL; write {}HOST", fmt::join(schemes, "HOST or ")));
    }
    if (host_of(text).find('@') != std::string_view::npos ||
        text.substr(0, text.find_first_of("/?#", text.find("://") + 3)).find('@') !=
            std::string::npos) {
      return wrong("names a user; write user and password_file instead");
    }
    return text;
  };
}

constexpr std::array<std::string_view, 2> kHttp = {"https://", "http://"};
constexpr std::array<std::string_view, 2> kMail = {"smtp://", "smtps://"};

// --- Tables ---

class ChannelReader {
 public:
  ChannelReader(TomlReader& table, std::string_view folder, NotifyChannelConfig& config)
      : table_(table), folder_(folder), config_(config) {}

  void read() {
    std::size_t type = 0;
    table_.require("type", "type = \"webhook\"");
    const bool typed =
        table_.read("type", type, [](const TomlValue& value) { return as_word(value, kTypes); });
    read_policy();
    if (!typed) return table_.skip();  // which keys belong here depends on the type
    config_.type = kTypes.at(type);
    if (config_.type == "webhook") return read_webhook();
    if (config_.type == "alertmanager") return read_alertmanager();
    if (config_.type == "smtp") return read_smtp();
    read_syslog();
  }

 private:
  void read_policy() {
    notify::ChannelPolicy& policy = config_.policy;
    std::vector<FindingKind> kinds;
    std::vector<std::string> classes;
    Nodeset nodes;
    table_.read("severity", policy.least, as_severity);
    if (table_.read_list("kinds", kinds, as_kind)) policy.kinds = {kinds.begin(), kinds.end()};
    if (table_.read_list("classes", classes, as_class)) {
      policy.classes = {classes.begin(), classes.end()};
    }
    if (table_.read("nodes", nodes, as_nodes)) policy.nodes = std::move(nodes);
    table_.read("gather", policy.gather, as_duration);
    table_.read_list("updates", policy.pauses, as_duration);
    if (policy.pauses.size() > kMostUpdates) {
      table_.problem("updates", fmt::format("has more than {} pauses", kMostUpdates));
    }
    table_.read("repeat", policy.repeat, as_optional_duration);
    table_.read("resolved", policy.tells_end, toml_bool);
    table_.read("give_up", config_.give_up, as_duration);
    table_.read("heartbeat", config_.heartbeat, as_optional_duration);
  }

  void read_path(const char* key, std::string& path) {
    if (!table_.read(key, path, as_plain_text)) return;
    if (!path.starts_with('/')) path = std::string(folder_) + path;
  }

  void read_login(Endpoint& endpoint) {
    table_.read("user", endpoint.user, as_plain_text);
    read_path("password_file", endpoint.password_file);
    read_path("ca_file", endpoint.ca_file);
    if (endpoint.user.empty() != endpoint.password_file.empty()) {
      table_.problem(endpoint.user.empty() ? "password_file" : "user",
                     "goes with user and password_file alone, both of them");
    }
  }

  void check_secrecy(const Endpoint& endpoint) {
    const bool secret = !endpoint.token_file.empty() || !endpoint.user.empty();
    if (secret && endpoint.url.starts_with("http://") && !is_local(endpoint.url)) {
      table_.problem("url",
                     "is without TLS, and the secret would be sent for all to read; write "
                     "https://");
    }
  }

  void read_webhook() {
    static constexpr std::array<std::string_view, 3> kFormats = {"json", "ocsf", "slack"};
    notify::WebhookConfig webhook;
    std::size_t format = 0;
    table_.read("url", webhook.endpoint.url, as_url(kHttp));
    read_path("url_file", webhook.url_file);
    if (table_.has("url") == table_.has("url_file")) {
      table_.problem("url", "needs one of url and url_file");
    }
    if (table_.read("format", format,
                    [](const TomlValue& value) { return as_word(value, kFormats); })) {
      webhook.format = static_cast<notify::WebhookFormat>(format);
    }
    read_path("token_file", webhook.endpoint.token_file);
    read_login(webhook.endpoint);
    table_.read("heartbeat_url", webhook.heartbeat_url, as_url(kHttp));
    if (!webhook.heartbeat_url.empty() && !config_.heartbeat) {
      table_.problem("heartbeat_url", "goes with heartbeat, which says how often");
    }
    check_secrecy(webhook.endpoint);
    config_.way = std::move(webhook);
  }

  void read_alertmanager() {
    notify::AlertmanagerConfig alertmanager;
    table_.require("url", "url = \"http://localhost:9093\"");
    table_.read("url", alertmanager.endpoint.url, as_url(kHttp));
    table_.read("resend", alertmanager.resend, as_resend);
    read_path("token_file", alertmanager.endpoint.token_file);
    read_login(alertmanager.endpoint);
    check_secrecy(alertmanager.endpoint);
    config_.way = std::move(alertmanager);
  }

  void read_smtp() {
    static constexpr std::array<std::string_view, 2> kTls = {"starttls", "none"};
    notify::SmtpConfig smtp;
    std::size_t tls = 0;
    table_.require("server", "server = \"smtp://mail.example.org:587\"");
    table_.require("from", "from = \"lockstep@example.org\"");
    table_.require("to", "to = [\"hpc-ops@example.org\"]");
    table_.read("server", smtp.endpoint.url, as_url(kMail));
    table_.read("from", smtp.from, as_address);
    table_.read_list("to", smtp.to, as_address);
    if (table_.has("to") && smtp.to.empty()) table_.problem("to", "names nobody");
    if (table_.read("tls", tls, [](const TomlValue& value) { return as_word(value, kTls); })) {
      smtp.must_encrypt = tls == 0;
    }
    read_login(smtp.endpoint);
    if (!smtp.endpoint.user.empty() && !smtp.must_encrypt && !is_local(smtp.endpoint.url) &&
        smtp.endpoint.url.starts_with("smtp://")) {
      table_.problem("tls", "is off, and the password would be sent for all to read");
    }
    config_.way = std::move(smtp);
  }

  void read_syslog() {
    static constexpr std::array<std::string_view, 2> kFormats = {"rfc5424", "cef"};
    static constexpr std::array<std::string_view, 24> kFacilities = {
        "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
        "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
        "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
    notify::SyslogConfig syslog;
    std::string server = "/dev/log";
    std::size_t format = 0;
    std::size_t facility = 0;
    table_.read("server", server, as_plain_text);
    if (table_.read("format", format,
                    [](const TomlValue& value) { return as_word(value, kFormats); })) {
      syslog.line.format = static_cast<notify::SyslogFormat>(format);
    }
    if (table_.read("facility", facility,
                    [](const TomlValue& value) { return as_word(value, kFacilities); })) {
      syslog.line.facility = static_cast<int>(facility);
    }
    read_path("ca_file", syslog.ca_file);
    syslog.line.host = own_host_name();
    syslog.line.pid = std::to_string(::getpid());
    read_server(server, syslog);
    config_.way = std::move(syslog);
  }

  void read_server(const std::string& server, notify::SyslogConfig& syslog) {
    static constexpr std::array kWays = {
        std::pair<std::string_view, notify::SyslogWay>{"udp://", notify::SyslogWay::udp},
        std::pair<std::string_view, notify::SyslogWay>{"tcp://", notify::SyslogWay::tcp},
        std::pair<std::string_view, notify::SyslogWay>{"tls://", notify::SyslogWay::tls}};
    if (server.starts_with('/')) {
      syslog.host = server;
      return;
    }
    for (const auto& [scheme, way] : kWays) {
      if (!server.starts_with(scheme)) continue;
      syslog.way = way;
      const std::string_view host = host_of(server);
      const std::string_view rest = std::string_view(server).substr(scheme.size() + host.size());
      const bool bracketed = host.starts_with('[') && way == notify::SyslogWay::udp;
      syslog.host = bracketed ? host.substr(1, host.size() - 2) : host;
      syslog.port = way == notify::SyslogWay::tls ? "6514" : "514";
      if (rest.starts_with(':')) syslog.port = rest.substr(1);
      const auto port = parse_port_number(syslog.port);
      if (!host.empty() && port && (rest.empty() || rest.starts_with(':'))) return;
      break;
    }
    table_.problem("server",
                   "is no place of a syslog daemon; write \"udp://HOST:514\", "
                   "\"tcp://HOST:514\", \"tls://HOST:6514\" or \"/dev/log\"");
  }

  TomlReader& table_;
  std::string_view folder_;
  NotifyChannelConfig& config_;
};

void read_maintenance(TomlReader& table, NotifyConfig& config) {
  notify::Maintenance window;
  table.require("nodes", "nodes = \"node[001-512]\"");
  table.require("from", "from = \"2026-12-01T22:00:00Z\"");
  table.require("until", "until = \"2026-12-02T06:00:00Z\"");
  table.read("nodes", window.nodes, as_nodes);
  table.read("from", window.from, as_time);
  table.read("until", window.until, as_time);
  table.read("note", window.note, toml_text);
  if (window.until <= window.from && table.has("until")) {
    table.problem("until", "is not after from");
  }
  config.maintenance.push_back(std::move(window));
}

Result<std::size_t> as_group_nodes(const TomlValue& value) {
  LOCKSTEP_TRY(const std::int64_t nodes, toml_integer(value, 0, 100'000));
  return static_cast<std::size_t>(nodes);
}

}  // namespace

void read_notify_tables(TomlReader& root, std::string_view folder, NotifyConfig& config) {
  root.each_named_table("notify", [&](const std::string& name, TomlReader& table) {
    NotifyChannelConfig channel;
    channel.policy.name = name;
    const bool plain =
        !name.empty() && name.size() <= kMostChannelBytes && std::ranges::all_of(name, [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_';
        });
    if (!plain) table.problem("", "has a name that is not of letters, digits, \"-\" and \"_\"");
    ChannelReader(table, folder, channel).read();
    config.channels.push_back(std::move(channel));
  });
  if (config.channels.size() > kMostChannels) {
    root.problem("notify", fmt::format("more than {} channels", kMostChannels));
  }
  root.table("notify_groups", [&](TomlReader& table) {
    table.read("nodes", config.groups.nodes, as_group_nodes);
    table.read("within", config.groups.within, as_duration);
  });
  root.each_table("maintenance", [&](TomlReader& table) { read_maintenance(table, config); });
  if (config.maintenance.size() > kMostWindows) {
    root.problem("maintenance", fmt::format("more than {} windows", kMostWindows));
  }
}

std::unique_ptr<notify::Channel> make_channel(const NotifyChannelConfig& config) {
  struct Make {
    std::unique_ptr<notify::Channel> operator()(const notify::WebhookConfig& way) const {
      return notify::make_webhook(way);
    }
    std::unique_ptr<notify::Channel> operator()(const notify::AlertmanagerConfig& way) const {
      return notify::make_alertmanager(way);
    }
    std::unique_ptr<notify::Channel> operator()(const notify::SmtpConfig& way) const {
      return notify::make_smtp(way);
    }
    std::unique_ptr<notify::Channel> operator()(const notify::SyslogConfig& way) const {
      return notify::make_syslog(way);
    }
  };
  return std::visit(Make{}, config.way);
}

}  // namespace lockstep
