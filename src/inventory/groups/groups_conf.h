// The format of ClusterShell's groups.conf(5): sections of options, as Python's configparser
// reads them.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lockstep {

struct ConfOption {
  std::string value;
  std::size_t line = 0;
};

struct ConfSection {
  std::string name;
  std::size_t line = 0;
  std::map<std::string, ConfOption> options;  ///< by key, in lower case
};

/// The sections of `text`, in order. "key: value" and "key = value"; a line that begins with white
/// space continues the value of the line before; lines that begin with "#" or ";" are comments.
/// `invalid`, with the line: an option outside of a section, a line that is neither, a section or
/// an option given twice.
Result<std::vector<ConfSection>> parse_conf(std::string_view text);

/// The words of a list of folders: separated by white space; quotes and backslashes as in a shell.
/// `invalid` for a quote that does not end.
Result<std::vector<std::string>> shell_words(std::string_view text);

/// `text` with "$NAME" and "${NAME}" replaced where `values` has NAME, and "$$" by "$". Other
/// names stay: they are the shell's. What was inserted is not looked at again.
std::string substituted(std::string_view text, const std::map<std::string, std::string>& values);

}  // namespace lockstep
