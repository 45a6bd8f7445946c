#include "notify/smtp/mail.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace lockstep::notify {
namespace {

constexpr std::size_t kMostPlain = 900;  // RFC 5322: a line has 998 at most
constexpr std::size_t kWordBytes = 42;   // 56 characters of base64, with its frame below 76
constexpr std::size_t kMostLine = 75;    // without the "=" of a soft break

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string base64(std::string_view text) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const auto byte = [&](std::size_t at) -> unsigned {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned three = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    encoded += kDigits[three >> 18U];
    encoded += kDigits[three >> 12U & 63U];
    encoded += i + 1 < text.size() ? kDigits[three >> 6U & 63U] : '=';
    encoded += i + 2 < text.size() ? kDigits[three & 63U] : '=';
  }
  return encoded;
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

std::string date_of(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000", kDays[parts.tm_wday], parts.tm_mday,
                     kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                     parts.tm_sec);
}

/// The part of an address behind the "@", for ids that nobody else gives.
std::string domain_of(const std::string& address) {
  return address.substr(address.rfind('@') + 1);
}

}  // namespace

bool is_mail_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return false;
  if (text.size() > 254 || text.find('@', at + 1) != std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) {
    return c > 0x20 && c < 0x7f &&
           std::string_view("<>()[],;:\\\"").find(c) == std::string_view::npos;
  });
}

std::string encoded_header(std::string_view text) {
  if (is_ascii(text) && text.size() <= kMostPlain && text.find("=?") == std::string_view::npos) {
    return std::string(text);
  }
  std::string encoded;
  while (!text.empty()) {
    std::size_t length = std::min(text.size(), kWordBytes);
    while (length < text.size() && length > 1 && !begins_character(text[length])) --length;
    if (!encoded.empty()) encoded += "\r\n ";
    encoded += fmt::format("=?utf-8?B?{}?=", base64(text.substr(0, length)));
    text.remove_prefix(length);
  }
  return encoded;
}

std::string quoted_printable(std::string_view text) {
  std::string encoded;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      encoded += "\r\n";
      column = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n';
    // A space at the end of a line is lost on the way, a dot at its beginning may be.
    const bool fragile = (c == ' ' && ends_line) || (c == '.' && column == 0);
    const bool plain = c >= 0x20 && c < 0x7f && c != '=' && !fragile;
    const std::size_t width = plain ? 1 : 3;
    if (column + width > kMostLine) {
      encoded += "=\r\n";
      column = 0;
    }
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("={:02X}", static_cast<unsigned char>(c));
    }
    column += width;
  }
  return encoded + "\r\n";
}

std::string mail_of(const Message& message, const std::string& from,
                    const std::vector<std::string>& to) {
  const std::string domain = domain_of(from);
  // "A-17.1796054400.2": without its number it is the thread.
  const std::string thread = message.id.substr(0, message.id.rfind('.'));
  const bool is_grave = message.severity >= Severity::high && message.what != What::resolved;
  std::string mail;
  const auto add = [&](std::string_view name, std::string_view value) {
    mail += fmt::format("{}: {}\r\n", name, value);
  };
  add("Date", date_of(message.at));
  add("From", fmt::format("Lockstep <{}>", from));
  add("To", fmt::format("{}", fmt::join(to, ",\r\n ")));
  add("Subject",
      encoded_header(fmt::format("[{}] {}", harmless(message.cluster, 60), title_of(message))));
  add("Message-ID", fmt::format("<{}@{}>", message.id, domain));
  add("References", fmt::format("<{}@{}>", thread, domain));
  add("Auto-Submitted", "auto-generated");
  if (is_grave) add("Importance", "high");
  add("MIME-Version", "1.0");
  add("Content-Type", "text/plain; charset=utf-8");
  add("Content-Transfer-Encoding", "quoted-printable");
  return mail + "\r\n" + quoted_printable(text_of(message));
}

}  // namespace lockstep::notify
