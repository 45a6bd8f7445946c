// The parser of recog's files of fingerprints (github.com/rapid7/recog; its README describes them):
//
//   <fingerprints matches="ssh.banner" protocol="ssh" preference="0.90">
//     <fingerprint pattern="^Example_([\d.]+)$" flags="REG_ICASE">
//       <description>Example's SSH server</description>
//       <example service.version="1.2">Example_1.2</example>
//       <param pos="0" name="service.vendor" value="Example"/>
//       <param pos="1" name="service.version"/>
//     </fingerprint>
//   </fingerprints>
//
// We ship none of recog's own: a user names files that he has.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "services/probe.h"

namespace lockstep::services {

/// What a fingerprint concludes: of a group what it captured, else a text of its own.
struct RecogParam {
  std::size_t group = 0;  ///< 0: `value`
  std::string name;       ///< "service.version"
  std::string value;      ///< may name others: "cpe:/a:example:example:{service.version}"
};

/// A text that fits, and some of what is then concluded.
struct RecogExample {
  std::string text;
  std::vector<std::pair<std::string, std::string>> expected;
};

struct Fingerprint {
  Signature signature;  ///< its pattern, in PCRE2's dialect, and its place
  std::vector<RecogParam> params;
  std::vector<RecogExample> examples;
};

struct RecogFile {
  std::string name;                       ///< as people name it
  std::string matches;                    ///< what it is about (answer_part.h)
  double preference = 0.1;                ///< 0 to 1; of files that fit, the highest counts
  std::vector<Fingerprint> fingerprints;  ///< the first that fits counts
  std::vector<std::string> left_out;      ///< "NAME:LINE: why" for each that cannot be used
};

inline constexpr std::size_t kMostRecogFileBytes = 16 << 20;

/// Entities are not defined by files, and nothing outside of the file is read. Patterns are not yet
/// tried: the recognizer compiles them. Errors: `invalid`, "NAME:LINE: what".
Result<RecogFile> parse_recog_file(std::string_view text, const std::string& name);

}  // namespace lockstep::services
