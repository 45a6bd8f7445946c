#include "app/compose.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "app/sender.h"
#include "base/text.h"
#include "control/scan_targets.h"
#include "inventory/file/file_source.h"
#include "inventory/genders/genders_source.h"
#include "inventory/groups/groups_source.h"
#include "inventory/merger.h"
#include "inventory/networks.h"
#include "inventory/resolver.h"
#include "inventory/slurm/slurm_source.h"
#include "model/port_spec.h"
#include "store/sql/sql_store.h"

namespace lockstep {
namespace {

struct MakeSource {
  std::unique_ptr<InventorySource> operator()(const CsvConfig& config) const {
    return make_file_source(config.file);
  }
  std::unique_ptr<InventorySource> operator()(const GendersConfig& config) const {
    return make_genders_source(config.file, {config.class_attributes, config.group_attribute});
  }
  std::unique_ptr<InventorySource> operator()(const GroupsConfig& config) const {
    GroupsOptions options;
    options.file = config.file;
    options.source = config.source;
    options.classes = config.classes;
    return make_groups_source(std::move(options));
  }
  std::unique_ptr<InventorySource> operator()(const SlurmConfig& config) const {
    SlurmSourceOptions options;
    options.partitions = config.partitions;
    options.features = config.features;
    options.addresses = config.addresses;
    return make_slurm_source(std::move(options));
  }
};

}  // namespace

Result<Setup> load_setup(const std::string& named) {
  std::string path = named;
  if (path.empty()) {
    const char* const from_environment = std::getenv("LOCKSTEP_CONFIG");
    if (from_environment != nullptr) path = from_environment;
  }
  if (path.empty()) {
    if (::access(kDefaultConfigPath, F_OK) != 0) return Setup{};
    path = kDefaultConfigPath;
  }
  LOCKSTEP_TRY(Config config, load_config(path));
  return Setup{std::move(config), path};
}

Result<void> require_file(const Setup& setup) {
  if (setup.from_file()) return {};
  return fail(ErrorKind::invalid,
              fmt::format("there is no configuration: name one by --config FILE, or write {}",
                          kDefaultConfigPath));
}

std::vector<std::unique_ptr<InventorySource>> make_sources(const Config& config) {
  std::vector<std::unique_ptr<InventorySource>> sources;
  for (const InventoryConfig& source : config.inventory) {
    sources.push_back(std::visit(MakeSource{}, source));
  }
  return sources;
}

Result<Inventory> load_inventory(const Config& config) {
  InventoryMerger merger(config.cluster);
  Inventory classes;
  classes.classes = config.classes;
  LOCKSTEP_CHECK(merger.add(classes, "the configuration"));
  LOCKSTEP_TRY(const Inventory own, nodes_from_entries(config.nodes));
  LOCKSTEP_CHECK(merger.add(own, "the configuration"));
  for (const auto& source : make_sources(config)) {
    LOCKSTEP_TRY(const Inventory part, source->load());
    LOCKSTEP_CHECK(merger.add(part, source->name()));
  }
  Inventory inventory = merger.merged();
  assign_networks(inventory, config.networks);
  return inventory;
}

std::map<std::string, std::string> resolve_inventory(const Config& config, Inventory& inventory,
                                                     const std::vector<std::string>& nodes) {
  Inventory wanted;
  for (const std::string& name : nodes) {
    const auto found = inventory.nodes.find(name);
    const bool known = found != inventory.nodes.end();
    if (known && found->second.addresses.empty()) wanted.nodes.insert(*found);
  }
  const auto unresolved =
      resolve_nodes(wanted, system_lookup(), {.time_limit = config.scan.resolve_timeout});
  for (auto& [name, node] : wanted.nodes) inventory.nodes[name] = std::move(node);
  assign_networks(inventory, config.networks);
  std::map<std::string, std::string> reasons;
  for (const UnresolvedNode& node : unresolved) {
    reasons[node.name] = fmt::format("its name has no address: {}", node.reason.message());
  }
  return reasons;
}

Result<TargetPolicy> make_policy(const Config& config, const Inventory& inventory,
                                 const cli::PortOptions& options) {
  TargetPolicy policy;
  policy.node_rate = config.scan.node_rate;
  policy.asked_node_rate = options.node_rate;
  policy.networks = config.scanned_networks;
  for (const std::string& set : config.scan.exclude_nodes) {
    auto names = parse_inventory_nodes(set, inventory);
    if (!names) return std::unexpected(names.error().within("[scan] exclude"));
    policy.excluded_nodes = policy.excluded_nodes | Nodeset(std::move(*names));
  }
  return policy;
}

scan::Fence make_fence(const Config& config, std::vector<Prefix> allow, const Inventory& inventory,
                       const TargetPolicy& policy) {
  std::vector<IpRange> exclude = config.scan.exclude_addresses;
  for (const auto& [name, node] : inventory.nodes) {
    if (!policy.excluded_nodes.contains(name)) continue;
    for (const NodeAddress& each : node.addresses) exclude.push_back({each.address, each.address});
  }
  return {std::move(allow), std::move(exclude)};
}

namespace {

Result<PortSet> ports_of_spec(const std::string& spec, Protocol protocol) {
  if (spec.empty() || spec == "none") return PortSet{};
  return parse_port_spec(spec, protocol);
}

}  // namespace

Result<PortSets> make_ports(const std::string& tcp, const std::string& udp,
                            const std::string& exclude) {
  PortSets ports;
  LOCKSTEP_TRY(ports.of(Protocol::tcp), ports_of_spec(tcp, Protocol::tcp));
  LOCKSTEP_TRY(ports.of(Protocol::udp), ports_of_spec(udp, Protocol::udp));
  LOCKSTEP_TRY(const PortSet excluded, ports_of_spec(exclude, Protocol::tcp));
  for (const Protocol protocol : kProtocols) ports.of(protocol).remove(excluded);
  if (ports.empty()) return fail(ErrorKind::invalid, "no port is left to ask");
  return ports;
}

Result<std::unique_ptr<Store>> make_store(const Config& config) {
  return open_store(config.store.url);
}

std::string state_dir(const Config& config) {
  constexpr std::string_view kSqlite = "sqlite://";
  if (!config.scan.state_dir.empty()) return config.scan.state_dir;
  const std::string& url = config.store.url;
  if (!url.starts_with(kSqlite)) return "/var/lib/lockstep";
  return std::filesystem::path(url.substr(kSqlite.size())).parent_path();
}

Result<ComposedCollector> make_port_collector(const Config& config, const cli::PortOptions& options,
                                              scan::Fence fence, const PortSets& ports,
                                              const EnginePlace& place) {
  const std::string wanted = options.engine.value_or(config.scan.engine);
  const XdpPolicy xdp{.interfaces = config.scan.xdp_interfaces};
  LOCKSTEP_TRY(EngineChoice choice, place.launcher != nullptr
                                        ? choose_remote_engine(wanted, *place.launcher, xdp)
                                        : choose_engine(wanted, place.use, place.links, xdp));
  PortCollectorOptions collector{.ports = ports,
                                 .fence = std::move(fence),
                                 .rate = options.rate.value_or(config.scan.rate),
                                 .group_rate = config.scan.group_rate,
                                 .tries = static_cast<unsigned>(config.scan.tries),
                                 .interface = options.interface.value_or(config.scan.interface),
                                 .udp_sources = config.scan.source_addresses};
  collector.icmp_limit->per_second = config.scan.icmp_rate.value();
  if (config.scan.icmp_rate.is_unlimited()) collector.icmp_limit.reset();
  if (config.scan.resume_within.count() > 0) {
    collector.keep = {.folder = state_dir(config) + "/sweeps",
                      .horizon = config.scan.resume_within};
  }
  if (!collector.interface.empty()) LOCKSTEP_CHECK(net::interface_by_name(collector.interface));
  std::string engine(choice.engine->name());
  return ComposedCollector{
      std::make_unique<PortCollector>(std::move(collector), std::move(choice.engine),
                                      std::move(choice.fallback)),
      std::move(choice.notice), std::move(engine)};
}

}  // namespace lockstep
