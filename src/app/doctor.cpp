#include "app/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "app/compose.h"
#include "app/rights_report.h"
#include "base/text.h"
#include "inventory/resolver.h"
#include "net/io/af_packet.h"
#include "net/io/xdp/driver.h"
#include "net/io/xdp/xdp_programs.h"
#include "net/route.h"
#include "plugin_host/keeper_rights.h"

namespace lockstep {
namespace {

using cli::DoctorCheck;
using Verdict = DoctorCheck::Verdict;

DoctorCheck good(std::string subject, std::string finding) {
  return {std::move(subject), Verdict::good, std::move(finding), {}};
}

DoctorCheck bad(std::string subject, const Error& error, std::string remedy) {
  return {std::move(subject), Verdict::bad, error.message(), std::move(remedy)};
}

DoctorCheck limited(std::string subject, std::string finding, std::string remedy) {
  return {std::move(subject), Verdict::limited, std::move(finding), std::move(remedy)};
}

DoctorCheck check_rights() {
  const auto allowed = net::may_open_packet_sockets();
  if (allowed) return good("rights", "packet sockets: half-open scans work");
  return limited("rights",
                 "no packet sockets: scan falls back to connect, sweep ends with status 3",
                 allowed.error().message());
}

std::string words_of(const ProcessRights& rights) {
  return fmt::format("uid {}; capabilities: {}{}{}", rights.user, names_of(rights.effective),
                     rights.no_new_privileges ? "; no new privileges" : "",
                     rights.filtered ? "; system calls filtered" : "");
}

/// Beyond what the processes of serve are to have: theirs is to have none, but for the launcher, a
/// sender that is not yet sending, and who starts plug-ins.
bool is_too_much(const ProcessReport& report) {
  const bool sets_up = report.process == "launcher" || report.process == "sender (set-up)";
  const bool keeps = report.process == "plug-in keeper";
  const Capabilities allowed =
      sets_up ? kSenderCapabilities : (keeps ? plugin_host::kKeeperCapabilities : 0);
  const bool reads_strangers = report.process == "sender" || report.process == "parser";
  return (report.rights.permitted & ~allowed) != 0 || !report.rights.no_new_privileges ||
         (reads_strangers && !report.rights.filtered);
}

/// The launcher opens no file that anybody names, and what is filtered cannot open any.
bool owns_roots_files(const ProcessReport& report) {
  return report.rights.user == 0 && (report.process == "core" || report.process == "plug-ins");
}

/// Plug-ins of the core's own user: its memory, its store and its socket are theirs.
bool shares_the_user(const ProcessReport& report, const std::vector<ProcessReport>& reports) {
  return report.process == "plug-ins" && report.rights.user == reports.front().rights.user;
}

/// What each process of `lockstep serve` has here.
void check_processes(const ServeConfig& config, std::vector<DoctorCheck>& checks) {
  const auto reports = report_rights(config);
  if (!reports) {
    checks.push_back(bad("processes", reports.error(), "see what is said on standard error"));
    return;
  }
  for (const ProcessReport& report : *reports) {
    const std::string subject = "process: " + report.process;
    if (!report.problem.empty()) {
      checks.push_back({subject, Verdict::bad, report.problem,
                        "see [serve] plugins_user and plugins_socket in docs/configuration.md"});
    } else if (is_too_much(report)) {
      checks.push_back({subject, Verdict::bad, words_of(report.rights),
                        "it has more than it needs; this kernel or container keeps it from giving "
                        "that up"});
    } else if (shares_the_user(report, *reports)) {
      checks.push_back(limited(subject, words_of(report.rights) + "; the user of the daemon itself",
                               "give plug-ins a unit of their own, lockstep-plugins.service, and "
                               "name its socket in [serve] plugins_socket"));
    } else if (owns_roots_files(report)) {
      checks.push_back(limited(subject, words_of(report.rights),
                               "let serve run as a user of its own: root may write root's files "
                               "without any capability"));
    } else {
      checks.push_back(good(subject, words_of(report.rights)));
    }
  }
}

/// What `auto` would take for sweeps as configured, and why.
DoctorCheck check_engine(const Config& config) {
  const std::string subject = "engine";
  const ScanConfig& scan = config.scan;
  if (scan.engine != "auto") return good(subject, fmt::format("{}, as configured", scan.engine));
  if (!net::may_open_packet_sockets()) {
    return limited(subject, "auto has no engine for sweeps", "see rights");
  }
  if (scan.xdp_interfaces.empty()) {
    return good(subject, "auto takes packet: [scan] xdp_interfaces lists no interface for xdp");
  }
  if (scan.rate < kXdpFrom) {
    return good(subject, fmt::format("auto takes packet: [scan] rate is {:.0f}, and xdp is worth a "
                                     "core from {:.0f} packets a second on",
                                     scan.rate.value(), kXdpFrom.value()));
  }
  if (const auto allowed = net::may_use_xdp(); !allowed) {
    return limited(subject, "auto takes packet: xdp cannot be used", allowed.error().message());
  }
  for (const std::string& name : scan.xdp_interfaces) {
    if (const auto found = net::interface_by_name(name); !found) {
      return bad(subject, found.error(), "correct [scan] xdp_interfaces; see: ip -brief link");
    }
    if (const auto why = net::why_no_xdp(net::driver_of(name)); !why.empty()) {
      return limited(subject, fmt::format("auto takes packet on {}: {}", quoted(name), why),
                     "take it out of [scan] xdp_interfaces");
    }
  }
  return good(subject,
              fmt::format("auto takes xdp on {}, where the caps of nodes and groups leave {:.0f} "
                          "packets a second, and packet elsewhere and for UDP",
                          fmt::join(scan.xdp_interfaces, ", "), kXdpFrom.value()));
}

/// A first address of the inventory, to see where the routing table leads.
std::optional<IpAddress> sample_address(const Inventory& inventory) {
  for (const auto& [name, node] : inventory.nodes) {
    if (!node.addresses.empty()) return node.addresses.front().address;
  }
  return {};
}

DoctorCheck check_interface(const Config& config, const Inventory& inventory) {
  const std::string subject = "interface";
  auto routes = net::KernelRoutes::open(config.scan.interface);
  if (!routes) return bad(subject, routes.error(), "correct [scan] interface; see: ip -brief link");
  const auto address = sample_address(inventory);
  if (!address) return good(subject, "no address in the inventory to try a route to");
  const auto route = routes->route_to(*address);
  if (!route) {
    return bad(subject, route.error(), "bring the interface up, or add a route; see: ip route");
  }
  const auto interface = net::interface_by_index(route->interface_index);
  if (!interface) return bad(subject, interface.error(), "see: ip -brief link");
  return good(subject, fmt::format("{} ({}) from {}, by the route to {}", interface->name,
                                   interface->mac.to_string(), route->source.to_string(),
                                   address->to_string()));
}

DoctorCheck check_store(const Config& config) {
  const auto store = make_store(config);
  if (!store) {
    return bad("store", store.error(),
               "make the folder of [store] url and let this user write there");
  }
  const auto profiles = (*store)->profiles();
  if (!profiles) return bad("store", profiles.error(), "correct the row that it names");
  return good("store", fmt::format("{}: {} profiles", config.store.url, profiles->size()));
}

/// How many names are asked for: enough to see whether the resolver answers.
constexpr std::size_t kNamesTried = 8;

DoctorCheck check_resolver(const Config& config, const Inventory& inventory) {
  std::vector<std::string> names;
  for (const auto& [name, node] : inventory.nodes) {
    if (node.addresses.empty() && names.size() < kNamesTried) names.push_back(name);
  }
  if (names.empty()) return good("resolver", "not needed: every node has addresses");
  const auto answers =
      resolve_names(names, system_lookup(), {.time_limit = config.scan.resolve_timeout});
  std::vector<std::string> failed;
  for (const auto& [name, addresses] : answers) {
    if (!addresses) failed.push_back(name);
  }
  if (failed.empty())
    return good("resolver", fmt::format("{} names tried, all found", names.size()));
  return limited("resolver", fmt::format("no address for {}", fold_nodeset(failed)),
                 "add them to /etc/hosts or DNS, or give addresses in the inventory");
}

DoctorCheck check_clock() {
  timex state{};
  const int verdict = ::adjtimex(&state);
  if (verdict >= 0 && verdict != TIME_ERROR && (state.status & STA_UNSYNC) == 0) {
    return good("clock", "synchronised");
  }
  return limited("clock", "the kernel does not know it to be synchronised",
                 "run chrony or another NTP client, or times of findings may be wrong");
}

DoctorCheck check_files() {
  constexpr rlim_t kWanted = 4096;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max >= kWanted) {
    return good("files", fmt::format("{} open files allowed", limit.rlim_max));
  }
  return limited("files", fmt::format("only {} open files allowed", limit.rlim_max),
                 "raise it (ulimit -n, LimitNOFILE=) so that engine connect gets faster");
}

}  // namespace

std::vector<DoctorCheck> run_doctor(const std::string& config) {
  std::vector<DoctorCheck> checks;
  const auto setup = load_setup(config);
  Inventory inventory;
  if (!setup) {
    checks.push_back(bad("configuration", setup.error(), "correct it; see lockstep(1)"));
  } else if (!setup->from_file()) {
    checks.push_back(limited("configuration", "none: scan works, sweep does not",
                             fmt::format("write {}", kDefaultConfigPath)));
  } else if (auto loaded = load_inventory(setup->config)) {
    inventory = std::move(*loaded);
    checks.push_back(
        good("configuration", fmt::format("{}: {} nodes in {} classes", setup->path,
                                          inventory.nodes.size(), inventory.classes.size())));
  } else {
    checks.push_back(bad("configuration", loaded.error(), "correct the inventory that it names"));
  }
  checks.push_back(check_rights());
  check_processes(setup ? setup->config.serve : ServeConfig{}, checks);
  if (setup && setup->from_file()) {
    checks.push_back(check_engine(setup->config));
    checks.push_back(check_interface(setup->config, inventory));
    checks.push_back(check_store(setup->config));
    checks.push_back(check_resolver(setup->config, inventory));
  }
  checks.push_back(check_clock());
  checks.push_back(check_files());
  return checks;
}

}  // namespace lockstep
