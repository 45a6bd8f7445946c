#include "store/sql/sql_store.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "store/sql/errors.h"
#include "store/sql/migrations.h"
#include "store/sql/sqlite.h"
#include "store/sql/transaction.h"

namespace lockstep {
namespace {

/// A row of Table 1 as it stands. The port is text too, because SQLite keeps whatever a hand
/// writes into a column, and would read "80x" as 80 where a number is asked for.
struct TableOneRow {
  std::string port;
  std::string protocol;
  std::string service;
  std::string host_type;
};

// CHAR(n) comes padded from some databases.
constexpr const char* kSelectRows =
    "SELECT port, LOWER(TRIM(protocol)), TRIM(service), TRIM(host_type) FROM open_ports";

/// All rows, or those of one host type.
std::vector<TableOneRow> select_rows(soci::session& sql, const std::optional<std::string>& type) {
  TableOneRow row;
  soci::indicator present[4] = {};
  soci::statement select(sql);
  select.exchange(soci::into(row.port, present[0]));
  select.exchange(soci::into(row.protocol, present[1]));
  select.exchange(soci::into(row.service, present[2]));
  select.exchange(soci::into(row.host_type, present[3]));
  if (type) select.exchange(soci::use(*type));
  select.alloc();
  select.prepare(kSelectRows + std::string(type ? " WHERE TRIM(host_type) = :type" : ""));
  select.define_and_bind();
  select.execute();

  std::vector<TableOneRow> rows;
  while (select.fetch()) {
    std::string* const texts[] = {&row.port, &row.protocol, &row.service, &row.host_type};
    for (std::size_t i = 0; i < 4; ++i) {
      if (present[i] == soci::i_null) texts[i]->clear();
    }
    rows.push_back(row);
  }
  return rows;
}

std::optional<Port> to_port(std::string_view text) {
  Port port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || rest != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<Protocol> to_protocol(std::string_view text) {
  for (const Protocol protocol : {Protocol::tcp, Protocol::udp}) {
    if (text == to_string(protocol)) return protocol;
  }
  return std::nullopt;
}

std::unexpected<Error> corrupt_row(const TableOneRow& row, std::string_view complaint) {
  return fail(ErrorKind::corrupt,
              fmt::format("table open_ports, the row port {}, protocol {}, service {}, host_type "
                          "{}: {}; correct or delete it with an SQL client",
                          quoted(row.port), quoted(row.protocol), quoted(row.service),
                          quoted(row.host_type), complaint));
}

Result<ExpectedPort> to_expected_port(const TableOneRow& row) {
  const std::optional<Port> port = to_port(row.port);
  if (!port) return corrupt_row(row, "the port is not 1 to 65535");
  const std::optional<Protocol> protocol = to_protocol(row.protocol);
  if (!protocol) return corrupt_row(row, "the protocol is neither tcp nor udp");
  if (row.service.size() > kMaxServiceBytes) return corrupt_row(row, "the service is too long");
  if (row.host_type.empty()) return corrupt_row(row, "the host type is missing");
  if (row.host_type.size() > kMaxHostTypeBytes)
    return corrupt_row(row, "the host type is too long");
  return ExpectedPort{*port, *protocol, row.service};
}

/// Profiles by host type. Where rows repeat a port, one that names a service wins over one that
/// does not check it, then the first by alphabet, so that the order of rows never matters.
Result<std::vector<Profile>> to_profiles(const std::vector<TableOneRow>& rows) {
  std::map<std::string, std::map<std::pair<Port, Protocol>, std::string>> services;
  for (const TableOneRow& row : rows) {
    LOCKSTEP_TRY(const ExpectedPort expected, to_expected_port(row));
    auto& ports = services[row.host_type];
    const auto [place, fresh] =
        ports.try_emplace({expected.port, expected.protocol}, expected.service);
    std::string& service = place->second;
    const bool stricter = service.empty() || expected.service < service;
    if (!fresh && !expected.service.empty() && stricter) service = expected.service;
  }
  std::vector<Profile> profiles;
  for (const auto& [type, ports] : services) {
    Profile& profile = profiles.emplace_back(Profile{type, {}});
    for (const auto& [key, service] : ports) {
      profile.ports.push_back({key.first, key.second, service});
    }
  }
  return profiles;
}

void insert_nodes(soci::session& sql, const Inventory& inventory) {
  std::string name;
  std::string group;
  soci::statement insert =
      (sql.prepare << "INSERT INTO nodes (name, cluster, group_name) VALUES (:n, :c, :g)",
       soci::use(name), soci::use(inventory.cluster), soci::use(group));
  for (const auto& [key, node] : inventory.nodes) {
    name = node.name;
    group = node.group;
    insert.execute(true);
  }
}

void insert_addresses(soci::session& sql, const Inventory& inventory) {
  std::string name;
  std::string address;
  std::string network;
  soci::statement insert =
      (sql.prepare << "INSERT INTO node_addresses (node, address, network) VALUES (:n, :a, :w)",
       soci::use(name), soci::use(address), soci::use(network));
  for (const auto& [key, node] : inventory.nodes) {
    name = node.name;
    for (const NodeAddress& each : node.addresses) {
      address = each.address.to_string();
      network = each.network;
      insert.execute(true);
    }
  }
}

void insert_classes(soci::session& sql, const Inventory& inventory) {
  std::string name;
  std::string node_class;
  soci::statement insert = (sql.prepare << "INSERT INTO node_classes (node, class) VALUES (:n, :c)",
                            soci::use(name), soci::use(node_class));
  for (const auto& [key, node] : inventory.nodes) {
    name = node.name;
    for (const std::string& each : node.classes) {
      node_class = each;
      insert.execute(true);
    }
  }
}

class SqlStore final : public Store {
 public:
  /// `name` is how messages call this store.
  SqlStore(std::unique_ptr<soci::session> sql, std::string name)
      : sql_(std::move(sql)), name_(std::move(name)) {}

  Result<void> replace_inventory(const Inventory& inventory) override {
    return guarded(name_ + ", writing the inventory", [&]() -> Result<void> {
      Transaction transaction(*sql_);
      for (const char* const table : {"node_classes", "node_addresses", "nodes"}) {
        *sql_ << "DELETE FROM " << table;
      }
      insert_nodes(*sql_, inventory);
      insert_addresses(*sql_, inventory);
      insert_classes(*sql_, inventory);
      transaction.commit();
      return {};
    });
  }

  Result<std::vector<Profile>> profiles() override { return read_profiles(std::nullopt); }

  Result<Profile> profile(std::string_view host_type) override {
    LOCKSTEP_TRY(std::vector<Profile> found, read_profiles(std::string(host_type)));
    if (!found.empty()) return std::move(found.front());
    return fail(ErrorKind::not_found,
                fmt::format("{}: there is no profile for {}", name_, quoted(host_type)));
  }

 private:
  Result<void> do_replace_profile(const Profile& profile) override {
    return guarded(name_ + ", writing a profile", [&]() -> Result<void> {
      Transaction transaction(*sql_);
      *sql_ << "DELETE FROM open_ports WHERE TRIM(host_type) = :type", soci::use(profile.host_type);
      int port = 0;
      std::string protocol;
      std::string service;
      soci::statement insert =
          (sql_->prepare << "INSERT INTO open_ports (port, protocol, service, "
                            "host_type) VALUES (:port, :proto, :service, :type)",
           soci::use(port), soci::use(protocol), soci::use(service), soci::use(profile.host_type));
      for (const ExpectedPort& expected : profile.ports) {
        port = expected.port;
        protocol = to_string(expected.protocol);
        service = expected.service;
        insert.execute(true);
      }
      transaction.commit();
      return {};
    });
  }

  Result<std::vector<Profile>> read_profiles(const std::optional<std::string>& type) {
    return guarded(name_ + ", reading profiles", [&]() -> Result<std::vector<Profile>> {
      const auto profiles = to_profiles(select_rows(*sql_, type));
      if (!profiles) return std::unexpected(profiles.error().within(name_));
      return profiles;
    });
  }

  std::unique_ptr<soci::session> sql_;
  std::string name_;
};

Result<std::unique_ptr<Store>> open_at(const std::string& path, std::string name,
                                       std::chrono::milliseconds busy_timeout) {
  LOCKSTEP_TRY(std::unique_ptr<soci::session> sql, open_sqlite(path, busy_timeout));
  LOCKSTEP_CHECK(migrate(*sql));
  return std::make_unique<SqlStore>(std::move(sql), std::move(name));
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(std::string_view url,
                                          std::chrono::milliseconds busy_timeout) {
  constexpr std::string_view kScheme = "sqlite://";
  const std::string name = fmt::format("store {}", quoted(url, 200));
  if (!url.starts_with(kScheme)) {
    return fail(ErrorKind::unsupported,
                name + ": this program keeps its store in SQLite: sqlite:///absolute/path");
  }
  const std::string path(url.substr(kScheme.size()));
  if (!path.starts_with('/') || path.ends_with('/')) {
    return fail(ErrorKind::invalid, name +
                                        ": write the absolute path of a file after two slashes: "
                                        "sqlite:///var/lib/lockstep/store.db");
  }
  auto store = open_at(path, name, busy_timeout);
  if (!store) return std::unexpected(store.error().within(name));
  return store;
}

}  // namespace lockstep
