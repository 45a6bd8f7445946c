#include "profiles/approval.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace lockstep {
namespace {

std::string line_of(const ExpectedPort& expected) {
  std::string line = fmt::format("{}/{}", expected.port, to_string(expected.protocol));
  if (!expected.service.empty()) line += " service " + quoted(expected.service, kMaxServiceBytes);
  if (!expected.service_rule.empty()) {
    line += " = " + quoted(expected.service_rule, expected.service_rule.size());
  }
  return line;
}

std::string line_of(const PortRule& rule) {
  std::string line = fmt::format("{}/{} {}", rule.ports.to_string(), to_string(rule.protocol),
                                 to_string(rule.presence));
  if (rule.presence == Presence::rpc) line += fmt::format(":{}", rule.rpc_program);
  if (rule.presence == Presence::service) line += ":" + quoted(rule.service, kMaxServiceBytes);
  if (rule.until) {
    line += fmt::format(" until {:%Y-%m-%dT%H:%M:%SZ}",
                        fmt::gmtime(std::chrono::system_clock::to_time_t(*rule.until)));
  }
  return line;
}

std::vector<std::string> missing_from(const std::vector<std::string>& lines,
                                      const std::vector<std::string>& others) {
  std::vector<std::string> missing;
  std::ranges::set_difference(lines, others, std::back_inserter(missing));
  return missing;
}

}  // namespace

std::vector<std::string> lines_of(const Profile& profile) {
  std::vector<std::string> lines;
  for (const ExpectedPort& expected : profile.ports) lines.push_back(line_of(expected));
  for (const PortRule& rule : profile.rules) lines.push_back(line_of(rule));
  std::ranges::sort(lines);
  const auto repeated = std::ranges::unique(lines);
  lines.erase(repeated.begin(), repeated.end());
  return lines;
}

LineDiff diff_lines(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  return {missing_from(after, before), missing_from(before, after)};
}

}  // namespace lockstep
