// From a configuration to the parts that work: the explicit lists of what is built in stand here.
// A new inventory source, collector or store is one folder of its own and one line in compose.cpp.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/engine_choice.h"
#include "cli/options.h"
#include "collectors/ports/port_collector.h"
#include "inventory/source.h"
#include "sender/launcher.h"
#include "store/store.h"
#include "sweep/targets.h"

namespace lockstep {

/// Where a configuration is looked for when nobody names one.
inline constexpr const char* kDefaultConfigPath = "/etc/lockstep/lockstep.toml";

/// A configuration, and whether it came from a file.
struct Setup {
  Config config;
  std::string path;  ///< empty: there is no file, and the defaults hold

  bool from_file() const { return !path.empty(); }
};

/// `named` by --config, else $LOCKSTEP_CONFIG, else the default place; without any of them the
/// defaults. A file that was named and is not there is an error.
Result<Setup> load_setup(const std::string& named);

/// A configuration file is needed: `invalid` with what to do where there is none.
Result<void> require_file(const Setup& setup);

/// All sources of the configuration, in its order.
std::vector<std::unique_ptr<InventorySource>> make_sources(const Config& config);

/// What all sources say together. Names are not resolved. Errors name the source.
Result<Inventory> load_inventory(const Config& config);

/// Resolves the names of `nodes` that have no address, and gives every address its network.
/// Returns why a node stays without, by name.
std::map<std::string, std::string> resolve_inventory(const Config& config, Inventory& inventory,
                                                     const std::vector<std::string>& nodes);

/// Which nodes and networks may be probed, and how gently. `inventory` is the whole one: it says
/// what an excluded nodeset means. Errors: an excluded nodeset.
Result<TargetPolicy> make_policy(const Config& config, const Inventory& inventory,
                                 const cli::PortOptions& options);

/// `allow` without what [scan] exclude names. The addresses that `inventory` knows of excluded
/// nodes are excluded too: a node stays so under every name that leads to it.
scan::Fence make_fence(const Config& config, std::vector<Prefix> allow, const Inventory& inventory,
                       const TargetPolicy& policy);

/// The ports that the options and the configuration ask for; "none" and an empty text are no port.
/// `exclude` goes by the names of TCP and is left out of both. Errors: `invalid`, also where
/// nothing is left.
Result<PortSets> make_ports(const std::string& tcp, const std::string& udp,
                            const std::string& exclude);

Result<std::unique_ptr<Store>> make_store(const Config& config);

/// Where a running Lockstep keeps what is not for the store: what the configuration says, or the
/// folder of the store.
std::string state_dir(const Config& config);

/// The port collector, and what to tell about the engine chosen for it.
struct ComposedCollector {
  std::unique_ptr<PortCollector> collector;
  std::string notice;
  std::string engine;  ///< its name
};

/// What sends: engines in this process over `links`, or, with a launcher, in processes of their
/// own. Both outlive the collector.
struct EnginePlace {
  EngineUse use;
  net::Links& links;
  sender::Launcher* launcher = nullptr;
};
Result<ComposedCollector> make_port_collector(const Config& config, const cli::PortOptions& options,
                                              scan::Fence fence, const PortSets& ports,
                                              const EnginePlace& place);

}  // namespace lockstep
