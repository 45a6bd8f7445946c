#include "notify/syslog/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace lockstep::notify {
namespace {

/// RFC 5612 reserves this number for documents; a site may tell by it what is ours all the same.
constexpr std::string_view kDataId = "lockstep@32473";
constexpr std::size_t kMostValue = 1000;

int priority_of(const Message& message, int facility) {
  static constexpr int kLevels[] = {6, 5, 4, 3, 2};  // info, notice, warning, err, crit
  constexpr int kInfo = 6;
  const bool is_quiet =
      message.what == What::resolved || message.what == What::test || message.what == What::alive;
  return facility * 8 + (is_quiet ? kInfo : kLevels[static_cast<int>(message.severity)]);
}

/// A name of RFC 5424: printable ASCII without spaces; "-" where it would be empty.
std::string name_word(std::string_view text, std::size_t most) {
  std::string word;
  for (const char c : text.substr(0, most)) word += c > 0x20 && c < 0x7f ? c : '-';
  return word.empty() ? "-" : word;
}

class DataElement {
 public:
  explicit DataElement(std::string_view id) : text_(fmt::format("[{}", id)) {}
  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text_ += fmt::format(" {}=\"", name);
    const std::string plain = harmless(value, kMostValue);
    for (const char c : plain) {
      if (c == '"' || c == '\\' || c == ']') text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }
  std::string take() { return std::move(text_) + "]"; }

 private:
  std::string text_;
};

bool is_of_an_alert(const Message& message) {
  return message.what != What::test && message.what != What::alive;
}

std::string data_of(const Message& message) {
  DataElement data(kDataId);
  data.add("id", message.id);
  data.add("what", to_string(message.what));
  data.add("cluster", message.cluster);
  if (!is_of_an_alert(message)) return data.take();
  data.add("alert", message.cause);
  data.add("kind", to_string(message.subject.kind));
  data.add("severity", to_string(message.severity));
  data.add("class", message.subject.node_class);
  data.add("network", message.subject.network);
  if (message.subject.port) data.add("port", fmt::format("{}", *message.subject.port));
  if (message.subject.protocol) data.add("protocol", to_string(*message.subject.protocol));
  if (message.subject.state) data.add("state", to_string(*message.subject.state));
  data.add("nodes", message.nodes);
  data.add("node_count", fmt::format("{}", message.node_count));
  return data.take();
}

/// `text` cut to `most` bytes, not within a character.
std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

std::string words_of(const Message& message) {
  std::string text = title_of(message);
  if (!message.detail.empty()) text += "; " + harmless(message.detail, kMostValue);
  return text;
}

// --- CEF: https://www.microfocus.com/documentation/arcsight/ "Implementing CEF" ---

std::string cef_header(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void add_extension(std::string& text, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  text += fmt::format("{}{}=", text.empty() ? "" : " ", key);
  const std::string plain = harmless(value, kMostValue);
  for (const char c : plain) {
    if (c == '=' || c == '\\') text += '\\';
    text += c;
  }
}

}  // namespace

std::string cef_of(const Message& message) {
  static constexpr int kLevels[] = {1, 3, 5, 8, 10};
  const std::string kind(is_of_an_alert(message) ? to_string(message.subject.kind)
                                                 : to_string(message.what));
  std::string extension;
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(message.at.time_since_epoch());
  add_extension(extension, "rt", fmt::format("{}", millis.count()));
  add_extension(extension, "act", to_string(message.what));
  add_extension(extension, "externalId", message.cause);
  add_extension(extension, "cs1", message.cluster);
  add_extension(extension, "cs1Label", "cluster");
  if (is_of_an_alert(message)) {
    add_extension(extension, "cnt", fmt::format("{}", message.node_count));
    add_extension(extension, "cs2", message.nodes);
    add_extension(extension, "cs2Label", message.nodes.empty() ? "" : "nodes");
    add_extension(extension, "cs3", message.subject.node_class);
    add_extension(extension, "cs3Label", message.subject.node_class.empty() ? "" : "class");
    if (message.subject.port) {
      add_extension(extension, "dpt", fmt::format("{}", *message.subject.port));
    }
    if (message.subject.protocol) {
      add_extension(extension, "proto", to_string(*message.subject.protocol));
    }
    add_extension(extension, "msg", message.detail);
  }
  const int level = is_of_an_alert(message) ? kLevels[static_cast<int>(message.severity)] : 0;
  return fmt::format("CEF:0|Lockstep|Lockstep|{}|{}|{}|{}|{}", LOCKSTEP_VERSION, cef_header(kind),
                     cef_header(title_of(message)), level, extension);
}

std::string syslog_line(const Message& message, const SyslogLine& how) {
  const bool is_cef = how.format == SyslogFormat::cef;
  return cut(fmt::format("<{}>1 {} {} lockstep {} {} {} {}", priority_of(message, how.facility),
                         time_text(message.at), name_word(how.host, 255), name_word(how.pid, 128),
                         name_word(to_string(message.what), 32), is_cef ? "-" : data_of(message),
                         is_cef ? cef_of(message) : words_of(message)),
             how.most_bytes);
}

std::string local_line(const Message& message, const SyslogLine& how) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(message.at);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return cut(fmt::format("<{}>{} {:2} {:02}:{:02}:{:02} lockstep[{}]: {}",
                         priority_of(message, how.facility), kMonths[parts.tm_mon], parts.tm_mday,
                         parts.tm_hour, parts.tm_min, parts.tm_sec, how.pid,
                         how.format == SyslogFormat::cef ? cef_of(message) : words_of(message)),
             how.most_bytes);
}

std::string counted(std::string_view line) {
  return fmt::format("{} {}", line.size(), line);
}

}  // namespace lockstep::notify
