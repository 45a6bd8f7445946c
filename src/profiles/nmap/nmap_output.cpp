#include "profiles/nmap/nmap_output.h"

#include <fmt/format.h>

#include "base/text.h"
#include "profiles/nmap/nmap_text.h"
#include "profiles/nmap/nmap_xml.h"
#include "profiles/nmap/utf8.h"

namespace lockstep {
namespace {

constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

Result<void> check_size(std::string_view bytes) {
  if (bytes.size() > kMaxNmapBytes) {
    return fail(ErrorKind::invalid,
                fmt::format("{} bytes, and at most {} are read: give the output of one scan of one "
                            "node, without scripts",
                            with_thousands(bytes.size()), with_thousands(kMaxNmapBytes)));
  }
  if (!trimmed(bytes).empty()) return {};
  return fail(ErrorKind::invalid,
              "the file is empty, as a scan leaves it that failed or was interrupted: scan again, "
              "with -oX, -oG or -oN");
}

/// A mark, or the zero byte that every ASCII character has there.
bool is_wide(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, 2);
  return start == "\xff\xfe" || start == "\xfe\xff" || start.find('\0') != std::string_view::npos;
}

Result<void> check_encoding(std::string_view bytes) {
  if (is_wide(bytes)) {
    return fail(ErrorKind::invalid,
                "byte 0: UTF-16 or UTF-32; save the file as UTF-8, as Nmap wrote it");
  }
  if (const std::size_t zero = bytes.find('\0'); zero != std::string_view::npos) {
    return fail(ErrorKind::corrupt,
                fmt::format("byte {}: a zero byte: the file is damaged; scan again", zero));
  }
  if (const auto offset = first_not_utf8(bytes)) {
    return fail(ErrorKind::corrupt,
                fmt::format("byte {}: not UTF-8: the file is damaged, or was saved in another "
                            "encoding; scan again",
                            *offset));
  }
  return {};
}

}  // namespace

Result<NmapHost> parse_nmap(std::string_view bytes) {
  LOCKSTEP_CHECK(check_size(bytes));
  LOCKSTEP_CHECK(check_encoding(bytes));
  const std::string_view text = bytes.substr(bytes.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0);
  const std::string_view start = trimmed(text);
  // With its mark, so that offsets are those of the file.
  if (start.starts_with('<')) return parse_nmap_xml(bytes);
  if (is_nmap_text(text) || is_nmap_failure(text)) return parse_nmap_text(text);
  return fail(ErrorKind::invalid,
              fmt::format("line 1: this is not Nmap's, since no line says that a scan begins (it "
                          "starts with {}): give what nmap wrote with -oX, -oG or -oN",
                          quoted(start.substr(0, start.find('\n')), 40)));
}

}  // namespace lockstep
