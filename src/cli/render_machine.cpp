#include "cli/render_machine.h"
#include "documents/json_parts.h"

#include <fmt/format.h>

#include "cli/format.h"
#include "cli/table.h"

namespace lockstep::cli {
namespace {

std::string verdict_of(const DoctorCheck& check) {
  switch (check.verdict) {
    case DoctorCheck::Verdict::good: return "ok";
    case DoctorCheck::Verdict::limited: return "limited";
    case DoctorCheck::Verdict::bad: return "MISSING";
  }
  return "";
}

std::string classes_of(const Node& node) {
  std::string text;
  for (const std::string& each : node.classes) text += (text.empty() ? "" : ",") + shown(each);
  return text;
}

boost::json::object of_check(const DoctorCheck& check) {
  static constexpr const char* kVerdicts[] = {"good", "limited", "bad"};
  return {{"check", documents::json_text(check.subject)},
          {"verdict", kVerdicts[static_cast<std::size_t>(check.verdict)]},
          {"finding", documents::json_text(check.finding)},
          {"remedy", documents::json_text(check.remedy)}};
}

}  // namespace

std::string nodes_text(const std::vector<Node>& nodes) {
  Table table({"NODE", "CLASSES", "GROUP", "ADDRESSES"});
  for (const Node& node : nodes) {
    std::string addresses;
    for (const NodeAddress& address : node.addresses) {
      addresses += addresses.empty() ? "" : ",";
      addresses += address.address.to_string();
      if (address.network != kDefaultNetwork) addresses += "@" + shown(address.network);
    }
    table.add({shown(node.name), classes_of(node), node.group.empty() ? "-" : shown(node.group),
               addresses.empty() ? "by name" : addresses});
  }
  return table.to_string();
}

std::string doctor_text(const std::vector<DoctorCheck>& checks) {
  Table table({"CHECK", "VERDICT", "FOUND"});
  std::string remedies;
  for (const DoctorCheck& check : checks) {
    table.add({check.subject, verdict_of(check), check.finding});
    if (!check.remedy.empty()) remedies += fmt::format("  {}: {}\n", check.subject, check.remedy);
  }
  return table.to_string() + (remedies.empty() ? "" : "\nWhat to do:\n" + remedies);
}

std::string doctor_json(const std::vector<DoctorCheck>& checks) {
  return documents::json_document({{"checks", documents::json_array(checks, of_check)}});
}

}  // namespace lockstep::cli
