#include "app/config.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "app/config_analysis.h"
#include "app/config_services.h"
#include "app/toml_reader.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "inventory/add_node.h"
#include "model/nodeset.h"
#include "model/port_spec.h"

namespace lockstep {
namespace {

constexpr std::size_t kLargestFile = 4 << 20;
constexpr std::size_t kMostNetworks = 256;
constexpr std::size_t kLongestInterface = 15;  // IFNAMSIZ of linux/if.h without its NUL
constexpr double kHighestRate = 1e9;

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorKind::invalid, std::move(message));
}

// --- Parsers: one value of the file to one value of ours. ---

/// The name of a cluster, class, group or network, with the rules that all sources share.
auto as_label(std::string_view what) {
  return [what](const TomlValue& value) -> Result<std::string> {
    LOCKSTEP_TRY(std::string text, toml_text(value));
    LOCKSTEP_CHECK(check_label(what, text));
    return text;
  };
}

Result<std::string> as_nonempty(const TomlValue& value) {
  LOCKSTEP_TRY(std::string text, toml_text(value));
  if (trimmed(text).empty()) return wrong("is empty; write a value or leave the key out");
  return text;
}

Result<std::string> as_store_url(const TomlValue& value) {
  LOCKSTEP_TRY(std::string text, toml_text(value));
  constexpr std::string_view kSqlite = "sqlite:///";
  if (text.starts_with(kSqlite) && text.size() > kSqlite.size()) return text;
  for (const char* const scheme : {"postgresql://", "postgres://", "mariadb://", "mysql://"}) {
    if (text.starts_with(scheme)) return text;
  }
  return wrong(
      fmt::format("{} is no place of a store; write \"sqlite:///ABSOLUTE/PATH\", with three "
                  "slashes, \"postgresql://HOST/DATABASE\" or \"mariadb://HOST/DATABASE\"",
                  quoted(text)));
}

Result<Prefix> as_prefix(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  return Prefix::parse(text);
}

Result<std::string> as_addresses(const TomlValue& value) {
  LOCKSTEP_TRY(std::string text, toml_text(value));
  LOCKSTEP_CHECK(IpRange::parse(text));
  return text;
}

Result<std::string> as_port_spec_of(const TomlValue& value, Protocol protocol) {
  if (const auto* const port = std::get_if<std::int64_t>(&value.value)) {
    return wrong(fmt::format("is a whole number; write text, \"{}\"", *port));
  }
  LOCKSTEP_TRY(std::string text, toml_text(value));
  if (text != "none") LOCKSTEP_CHECK(parse_port_spec(text, protocol));
  return text;
}

Result<std::string> as_port_spec(const TomlValue& value) {
  return as_port_spec_of(value, Protocol::tcp);
}

Result<std::string> as_udp_port_spec(const TomlValue& value) {
  return as_port_spec_of(value, Protocol::udp);
}

Result<IpAddress> as_address(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  return IpAddress::parse(text);
}

Result<std::string> as_excluded_ports(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  return text.empty() ? text : as_port_spec(value);
}

/// One of `choices`, which must not be empty.
Result<std::string> as_choice(const TomlValue& value, std::span<const std::string_view> choices) {
  LOCKSTEP_TRY(std::string text, toml_text(value));
  if (std::ranges::find(choices, text) != choices.end()) return text;
  std::string known;
  for (const std::string_view choice : choices) {
    known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", choice);
  }
  const std::string_view likely = nearest(text, choices);
  const std::string advice =
      likely.empty() ? "write one of " + known : fmt::format("did you mean \"{}\"?", likely);
  return wrong(fmt::format("{} is not known here; {}", quoted(text), advice));
}

Result<std::string> as_engine(const TomlValue& value) {
  static constexpr std::array<std::string_view, 4> kEngines = {"auto", "packet", "xdp", "connect"};
  return as_choice(value, kEngines);
}

Result<std::string> as_inventory_type(const TomlValue& value) {
  static constexpr std::array<std::string_view, 4> kTypes = {"csv", "genders", "groups", "slurm"};
  return as_choice(value, kTypes);
}

/// "batch", "batch=compute" or "*": a name of Slurm's, and the class that it makes.
using NamedClass = std::pair<std::string, std::string>;
Result<NamedClass> as_named_class(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  if (text == "*") return NamedClass{text, text};
  const std::size_t sign = text.find('=');
  const std::string name = text.substr(0, sign);
  const std::string node_class = sign == std::string::npos ? name : text.substr(sign + 1);
  if (name.empty() || name == "*") {
    return wrong(
        fmt::format("{} names nothing; write \"NAME\", \"NAME=CLASS\" or \"*\"", quoted(text)));
  }
  LOCKSTEP_CHECK(check_label("class", node_class));
  return NamedClass{name, node_class};
}

Result<std::string> as_interface(const TomlValue& value) {
  LOCKSTEP_TRY(std::string text, toml_text(value));
  if (text.size() > kLongestInterface || text.find_first_of("/ \t\r\n") != std::string::npos) {
    return wrong(fmt::format("{} is no interface; `ip link` lists them", quoted(text)));
  }
  return text;
}

Result<PacketsPerSecond> as_rate(const TomlValue& value) {
  double rate = 0;
  if (const auto* const whole = std::get_if<std::int64_t>(&value.value)) {
    rate = static_cast<double>(*whole);
  } else if (const auto* const fraction = std::get_if<double>(&value.value)) {
    rate = *fraction;
  } else if (const auto* const text = std::get_if<std::string>(&value.value)) {
    static constexpr std::array<std::string_view, 1> kWords = {"unlimited"};
    if (*text == kWords[0]) return PacketsPerSecond::unlimited();
    return wrong(fmt::format("{} is no rate; {}", quoted(*text),
                             nearest(*text, kWords).empty()
                                 ? "write a number without quotes, or \"unlimited\""
                                 : "did you mean \"unlimited\"?"));
  } else {
    return wrong(fmt::format("is {}; write packets a second or \"unlimited\"", type_name(value)));
  }
  if (rate > 0 && rate <= kHighestRate) return PacketsPerSecond(rate);
  return wrong(fmt::format("is {}; write packets a second above 0, up to {:.0f}, or \"unlimited\"",
                           rate, kHighestRate));
}

Result<std::optional<PacketsPerSecond>> as_optional_rate(const TomlValue& value) {
  LOCKSTEP_TRY(const PacketsPerSecond rate, as_rate(value));
  return rate;
}

Result<int> as_spool_mib(const TomlValue& value) {
  LOCKSTEP_TRY(const std::int64_t size, toml_integer(value, 0, 65'536));
  return static_cast<int>(size);
}

Result<int> as_tries(const TomlValue& value) {
  LOCKSTEP_TRY(const std::int64_t tries, toml_integer(value, 1, 20));
  return static_cast<int>(tries);
}

Result<std::chrono::seconds> as_resolve_timeout(const TomlValue& value) {
  LOCKSTEP_TRY(const std::int64_t seconds, toml_integer(value, 1, 600));
  return std::chrono::seconds(seconds);
}

Result<std::chrono::seconds> as_resume_time(const TomlValue& value) {
  constexpr std::chrono::seconds kWeek = std::chrono::days(7);
  LOCKSTEP_TRY(const std::int64_t seconds, toml_integer(value, 0, kWeek.count()));
  return std::chrono::seconds(seconds);
}

/// Only checked here, where the line is known; who uses it expands it, with the groups there are.
Result<std::string> check_nodeset(std::string text) {
  NodesetOptions options;
  options.resolve_group = [](std::string_view, std::string_view) { return std::string(); };
  LOCKSTEP_CHECK(parse_nodeset(text, options));
  return text;
}

Result<std::string> as_nodeset(const TomlValue& value) {
  LOCKSTEP_TRY(std::string text, as_nonempty(value));
  return check_nodeset(std::move(text));
}

/// An entry of `exclude`: what could only be an address is held to be one, so that a mistyped
/// address is an error and not a node that does not exist.
using Excluded = std::variant<IpRange, std::string>;
Result<Excluded> as_excluded(const TomlValue& value) {
  LOCKSTEP_TRY(std::string text, as_nonempty(value));
  Result<IpRange> range = IpRange::parse(text);
  if (range) return *range;
  const bool numeric = text.find_first_not_of("0123456789./-") == std::string::npos;
  const bool is_v6 = text.find(':') != std::string::npos && !text.starts_with('@');
  if (numeric || is_v6) return std::unexpected(range.error());
  return check_nodeset(std::move(text));
}

// --- Tables: one function each, in the order of the file. ---

class ConfigReader {
 public:
  explicit ConfigReader(std::string_view path)
      : problems_(std::string(path)), folder_(path.substr(0, path.rfind('/') + 1)) {}

  Result<Config> read(const TomlTable& document) {
    TomlReader root(document, "", problems_);
    root.table("cluster", [&](TomlReader& table) {
      table.read("name", config_.cluster, as_label("cluster"));
    });
    root.table("store", [&](TomlReader& table) {
      table.read("url", config_.store.url, as_store_url);
      table.read("spool_mib", config_.store.spool_mib, as_spool_mib);
    });
    root.table("scan", [&](TomlReader& table) { read_scan(table); });
    read_analysis_tables(root, config_.analysis);
    read_services_table(root, folder_, config_.services);
    root.each_table("network", [&](TomlReader& table) { read_network(table); });
    root.each_named_table(
        "class", [&](const std::string& name, TomlReader& table) { read_class(name, table); });
    root.each_table("nodes", [&](TomlReader& table) { read_nodes(table); });
    root.each_table("inventory", [&](TomlReader& table) { read_inventory(table); });
    read_scheduler_table(root, config_.scheduler);
    read_serve_tables(root, config_.serve);
    read_http_table(root, config_.http);
    read_notify_tables(root, folder_, config_.notify);
    root.finish();
    if (!problems_.empty()) return std::unexpected(problems_.error());
    return std::move(config_);
  }

 private:
  void read_scan(TomlReader& table) {
    ScanConfig& scan = config_.scan;
    table.read_list("allow", scan.allow, as_prefix);
    std::vector<Excluded> excluded;
    table.read_list("exclude", excluded, as_excluded);
    for (Excluded& entry : excluded) {
      if (const auto* const range = std::get_if<IpRange>(&entry)) {
        scan.exclude_addresses.push_back(*range);
      } else {
        scan.exclude_nodes.push_back(std::get<std::string>(std::move(entry)));
      }
    }
    table.read("ports", scan.ports, as_port_spec);
    table.read("udp_ports", scan.udp_ports, as_udp_port_spec);
    table.read_list("source_addresses", scan.source_addresses, as_address);
    table.read("icmp_rate", scan.icmp_rate, as_rate);
    table.read("exclude_ports", scan.exclude_ports, as_excluded_ports);
    table.read("engine", scan.engine, as_engine);
    table.read("interface", scan.interface, as_interface);
    table.read_list("xdp_interfaces", scan.xdp_interfaces, as_interface);
    table.read("rate", scan.rate, as_rate);
    table.read("group_rate", scan.group_rate, as_rate);
    table.read("node_rate", scan.node_rate, as_rate);
    table.read("tries", scan.tries, as_tries);
    table.read("resolve_timeout_s", scan.resolve_timeout, as_resolve_timeout);
    table.read("resume_within_s", scan.resume_within, as_resume_time);
    if (table.read("state_dir", scan.state_dir, as_nonempty)) {
      scan.state_dir = beside(scan.state_dir);
    }
  }

  void read_network(TomlReader& table) {
    Network network;
    bool scan = false;
    table.require("name", "name = \"fabric\"");
    table.require("prefixes", "prefixes = [\"198.19.0.0/16\"]");
    table.require("scan", "scan = false");
    const bool named = table.read("name", network.name, as_label("network"));
    table.read_list("prefixes", network.prefixes, as_prefix);
    table.read("scan", scan, toml_bool);
    if (!named) return;
    if (config_.networks.size() == kMostNetworks) {
      table.problem("name", fmt::format("there are {} networks already", kMostNetworks));
      return;
    }
    if (scan) {
      config_.scanned_networks.insert(network.name);
    } else {
      config_.scanned_networks.erase(network.name);
    }
    config_.networks.push_back(std::move(network));
    if (const auto checked = check_networks(config_.networks); !checked) {
      table.problem("name", checked.error().message());
      config_.networks.pop_back();
    }
  }

  void read_class(const std::string& name, TomlReader& table) {
    NodeClass node_class{name, {}};
    if (const auto checked = check_label("class", name); !checked) {
      table.problem("", checked.error().message());
    }
    table.read("node_rate", node_class.node_rate, as_optional_rate);
    read_class_analysis(table, name, config_.analysis);
    read_class_services(table, name, config_.services);
    config_.classes.emplace(name, std::move(node_class));
  }

  void read_nodes(TomlReader& table) {
    NodeEntry entry;
    table.require("nodes", "nodes = \"node[001-512]\"");
    table.read("nodes", entry.nodes, as_nodeset);
    read_classes(table, entry);
    table.read("group", entry.group, as_label("group"));
    table.read_list("addresses", entry.addresses, as_addresses);
    if (table.read("network", entry.network, as_label("network"))) {
      check_network(table, entry.network);
      if (!table.has("addresses")) {
        table.problem("network", "is that of addresses, and there are none; add some");
      }
    }
    config_.nodes.push_back(std::move(entry));
  }

  static void read_classes(TomlReader& table, NodeEntry& entry) {
    std::string only;
    if (table.read("class", only, as_label("class"))) entry.classes = {only};
    if (table.has("class") && table.has("classes")) {
      table.problem("class", "stands beside classes; write one of them");
    }
    if (!table.read_list("classes", entry.classes, as_label("class"))) return;
    std::vector<std::string> sorted = entry.classes;
    std::ranges::sort(sorted);
    if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
      table.problem("classes", fmt::format("names {} twice; write it once", quoted(*twice)));
    }
  }

  void read_inventory(TomlReader& table) {
    table.require("type", "type = \"csv\"");
    std::string type;
    std::string file;
    const bool typed = table.read("type", type, as_inventory_type);
    if (type == "slurm") {
      config_.inventory.emplace_back(slurm_of(table));
      return;
    }
    table.require("file", "file = \"nodes.csv\"");
    if (table.read("file", file, as_nonempty)) file = beside(file);
    if (type == "genders") {
      GendersConfig genders{file, {}, {}};
      table.read_list("class_attributes", genders.class_attributes, as_nonempty);
      table.read("group_attribute", genders.group_attribute, as_nonempty);
      config_.inventory.emplace_back(std::move(genders));
    } else if (type == "groups") {
      GroupsConfig groups{file, {}, {}};
      table.read("source", groups.source, as_nonempty);
      table.read_list("classes", groups.classes, as_nonempty);
      config_.inventory.emplace_back(std::move(groups));
    } else if (typed) {
      config_.inventory.emplace_back(CsvConfig{file});
    } else {
      table.skip();  // which keys belong here depends on the type
    }
  }

  static SlurmConfig slurm_of(TomlReader& table) {
    SlurmConfig slurm;
    std::vector<NamedClass> partitions;
    std::vector<NamedClass> features;
    table.read_list("partitions", partitions, as_named_class);
    table.read_list("features", features, as_named_class);
    table.read("addresses", slurm.addresses, toml_bool);
    const bool neither = !table.has("partitions") && !table.has("features");
    if (neither) partitions.emplace_back("*", "*");
    slurm.partitions.insert(partitions.begin(), partitions.end());
    slurm.features.insert(features.begin(), features.end());
    return slurm;
  }

  std::string beside(const std::string& file) const {
    return file.starts_with('/') ? file : folder_ + file;
  }

  bool knows_network(std::string_view name) const {
    return std::ranges::find(config_.networks, name, &Network::name) != config_.networks.end();
  }

  /// A network that is not listed would never be probed, and nobody would be told.
  void check_network(TomlReader& table, const std::string& name) {
    if (name == kDefaultNetwork || knows_network(name)) return;
    std::vector<std::string_view> known = {kDefaultNetwork};
    for (const Network& network : config_.networks) known.push_back(network.name);
    const std::string_view likely = nearest(name, known);
    table.problem("network", likely.empty()
                                 ? fmt::format("{} has no [[network]]; add one", quoted(name))
                                 : fmt::format("{} has no [[network]]; did you mean \"{}\"?",
                                               quoted(name), likely));
  }

  TomlProblems problems_;
  std::string folder_;  // of the file, with its slash; empty: the working directory
  Config config_;
};

// --- The file. ---

Result<std::string> read_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::unexpected(system_error(errno, "cannot open the configuration " + path));
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return wrong(fmt::format("{} is a folder; name the configuration file in it", path));
  }
  std::string text(kLargestFile + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(system_error(errno, "cannot read " + path));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<Config> parse_config(std::string_view text, std::string_view path) {
  if (text.size() > kLargestFile) {
    return wrong(
        fmt::format("{}: larger than 4 MiB; keep nodes in a CSV file and name that in "
                    "[[inventory]]",
                    path));
  }
  LOCKSTEP_TRY(const TomlTable document, parse_toml(text, path));
  return ConfigReader(path).read(document);
}

Result<Config> load_config(const std::string& path) {
  LOCKSTEP_TRY(const std::string text, read_file(path));
  return parse_config(text, path);
}

}  // namespace lockstep
