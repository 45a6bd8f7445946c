#include "profiles/nmap/nmap_text.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "base/text.h"
#include "profiles/nmap/command_line.h"

namespace lockstep {
namespace {

constexpr std::string_view kFileDone = "# Nmap done at ";
constexpr std::string_view kTerminalDone = "Nmap done: ";
constexpr std::string_view kFailed = "QUITTING!";

bool opens_file(std::string_view line) {
  return line.starts_with("# Nmap ") && line.find(" scan initiated ") != std::string_view::npos;
}

bool opens_terminal(std::string_view line) {
  return line.starts_with("Starting Nmap ");
}

/// "nmap -sV node1" of "# Nmap 7.93 scan initiated DATE as: nmap -sV node1".
std::string_view command_line_of(std::string_view opening) {
  constexpr std::string_view kAs = " as: ";
  const std::size_t at = opening.find(kAs);
  return at == std::string_view::npos ? std::string_view() : opening.substr(at + kAs.size());
}

/// The number that `text` starts with.
std::optional<std::size_t> leading_number(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

/// The counts of "1 IP address (1 host up) scanned in 0.76 seconds".
std::optional<HostTotals> parse_totals(std::string_view text) {
  const auto total = leading_number(text);
  const std::size_t open = text.find('(');
  if (!total || open == std::string_view::npos) return std::nullopt;
  const auto up = leading_number(text.substr(open + 1));
  if (!up) return std::nullopt;
  return HostTotals{*up, *total};
}

std::optional<HostTotals> totals_of(std::string_view done) {
  if (done.starts_with(kTerminalDone)) return parse_totals(done.substr(kTerminalDone.size()));
  constexpr std::string_view kDashes = " -- ";
  const std::size_t at = done.find(kDashes);
  if (at == std::string_view::npos) return std::nullopt;
  return parse_totals(done.substr(at + kDashes.size()));
}

/// The opening and the closing line of a scan, and what is learned on the way between them.
struct Frame {
  std::string_view opening;
  std::size_t opening_number = 0;
  std::string_view rest;  // from the opening line to the end of the file
  std::string_view done;
  bool greppable = false;
  bool version_column = false;

  /// The lines from the opening to the one before the end. Only for a frame that is closed.
  TextLines body() const {
    const auto size = static_cast<std::size_t>(done.data() - rest.data());
    return TextLines(rest.substr(0, size), opening_number);
  }
  bool in_terminal() const { return opens_terminal(opening); }
  bool is_closed_by(std::string_view line) const {
    return line.starts_with(in_terminal() ? kTerminalDone : kFileDone);
  }
};

Error failed_scan(const TextLine& line, std::string_view reason) {
  return Error(ErrorKind::invalid,
               fmt::format("the scan failed: {}; scan again", quoted(trimmed(reason), 160)))
      .within(place_of(line));
}

Error second_scan(const TextLine& line) {
  return Error(ErrorKind::invalid,
               "another scan begins here (--append-output, or --resume): give the output of one")
      .within(place_of(line));
}

Error not_closed(const TextLine& last, const Frame& frame) {
  return Error(ErrorKind::corrupt,
               fmt::format("the output ends without the line {}: the scan was interrupted, or the "
                           "file was cut short; scan again",
                           quoted(trimmed(frame.in_terminal() ? kTerminalDone : kFileDone))))
      .within(place_of(last));
}

/// Everything is read, to the end of the file, before any line is believed.
Result<Frame> read_frame(std::string_view text) {
  Frame frame;
  TextLines lines(text);
  TextLine last;
  while (const auto line = lines.next()) {
    const std::string_view said = line->text;
    const bool opening = opens_file(said) || opens_terminal(said);
    if (said == kFailed) return std::unexpected(failed_scan(*line, last.text));
    if (!frame.opening.empty() && opening) return std::unexpected(second_scan(*line));
    if (opening) {
      frame.opening = said;
      frame.opening_number = line->number;
      frame.rest = text.substr(static_cast<std::size_t>(said.data() - text.data()));
    } else if (!frame.opening.empty() && frame.done.empty()) {
      if (frame.is_closed_by(said)) frame.done = said;
      frame.greppable |= said.starts_with("Host: ");
      frame.version_column |= is_port_table(said) && said.find(" VERSION") != said.npos;
    }
    last = *line;
  }
  if (frame.done.empty()) return std::unexpected(not_closed(last, frame));
  return frame;
}

}  // namespace

std::optional<TextLine> TextLines::next() {
  if (rest_.empty()) return std::nullopt;
  const std::size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return TextLine{number_++, line};
}

std::string place_of(const TextLine& line) {
  return fmt::format("line {}", line.number);
}

bool is_nmap_text(std::string_view text) {
  TextLines lines(text);
  while (const auto line = lines.next()) {
    if (opens_file(line->text) || opens_terminal(line->text)) return true;
  }
  return false;
}

bool is_nmap_failure(std::string_view text) {
  return trimmed(text).ends_with(kFailed);
}

Result<NmapHost> parse_nmap_text(std::string_view text) {
  LOCKSTEP_TRY(const Frame frame, read_frame(text));
  const bool version_scan =
      frame.version_column || asks_for_versions(command_line_of(frame.opening));
  HostBuilder hosts;
  LOCKSTEP_CHECK(frame.greppable ? read_greppable(frame.body(), version_scan, hosts)
                                 : read_normal(frame.body(), version_scan, hosts));
  return std::move(hosts).finish(version_scan, totals_of(frame.done));
}

}  // namespace lockstep
