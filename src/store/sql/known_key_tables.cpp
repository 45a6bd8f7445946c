#include "store/sql/known_key_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/sql/rows.h"
#include "store/sql/service_key_tables.h"
#include "store/sql/staged_nodes.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"node", 255},
                               {"network", 255},
                               {"protocol", 5},
                               {"port"},
                               {"type", kMostKeyTypeBytes},
                               {"sha256", kMostFingerprintBytes},
                               {"since", 20},
                               {"accepted_by", 255}};
constexpr BulkTable kKnownKeys = {"known_keys", kColumns, 6, true};

Result<KnownKey> to_key(Fields row) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  const auto protocol = parse_protocol(text(2));
  const auto port = parse_port_number(text(3));
  const auto since = parse_time(text(6));
  if (!protocol || !port || !since) {
    return corrupt_row(
        "known_keys",
        fmt::format("node {}, port {}, type {}", quoted(text(0)), quoted(text(3)), quoted(text(4))),
        "one of its values has no sense");
  }
  KnownKey key;
  key.node = text(0);
  key.network = text(1);
  key.protocol = *protocol;
  key.port = *port;
  key.type = text(4);
  key.sha256 = text(5);
  key.since = *since;
  key.by = text(7);
  return key;
}

/// What makes two keys the same.
auto identity_of(const KnownKey& key) {
  return std::tie(key.node, key.network, key.protocol, key.port, key.type, key.sha256);
}

/// As they stand in the table, ascending, each once: the one that has been known for longer.
std::vector<KnownKey> stored_form(std::span<const KnownKey> keys) {
  std::vector<KnownKey> result(keys.begin(), keys.end());
  for (KnownKey& key : result) {
    key.node = storable(key.node);
    key.network = storable(key.network);
    key.type = cut_to(storable(key.type), kMostKeyTypeBytes);
    key.sha256 = cut_to(storable(key.sha256), kMostFingerprintBytes);
  }
  std::ranges::sort(result);
  const auto doubled = std::ranges::unique(result, {}, identity_of);
  result.erase(doubled.begin(), doubled.end());
  return result;
}

/// Ascending, each once.
std::vector<std::string> stored_form(const std::vector<std::string>& nodes) {
  std::vector<std::string> names;
  for (const std::string& node : nodes) names.push_back(storable(node));
  std::ranges::sort(names);
  const auto doubled = std::ranges::unique(names);
  names.erase(doubled.begin(), doubled.end());
  return names;
}

}  // namespace

Result<std::vector<KnownKey>> read_known_keys(Connection& connection) {
  std::vector<KnownKey> keys;
  const std::string query = fmt::format("SELECT {} FROM known_keys", names_of(kColumns));
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    LOCKSTEP_TRY(KnownKey key, to_key(row));
    keys.push_back(std::move(key));
    return {};
  }));
  if (!std::ranges::is_sorted(keys)) std::ranges::sort(keys);
  return keys;
}

Result<void> add_known_keys(Connection& connection, std::span<const KnownKey> keys) {
  const std::vector<KnownKey> rows = stored_form(keys);
  return connection.bulk().upsert(kKnownKeys, rows.size(), [&](std::size_t i, BulkRow& row) {
    const KnownKey& key = rows[i];
    row.text(key.node);
    row.text(key.network);
    row.text(to_string(key.protocol));
    row.number(key.port);
    row.text(key.type);
    row.text(key.sha256);
    row.time(key.since);
    row.text(key.by);
  });
}

Result<void> write_known_keys(Connection& connection, const std::vector<std::string>& nodes,
                              std::span<const KnownKey> keys) {
  const std::vector<std::string> names = stored_form(nodes);
  for (const KnownKey& key : keys) {
    if (std::ranges::binary_search(names, storable(key.node))) continue;
    return fail(ErrorKind::invalid,
                fmt::format("a key is of node {}, which is none of those whose keys are replaced",
                            quoted(key.node)));
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  LOCKSTEP_CHECK(stage_nodes(connection, views));
  connection.sql() << "DELETE FROM known_keys WHERE " << kOfStagedNodes;
  drop_staged_nodes(connection);
  return add_known_keys(connection, keys);
}

}  // namespace lockstep
