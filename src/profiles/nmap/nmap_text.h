// The two formats made of lines, greppable and normal: what frames a scan in them.
//
//   # Nmap 7.93 scan initiated DATE as: nmap -sV -p- -oN FILE node1      (a terminal: Starting
//   Nmap)
//   ...
//   # Nmap done at DATE -- 1 IP address (1 host up) scanned in 0.76 seconds       (Nmap done: 1
//   ...)

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "profiles/nmap/host_builder.h"
#include "profiles/nmap/nmap_output.h"

namespace lockstep {

struct TextLine {
  std::size_t number = 0;  ///< counted from 1
  std::string_view text;   ///< without its end, LF or CRLF
};

/// The lines of a text, one after the other. The text is borrowed.
class TextLines {
 public:
  explicit TextLines(std::string_view text, std::size_t first_number = 1)
      : rest_(text), number_(first_number) {}

  std::optional<TextLine> next();

 private:
  std::string_view rest_;
  std::size_t number_;
};

/// "line 5"
std::string place_of(const TextLine& line);

/// Whether `text` has a line that opens a scan. Debugging output (-d) may stand before it.
bool is_nmap_text(std::string_view text);

/// Whether `text` is what Nmap leaves behind where a scan failed before it began: its complaint,
/// and "QUITTING!".
bool is_nmap_failure(std::string_view text);

/// The host of a greppable or normal file, for which is_nmap_text() or is_nmap_failure() holds.
/// Errors as of parse_nmap(), with the line.
Result<NmapHost> parse_nmap_text(std::string_view text);

/// The hosts of the lines between the frame, into `hosts`. `version_scan`: names of services
/// count, unless they end in '?'.
Result<void> read_greppable(TextLines lines, bool version_scan, HostBuilder& hosts);
Result<void> read_normal(TextLines lines, bool version_scan, HostBuilder& hosts);

/// Whether the line opens the table of ports in the normal format.
bool is_port_table(std::string_view line);

}  // namespace lockstep
