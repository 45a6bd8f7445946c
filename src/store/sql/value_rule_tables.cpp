#include "store/sql/value_rule_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>

#include "base/text.h"
#include "store/sql/texts.h"

namespace lockstep {

Result<std::vector<ValueRule>> read_value_rules(Connection& connection) {
  std::vector<ValueRule> rules;
  for (const auto& row : select_texts(
           connection.sql(),
           "SELECT TRIM(host_type), TRIM(instance), TRIM(name), TRIM(rule) FROM value_rules", 4)) {
    if (std::ranges::any_of(row, [](const std::string& text) { return text.empty(); })) {
      return fail(ErrorKind::corrupt,
                  fmt::format("table value_rules, the row host_type {}, instance {}, name {}, rule "
                              "{}: one of them is missing; correct or delete it with an SQL client",
                              quoted(row[0]), quoted(row[1]), quoted(row[2]), quoted(row[3])));
    }
    rules.push_back({row[0], row[1], row[2], row[3]});
  }
  std::ranges::sort(rules);
  const auto doubled = std::ranges::unique(rules);
  rules.erase(doubled.begin(), doubled.end());
  return rules;
}

}  // namespace lockstep
