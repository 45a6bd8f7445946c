#include "profiles/nmap/command_line.h"

#include <algorithm>

namespace lockstep {
namespace {

bool has(std::string_view text, char c) {
  return text.find(c) != std::string_view::npos;
}

bool consists_of(std::string_view text, std::string_view letters) {
  return text.find_first_not_of(letters) == std::string_view::npos;
}

/// Takes the first word off `line`. Nmap quotes words that hold more than plain characters, as in
/// --script-args "x=\"-A\" y", and no option that matters here does.
std::string_view take_word(std::string_view& line) {
  const bool in_quotes = line.starts_with('"');
  std::size_t end = in_quotes ? 1 : 0;
  for (; end < line.size(); ++end) {
    if (in_quotes && line[end] == '\\')
      ++end;
    else if (line[end] == (in_quotes ? '"' : ' '))
      break;
  }
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

/// A file that is called like the option, as in "-oN -sV", passes for it. That chance we take.
bool is_version_option(std::string_view word) {
  // All letters that -s takes; other ones, such as of -script, make it another option.
  if (word.starts_with("-s") && consists_of(word.substr(2), "ACFILMNOPRSTUVWXYZn")) {
    return has(word, 'V') || has(word, 'R');
  }
  // The letters without a value, which may stand together.
  return word.starts_with('-') && has(word, 'A') && consists_of(word.substr(1), "46AFRfhnr");
}

}  // namespace

bool asks_for_versions(std::string_view command_line) {
  while (!command_line.empty()) {
    if (is_version_option(take_word(command_line))) return true;
  }
  return false;
}

}  // namespace lockstep
