#include "services/recog/answer_part.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace lockstep::services {
namespace {

using Texts = std::vector<std::string>;

constexpr std::size_t kMostHeaders = 16;  // of one name

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::size_t find_ignoring_case(std::string_view text, std::string_view what, std::size_t from) {
  for (std::size_t i = from; i + what.size() <= text.size(); ++i) {
    if (equal_ignoring_case(text.substr(i, what.size()), what)) return i;
  }
  return text.npos;
}

/// Takes a line from the front, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// What follows the version of the protocol in "SSH-2.0-OpenSSH_9.2p1 Debian-2" (RFC 4253, 4.2).
Texts take_ssh(std::string_view answer, std::string_view /*what*/) {
  while (!answer.empty()) {
    const std::string_view line = take_line(answer);
    if (!line.starts_with("SSH-")) continue;
    const std::size_t dash = line.find('-', 4);
    if (dash == line.npos) return {};
    return {std::string(line.substr(dash + 1))};
  }
  return {};
}

/// The texts of a reply of one line or more without its number (RFC 959, 4.2), joined by line
/// feeds.
Texts take_reply(std::string_view answer, std::string_view what) {
  std::string text;
  for (bool first = true; !answer.empty(); first = false) {
    std::string_view line = take_line(answer);
    const bool numbered =
        line.starts_with(what) &&
        (line.size() == what.size() || line[what.size()] == ' ' || line[what.size()] == '-');
    if (first && !numbered) return {};
    const bool last = numbered && !line.substr(what.size()).starts_with('-');
    if (numbered) line.remove_prefix(std::min(what.size() + 1, line.size()));
    if (!first) text += '\n';
    text += line;
    if (last) break;
  }
  if (text.empty()) return {};
  return {text};
}

Texts take_news(std::string_view answer, std::string_view /*what*/) {
  return take_reply(answer, answer.starts_with("201") ? "201" : "200");
}

/// The rest of a first line that begins with `what` (RFC 1939, RFC 3501).
Texts take_line_behind(std::string_view answer, std::string_view what) {
  const std::string_view line = take_line(answer);
  if (!line.starts_with(what)) return {};
  return {std::string(trimmed(line.substr(what.size())))};
}

/// All but the commands (RFC 854).
Texts take_telnet(std::string_view answer, std::string_view /*what*/) {
  constexpr char kCommand = '\xff';
  constexpr char kBegin = '\xfa';
  std::string text;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    if (answer[i] == '\r') continue;
    if (answer[i] != kCommand || i + 1 == answer.size()) {
      text += answer[i];
      continue;
    }
    const char command = answer[++i];
    if (command == kCommand) {
      text += command;
    } else if (command == kBegin) {
      const std::size_t end = answer.find("\xff\xf0", i);
      i = end == answer.npos ? answer.size() : end + 1;
    } else if (command >= '\xfb') {
      ++i;  // will, won't, do, don't: of an option
    }
  }
  if (text.empty()) return {};
  return {text};
}

constexpr std::size_t kMysqlHead = 4;  // length and number of a packet
constexpr char kMysqlError = '\xff';

/// The version in the first packet of a server of protocol 10.
Texts take_mysql(std::string_view answer, std::string_view /*what*/) {
  if (answer.size() < kMysqlHead + 1 || answer[kMysqlHead] != '\x0a') return {};
  answer.remove_prefix(kMysqlHead + 1);
  return {std::string(answer.substr(0, answer.find('\0')))};
}

/// The text of a first packet that is an error: a number of two bytes, perhaps # and a state of
/// five.
Texts take_mysql_error(std::string_view answer, std::string_view /*what*/) {
  if (answer.size() < kMysqlHead + 3 || answer[kMysqlHead] != kMysqlError) return {};
  answer.remove_prefix(kMysqlHead + 3);
  if (answer.starts_with('#')) answer.remove_prefix(std::min<std::size_t>(6, answer.size()));
  return {std::string(answer)};
}

/// Each value of the header `what` of a response of HTTP, SIP or RTSP.
Texts take_header(std::string_view answer, std::string_view what) {
  Texts values;
  const std::string_view status = take_line(answer);
  const bool response =
      status.starts_with("HTTP/") || status.starts_with("SIP/") || status.starts_with("RTSP/");
  while (response && !answer.empty() && values.size() < kMostHeaders) {
    const std::string_view line = take_line(answer);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == line.npos || !equal_ignoring_case(trimmed(line.substr(0, colon)), what)) continue;
    values.emplace_back(trimmed(line.substr(colon + 1)));
  }
  return values;
}

Texts take_title(std::string_view answer, std::string_view /*what*/) {
  const std::size_t tag = find_ignoring_case(answer, "<title", 0);
  const std::size_t first = tag == answer.npos ? tag : answer.find('>', tag);
  const std::size_t end =
      first == answer.npos ? first : find_ignoring_case(answer, "</title", first);
  if (end == answer.npos) return {};
  return {std::string(trimmed(answer.substr(first + 1, end - first - 1)))};
}

constexpr std::string_view kHttpHeader = "http_header.";

}  // namespace

struct AnswerPart::Kind {
  std::string_view matches;
  std::string_view services;  // with commas
  Take take;
  std::string_view what;
};

const AnswerPart::Kind* AnswerPart::kind_of(std::string_view matches) {
  static constexpr std::string_view kHttp = "http,http-proxy";
  // Add a part here. Those of recog that are not here are of answers to questions that Lockstep
  // does not ask.
  static constexpr std::array kKinds = {
      Kind{"ssh.banner", "ssh", take_ssh, ""},
      Kind{"ftp.banner", "ftp", take_reply, "220"},
      Kind{"smtp.banner", "smtp", take_reply, "220"},
      Kind{"nntp.banner", "nntp", take_news, ""},
      Kind{"pop3.banner", "pop3", take_line_behind, "+OK"},
      Kind{"imap4.banner", "imap", take_line_behind, "* OK"},
      Kind{"telnet.banner", "telnet", take_telnet, ""},
      Kind{"mysql.banners", "mysql", take_mysql, ""},
      Kind{"mysql.error", "mysql", take_mysql_error, ""},
      Kind{"http_header.cookie", kHttp, take_header, "Set-Cookie"},
      Kind{"http_header.wwwauth", kHttp, take_header, "WWW-Authenticate"},
      Kind{"html_title", kHttp, take_title, ""},
      Kind{"sip_header.server", "sip", take_header, "Server"},
      Kind{"sip_header.user_agent", "sip", take_header, "User-Agent"},
      Kind{"rtsp_header.server", "rtsp", take_header, "Server"},
      Kind{kHttpHeader, kHttp, take_header, ""},  // of the name that follows
  };
  const auto found = std::ranges::find_if(kKinds, [&](const Kind& kind) {
    if (kind.matches != kHttpHeader) return kind.matches == matches;
    return matches.size() > kHttpHeader.size() && matches.starts_with(kHttpHeader);
  });
  return found == kKinds.end() ? nullptr : &*found;
}

std::optional<AnswerPart> AnswerPart::named(std::string_view matches) {
  const Kind* const kind = kind_of(matches);
  if (kind == nullptr) return std::nullopt;
  const bool header = kind->matches == kHttpHeader;
  return AnswerPart(*kind, std::string(header ? matches.substr(kHttpHeader.size()) : kind->what));
}

bool AnswerPart::is_of(std::string_view service) const {
  const auto services = split(kind_->services, ',');
  return !service.empty() && std::ranges::find(services, service) != services.end();
}

std::vector<std::string> AnswerPart::of(std::string_view answer) const {
  Texts texts = kind_->take(answer, what_);
  for (std::string& text : texts) text.resize(std::min(text.size(), kMostPartBytes));
  return texts;
}

}  // namespace lockstep::services
