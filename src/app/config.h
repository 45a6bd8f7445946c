// The configuration file: TOML in, one plain value out. docs/configuration.md explains each key
// to administrators; the defaults stand here.

#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "analysis/severity.h"
#include "app/config_http.h"
#include "app/config_notify.h"
#include "app/config_scheduler.h"
#include "app/config_serve.h"
#include "app/config_services.h"
#include "base/ip_address.h"
#include "base/port.h"
#include "base/result.h"
#include "inventory/entries.h"
#include "inventory/networks.h"
#include "model/node.h"
#include "profiles/learn.h"

namespace lockstep {

/// [store]
struct StoreConfig {
  /// "BACKEND://PLACE". For SQLite three slashes and an absolute path.
  std::string url = "sqlite:///var/lib/lockstep/lockstep.db";
  /// How much a daemon keeps on disk while the store is away, in MiB; 0: nothing. Up to 65,536.
  int spool_mib = 256;
};

/// [scan]: what may be asked, and how gently. Rates count packets that we send.
struct ScanConfig {
  /// The fence: nothing outside is ever sent to. Empty: sweeps refuse to run.
  std::vector<Prefix> allow;
  /// `exclude`, sorted by what each entry is: never asked, although the fence allows them.
  std::vector<IpRange> exclude_addresses;
  std::vector<std::string> exclude_nodes;   ///< nodesets, not yet expanded
  std::string ports = "all";                ///< as model/port_spec.h reads it, checked
  std::string udp_ports;                    ///< the same, of UDP; empty: none
  std::string exclude_ports;                ///< the same, of both; empty: none
  std::vector<IpAddress> source_addresses;  ///< to ask from by UDP; empty: as the route says
  /// What hosts send of ICMP errors to each of them a second; unlimited: they have no limit.
  PacketsPerSecond icmp_rate{1};
  std::string engine = "auto";               ///< "auto", "packet", "xdp" or "connect"
  std::string interface;                     ///< empty: by the routing table
  std::vector<std::string> xdp_interfaces;   ///< where "auto" may take xdp
  PacketsPerSecond rate{20000};              ///< of this monitor
  PacketsPerSecond group_rate{5000};         ///< of the nodes of one group together
  PacketsPerSecond node_rate{50};            ///< of one node; a class may set its own
  int tries = 3;                             ///< probes to a port that stays silent, 1 to 20
  std::chrono::seconds resolve_timeout{10};  ///< for the names of one sweep, 1 to 600
  /// A sweep that ended before its time goes on so long afterwards; 0: never. Up to 7 days.
  std::chrono::seconds resume_within{3600};
  /// Where sweeps hold their place, and where a stop is noted; empty: the folder of the store, or
  /// /var/lib/lockstep.
  std::string state_dir;
};

/// [analysis] and [severity]: when what is seen becomes an alert, and how grave it is.
struct AnalysisConfig {
  std::chrono::seconds missing_after{300};  ///< between two looks at a missing port, 0 to 86,400
  int reasks = 2;                           ///< of what is unexpected, 0 to 10
  std::chrono::seconds reask_interval{3};   ///< between two of them, 0 to 60
  ConsensusRule consensus;
  SeverityPolicy severities;  ///< with those of [class.NAME.severity] and their user_ports
};

/// [[inventory]] type = "csv": a node file.
struct CsvConfig {
  std::string file;
};

/// [[inventory]] type = "genders"
struct GendersConfig {
  std::string file;
  std::vector<std::string> class_attributes;  ///< attributes that name a class
  std::string group_attribute;                ///< its value is the group; empty: no groups
};

/// [[inventory]] type = "groups": ClusterShell's groups.conf.
struct GroupsConfig {
  std::string file;
  std::string source;                ///< empty: the file's own default
  std::vector<std::string> classes;  ///< groups that are classes; empty: all of the source
};

/// [[inventory]] type = "slurm": its partitions and features are classes (slurm_source.h).
struct SlurmConfig {
  std::map<std::string, std::string> partitions;  ///< of "NAME" and "NAME=CLASS"
  std::map<std::string, std::string> features;    ///< likewise
  bool addresses = true;
};

using InventoryConfig = std::variant<CsvConfig, GendersConfig, GroupsConfig, SlurmConfig>;

/// All of one file. Paths are absolute or relative to the working directory; in the file they are
/// relative to its own folder.
struct Config {
  std::string cluster = "cluster";
  StoreConfig store;
  ScanConfig scan;
  AnalysisConfig analysis;
  ServicesConfig services;
  SchedulerConfig scheduler;
  ServeConfig serve;
  HttpConfig http;
  NotifyConfig notify;
  std::vector<Network> networks;  ///< [[network]], at most 256
  /// The networks that sweeps probe: those with scan = true, and the default one unless it is
  /// listed with scan = false.
  std::set<std::string> scanned_networks = {kDefaultNetwork};
  std::map<std::string, NodeClass> classes;
  std::vector<NodeEntry> nodes;
  std::vector<InventoryConfig> inventory;
};

/// Reads `text`; `path` names it in errors and is where relative paths start. The error is
/// `invalid` and holds every problem, up to 20, one a line: "PATH:LINE:COLUMN: what; what to do".
Result<Config> parse_config(std::string_view text, std::string_view path);

/// Reads the file at `path`, of at most 4 MiB: larger inventories belong in a CSV file.
/// Also not_found, denied, unavailable.
Result<Config> load_config(const std::string& path);

}  // namespace lockstep
