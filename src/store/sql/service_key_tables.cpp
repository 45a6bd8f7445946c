#include "store/sql/service_key_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/sql/address_reader.h"
#include "store/sql/rows.h"
#include "store/sql/staged_nodes.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"node", 255},
                               {"network", 255},
                               {"address", 45},
                               {"protocol", 5},
                               {"port"},
                               {"type", kMostKeyTypeBytes},
                               {"sha256", kMostFingerprintBytes}};
constexpr BulkTable kServiceKeys = {"service_keys", kColumns, 7};

constexpr std::size_t kMostKeysOfAPlace = 64;  ///< a bound for what comes from outside

std::string query_of(std::string_view which) {
  return fmt::format("SELECT {} FROM service_keys{}", names_of(kColumns), which);
}

std::unexpected<Error> corrupt_key(Fields row) {
  return corrupt_row("service_keys",
                     fmt::format("node {}, address {}, port {}", quoted(row[0].value_or("")),
                                 quoted(row[2].value_or("")), quoted(row[4].value_or(""))),
                     "one of its values has no sense");
}

// --- Reading ---

auto order_of(const ServiceFact& fact) {
  const ServiceObservation& seen = fact.seen;
  return std::tie(seen.node, seen.network, seen.address, seen.protocol, seen.port);
}

/// Whose keys a row has, as text.
struct KeyPlace {
  std::string_view node;
  std::string_view network;
  IpAddress address;
  Protocol protocol = Protocol::tcp;
  Port port = 0;

  auto order() const { return std::tie(node, network, address, protocol, port); }
};

/// Finds facts for rows that come, mostly, in the order of the facts.
class FactFinder {
 public:
  explicit FactFinder(std::vector<ServiceFact>& facts) : facts_(facts) {}

  ServiceFact* find(const KeyPlace& place) {
    for (const std::size_t near : {last_, last_ + 1}) {
      if (near < facts_.size() && order_of(facts_[near]) == place.order()) {
        last_ = near;
        return &facts_[near];
      }
    }
    const auto found = std::ranges::lower_bound(
        facts_, place.order(), [](const auto& a, const auto& b) { return a < b; }, order_of);
    if (found == facts_.end() || order_of(*found) != place.order()) return nullptr;
    last_ = static_cast<std::size_t>(found - facts_.begin());
    return &*found;
  }

 private:
  std::vector<ServiceFact>& facts_;
  std::size_t last_ = 0;
};

void add(ServiceKey key, Service& service) {
  if (key.type == kCertificateType) {
    service.certificate_sha256 = std::move(key.sha256);
  } else if (key.type == kPublicKeyType) {
    service.public_key_sha256 = std::move(key.sha256);
  } else {
    service.hostkeys.push_back(std::move(key));
  }
}

// --- Writing ---

struct PlacedKey {
  std::size_t place = 0;  ///< the index in ServicePlaces::all()
  ServiceKey key;
  bool stored = false;

  auto order() const { return std::tie(place, key); }
};

ServiceKey cut_key(std::string_view type, std::string_view sha256) {
  return {std::string(cut_to(storable(type), kMostKeyTypeBytes)),
          std::string(cut_to(storable(sha256), kMostFingerprintBytes))};
}

/// Ascending, each once.
std::vector<ServiceKey> keys_of(const Service& service) {
  std::vector<ServiceKey> keys;
  for (const ServiceKey& each : service.hostkeys) {
    if (keys.size() == kMostKeysOfAPlace) break;
    // No key of a server may pass for its certificate.
    if (each.type == kCertificateType || each.type == kPublicKeyType) continue;
    keys.push_back(cut_key(each.type, each.sha256));
  }
  if (!service.certificate_sha256.empty()) {
    keys.push_back(cut_key(kCertificateType, service.certificate_sha256));
  }
  if (!service.public_key_sha256.empty()) {
    keys.push_back(cut_key(kPublicKeyType, service.public_key_sha256));
  }
  std::ranges::sort(keys);
  const auto doubled = std::ranges::unique(keys);
  keys.erase(doubled.begin(), doubled.end());
  return keys;
}

/// What is to be written so that the table says what was seen.
class Difference {
 public:
  explicit Difference(ServicePlaces& places) : places_(places) {
    for (std::size_t i = 0; i < places.all().size(); ++i) {
      for (ServiceKey& key : keys_of(places.all()[i].seen->service)) {
        wanted_.push_back({i, std::move(key)});
      }
    }
  }

  /// Compares a stored row.
  Result<void> compare(Fields row) {
    const auto port = parse_port_number(row[4].value_or(""));
    if (!port) return corrupt_key(row);
    const auto place = places_.find(
        {row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), row[3].value_or("")},
        *port);
    if (!place) return {};
    PlacedKey stored{*place, {std::string(row[5].value_or("")), std::string(row[6].value_or(""))}};
    const auto found = std::ranges::lower_bound(
        wanted_, stored.order(), [](const auto& a, const auto& b) { return a < b; },
        &PlacedKey::order);
    if (found != wanted_.end() && found->order() == stored.order()) {
      found->stored = true;
    } else {
      gone_.push_back(std::move(stored));
    }
    return {};
  }

  Result<void> write(Connection& connection) {
    std::erase_if(wanted_, [](const PlacedKey& each) { return each.stored; });
    const auto fill_from = [this](const std::vector<PlacedKey>& keys) {
      return [this, &keys](std::size_t i, BulkRow& row) { write_key(keys[i], row); };
    };
    LOCKSTEP_CHECK(connection.bulk().erase(kServiceKeys, gone_.size(), fill_from(gone_)));
    return connection.bulk().upsert(kServiceKeys, wanted_.size(), fill_from(wanted_));
  }

 private:
  void write_key(const PlacedKey& each, BulkRow& row) const {
    const ServicePlace& at = places_.all()[each.place];
    row.text(at.place.node);
    row.text(at.place.network);
    row.text(at.place.address);
    row.text(at.place.protocol);
    row.number(at.port);
    row.text(each.key.type);
    row.text(each.key.sha256);
  }

  ServicePlaces& places_;
  std::vector<PlacedKey> wanted_;  // ascending; those that are stored already are marked
  std::vector<PlacedKey> gone_;
};

}  // namespace

Result<void> read_service_keys(Connection& connection, std::string_view where,
                               std::vector<ServiceFact>& facts) {
  FactFinder finder(facts);
  AddressReader addresses;
  LOCKSTEP_CHECK(connection.bulk().read(query_of(where), [&](Fields row) -> Result<void> {
    const auto address = addresses.read(row[2].value_or(""));
    const auto protocol = parse_protocol(row[3].value_or(""));
    const auto port = parse_port_number(row[4].value_or(""));
    if (!address || !protocol || !port) return corrupt_key(row);
    ServiceFact* const fact =
        finder.find({row[0].value_or(""), row[1].value_or(""), *address, *protocol, *port});
    if (fact == nullptr) return {};
    add({std::string(row[5].value_or("")), std::string(row[6].value_or(""))}, fact->seen.service);
    return {};
  }));
  for (ServiceFact& fact : facts) std::ranges::sort(fact.seen.service.hostkeys);
  return {};
}

Result<void> update_service_keys(Connection& connection, ServicePlaces& places) {
  Difference difference(places);
  LOCKSTEP_CHECK(stage_nodes(connection, places.nodes()));
  LOCKSTEP_CHECK(connection.bulk().read(query_of(fmt::format(" WHERE {}", kOfStagedNodes)),
                                        [&](Fields row) { return difference.compare(row); }));
  drop_staged_nodes(connection);
  return difference.write(connection);
}

}  // namespace lockstep
