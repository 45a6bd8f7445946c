#include "cli/render_keys.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "base/text.h"
#include "cli/format.h"
#include "cli/table.h"
#include "model/alert.h"
#include "model/nodeset.h"

namespace lockstep::cli {
namespace {

using control::KeyRow;

/// What of a key is worth saying, if it is not as it should be.
std::string state_text(const KeyRow& row) {
  if (!row.known) return "NOT KNOWN";
  return row.seen ? "as known" : "not seen";
}

}  // namespace

std::string keys_text(const std::vector<KeyRow>& rows, WallTime now) {
  if (rows.empty()) {
    return "No key is known. Next: lockstep sweep --services\n";
  }
  using Line = std::tuple<std::string, Port, std::string, std::string, std::string, std::string,
                          std::string>;
  std::map<Line, std::vector<std::string>> lines;
  std::vector<Line> order;
  for (const KeyRow& row : rows) {
    std::string by = row.known ? "first seen" : "-";
    if (!row.key.by.empty()) by = shown(row.key.by);
    const Line line{row.key.network,
                    row.key.port,
                    row.key.type,
                    row.key.sha256,
                    state_text(row),
                    by,
                    format_age(now - row.key.since)};
    std::vector<std::string>& nodes = lines[line];
    if (nodes.empty()) order.push_back(line);
    nodes.push_back(row.key.node);
  }
  Table table({"NODES", "PORT", "TYPE", "KEY", "STATE", "SINCE", "ACCEPTED BY"});
  for (const Line& line : order) {
    const auto& [network, port, type, key, state, by, age] = line;
    table.add({nodes_in_short(lines.at(line)),
               network == kDefaultNetwork ? fmt::format("{}", port)
                                          : fmt::format("{}@{}", port, shown(network)),
               shown(type), shown(key), state, age, by});
  }
  return table.to_string();
}

std::string accept_text(const control::AcceptReport& report, control::AcceptWhat what) {
  std::string over;
  for (const std::int64_t id : report.resolved) {
    over += fmt::format("{}{}", over.empty() ? "; over: " : ", ", alert_name(id));
  }
  if (what == control::AcceptWhat::next) {
    return fmt::format(
        "{} forgotten{}. What is seen next is known from then on: lockstep sweep --services\n",
        plural(report.forgotten, "key"), over);
  }
  if (report.accepted == 0 && report.forgotten == 0) {
    return "Nothing is new: what was seen last is what is known. For keys that are still to come: "
           "--next\n";
  }
  return fmt::format("{} accepted, {} forgotten{}\n", plural(report.accepted, "key"),
                     report.forgotten, over);
}

}  // namespace lockstep::cli
