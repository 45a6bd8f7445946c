// The parser of data/udp/payloads.

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/text.h"
#include "model/port_items.h"
#include "scan/udp_payloads.h"

namespace lockstep::scan {
namespace {

constexpr unsigned kLastCookieByte = 7;

/// The text up to the next space; `text` loses both.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text = trimmed(text.substr(word.size()));
  return word;
}

/// What a line of pieces says: bytes, and where among them bytes of the cookie belong.
struct Pieces {
  std::vector<std::byte> bytes;
  std::vector<UdpIdentifier> identifiers;
};

void append_zeros(std::vector<std::byte>& bytes, std::size_t count) {
  bytes.resize(bytes.size() + count);
}

/// "<0-3>" or "<0-3:hex>" without the brackets.
Result<CookieBytes> parse_cookie(std::string_view text) {
  CookieBytes cookie;
  if (text.ends_with(":hex")) {
    cookie.as_text = true;
    text.remove_suffix(4);
  }
  const std::size_t dash = text.find('-');
  const auto first = parse_bounded(text.substr(0, dash), kLastCookieByte);
  const auto last =
      dash == text.npos ? std::nullopt : parse_bounded(text.substr(dash + 1), kLastCookieByte);
  if (!first || !last || *last < *first) {
    return fail(ErrorKind::invalid,
                fmt::format("{} are no bytes of the cookie; write <0-3> or <0-3:hex>, of 0 to 7",
                            quoted(text)));
  }
  cookie.first = static_cast<std::uint8_t>(*first);
  cookie.count = static_cast<std::uint8_t>(*last - *first + 1);
  return cookie;
}

/// Takes a text from its opening quote to its closing one.
Result<std::vector<std::byte>> take_text(std::string_view& rest) {
  std::vector<std::byte> result;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    char character = rest[i];
    if (character == '"') {
      rest.remove_prefix(i + 1);
      return result;
    }
    if (character == '\\') {
      character = ++i < rest.size() ? rest[i] : ' ';
      if (character == 'r') {
        character = '\r';
      } else if (character == 'n') {
        character = '\n';
      } else if (character != '"' && character != '\\') {
        return fail(ErrorKind::invalid, "a text knows the escapes \\r, \\n, \\\" and \\\\ only");
      }
    }
    result.push_back(static_cast<std::byte>(character));
  }
  return fail(ErrorKind::invalid, "a text has no closing quote");
}

Result<std::vector<std::byte>> parse_hexadecimal(std::string_view word) {
  std::vector<std::byte> result;
  for (std::size_t i = 0; i < word.size(); i += 2) {
    unsigned value = 0;
    const char* const end = word.data() + std::min(i + 2, word.size());
    const auto [rest, error] = std::from_chars(word.data() + i, end, value, 16);
    if (error != std::errc() || rest != word.data() + i + 2) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} is neither pairs of hexadecimal digits nor a \"text\" nor <0-7>",
                              quoted(word)));
    }
    result.push_back(static_cast<std::byte>(value));
  }
  return result;
}

Result<void> append_pieces(std::string_view rest, Pieces& pieces) {
  for (rest = trimmed(rest); !rest.empty(); rest = trimmed(rest)) {
    std::vector<std::byte> bytes;
    if (rest.front() == '<') {
      const std::size_t end = rest.find('>');
      if (end == rest.npos) return fail(ErrorKind::invalid, "a < has no >");
      LOCKSTEP_TRY(const CookieBytes cookie, parse_cookie(rest.substr(1, end - 1)));
      pieces.identifiers.push_back({static_cast<std::uint16_t>(pieces.bytes.size()), cookie});
      append_zeros(bytes, cookie.size());
      rest.remove_prefix(end + 1);
    } else if (rest.front() == '"') {
      LOCKSTEP_TRY(bytes, take_text(rest));
    } else {
      const std::string_view word = rest.substr(0, rest.find_first_of(" <\""));
      LOCKSTEP_TRY(bytes, parse_hexadecimal(word));
      rest.remove_prefix(word.size());
    }
    pieces.bytes.insert(pieces.bytes.end(), bytes.begin(), bytes.end());
    if (pieces.bytes.size() > kMostUdpPayloadBytes) {
      return fail(ErrorKind::invalid,
                  fmt::format("a datagram has at most {} bytes", kMostUdpPayloadBytes));
    }
  }
  return {};
}

/// What follows "echo", other than "optional".
Result<UdpEcho> parse_echo(std::string_view rest) {
  UdpEcho echo;
  const std::string_view where = take_word(rest);
  if (where == "at") {
    const auto offset = parse_bounded(take_word(rest), kMostUdpPayloadBytes);
    if (!offset) return fail(ErrorKind::invalid, "the offset of the echo is not a number");
    echo.offset = static_cast<std::uint16_t>(*offset);
  } else if (where != "behind") {
    return fail(
        ErrorKind::invalid,
        fmt::format("an echo is \"at\", \"behind\" or \"optional\", not {}", quoted(where)));
  }
  Pieces pieces;
  LOCKSTEP_CHECK(append_pieces(rest, pieces));
  if (pieces.identifiers.size() != 1 ||
      pieces.identifiers[0].offset + pieces.identifiers[0].cookie.size() != pieces.bytes.size()) {
    return fail(ErrorKind::invalid, "an echo ends in one <0-7>");
  }
  echo.cookie = pieces.identifiers[0].cookie;
  echo.behind.assign(pieces.bytes.begin(), pieces.bytes.begin() + pieces.identifiers[0].offset);
  if (echo.behind.empty() != (where == "at")) {
    return fail(ErrorKind::invalid, "\"at\" has an offset only, \"behind\" has bytes to look for");
  }
  return echo;
}

Result<UdpEntry> parse_heading(std::string_view line) {
  UdpEntry entry;
  entry.payload.protocol = take_word(line);
  LOCKSTEP_TRY(entry.ports, parse_port_items(line));
  return entry;
}

Result<void> parse_line_of_entry(std::string_view line, UdpPayload& payload) {
  const std::string_view keyword = take_word(line);
  if (keyword == "send") {
    Pieces pieces{std::move(payload.bytes), std::move(payload.identifiers)};
    LOCKSTEP_CHECK(append_pieces(line, pieces));
    payload.bytes = std::move(pieces.bytes);
    payload.identifiers = std::move(pieces.identifiers);
    return {};
  }
  if (keyword == "pad") {
    const auto size = parse_bounded(line, kMostUdpPayloadBytes);
    if (!size || *size < payload.bytes.size()) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} bytes are no size of this datagram", quoted(line)));
    }
    payload.bytes.resize(*size);
    return {};
  }
  if (keyword == "echo" && line == "optional") {
    payload.echo_is_optional = true;
    return {};
  }
  if (keyword == "echo") {
    LOCKSTEP_TRY(UdpEcho echo, parse_echo(line));
    payload.echoes.push_back(std::move(echo));
    return {};
  }
  if (keyword == "from" && line == "any port") {
    payload.answers_from_other_port = true;
    return {};
  }
  return fail(ErrorKind::invalid,
              fmt::format("{} is none of send, pad, echo, \"from any port\"", quoted(keyword)));
}

/// What is echoed must have been sent: an echo of anything else would call every answer forged.
Result<void> check_entry(const UdpPayload& payload) {
  std::uint32_t sent = 0;
  for (const UdpIdentifier& identifier : payload.identifiers) {
    for (unsigned i = 0; i < identifier.cookie.count; ++i)
      sent |= 1U << (identifier.cookie.first + i);
  }
  for (const UdpEcho& echo : payload.echoes) {
    for (unsigned i = 0; i < echo.cookie.count; ++i) {
      if ((sent & 1U << (echo.cookie.first + i)) == 0) {
        return fail(ErrorKind::invalid, "the echo has bytes of the cookie that are not sent");
      }
    }
  }
  if (payload.echo_is_optional && payload.echoes.empty()) {
    return fail(ErrorKind::invalid, "an echo is optional, but there is none");
  }
  return {};
}

}  // namespace

Result<std::vector<UdpEntry>> parse_udp_payloads(std::string_view text) {
  std::vector<UdpEntry> entries;
  std::size_t number = 0;
  std::size_t heading = 0;
  const auto within = [](const Error& error, std::size_t line) {
    return std::unexpected(error.within(fmt::format("line {} of the payloads", line)));
  };
  // The text as if one more entry began behind it, so that the last one is checked as well.
  std::vector<std::string_view> lines = split(text, '\n');
  lines.push_back("end 1");
  for (const std::string_view raw : lines) {
    ++number;
    const std::string_view line = trimmed(raw);
    if (line.empty() || line.front() == '#') continue;
    if (raw.starts_with(' ')) {
      if (entries.empty()) return within({ErrorKind::invalid, "no entry has begun yet"}, number);
      const auto parsed = parse_line_of_entry(line, entries.back().payload);
      if (!parsed) return within(parsed.error(), number);
      continue;
    }
    if (!entries.empty()) {
      const auto checked = check_entry(entries.back().payload);
      if (!checked) return within(checked.error(), heading);
    }
    auto entry = parse_heading(line);
    if (!entry) return within(entry.error(), number);
    entries.push_back(*std::move(entry));
    heading = number;
  }
  entries.pop_back();
  return entries;
}

}  // namespace lockstep::scan
