#include "inventory/slurm/slurm_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "inventory/add_node.h"
#include "inventory/slurm/slurm_environment.h"
#include "proc/command.h"

namespace lockstep {
namespace {

constexpr std::string_view kAll = "*";
constexpr std::size_t kLongestName = 255;

bool is_node_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kLongestName && name[0] != '-' &&
         std::ranges::all_of(name, plain);
}

std::string told(std::string_view text) {
  text = trimmed(text);
  const bool nothing = text == "none" || text == "(null)" || text == "N/A";
  return nothing ? "" : std::string(text);
}

/// The class that a partition, or a feature, makes; null: none.
const std::string* class_of(const SlurmClasses& classes, const std::string& name) {
  if (const auto named = classes.find(name); named != classes.end()) return &named->second;
  return classes.contains(std::string(kAll)) ? &name : nullptr;
}

Result<void> require_all(const SlurmClasses& classes, const std::set<std::string>& there,
                         std::string_view what) {
  for (const auto& [name, node_class] : classes) {
    if (name == kAll || there.contains(name)) continue;
    return fail(ErrorKind::not_found, fmt::format("no node has the {} {}", what, quoted(name)));
  }
  return {};
}

class SlurmSource final : public InventorySource {
 public:
  explicit SlurmSource(SlurmSourceOptions options)
      : InventorySource("slurm"), options_(std::move(options)) {}

 private:
  Result<Inventory> do_load() override {
    const std::vector<std::string> words{options_.sinfo, "--all", "--Node",
                                         "--noheader",   "-o",    kSinfoInventoryFormat};
    LOCKSTEP_TRY(const std::string text, run_command({words, "/", slurm_environment(), words[0]},
                                                     {options_.time, options_.answer_bytes}));
    const auto places = parse_slurm_places(text);
    if (!places) {
      return std::unexpected(places.error().within(fmt::format(
          "the answer of \"{}\" (is it Slurm's? run it by hand to see)", options_.sinfo)));
    }
    Inventory inventory;
    std::set<std::string> partitions;
    std::set<std::string> features;
    for (const SlurmPlace& place : *places) {
      partitions.insert(place.partition);
      features.insert(place.features.begin(), place.features.end());
      LOCKSTEP_CHECK(add_node(inventory, node_at(place)));
    }
    LOCKSTEP_CHECK(require_all(options_.partitions, partitions, "partition"));
    LOCKSTEP_CHECK(require_all(options_.features, features, "feature"));
    if (options_.addresses) LOCKSTEP_CHECK(add_addresses(inventory, *places));
    return inventory;
  }

  Node node_at(const SlurmPlace& place) const {
    Node node{place.node, {}, "", {}};
    if (const auto* const name = class_of(options_.partitions, place.partition)) {
      node.classes.insert(*name);
    }
    for (const std::string& feature : place.features) {
      if (const auto* const name = class_of(options_.features, feature)) node.classes.insert(*name);
    }
    return node;
  }

  Result<void> add_addresses(Inventory& inventory, const std::vector<SlurmPlace>& places) const {
    std::map<std::string, std::set<std::string>> by_name;
    for (const SlurmPlace& place : places) {
      if (place.address.empty() || place.address == place.node) continue;
      if (const auto address = IpAddress::parse(place.address)) {
        LOCKSTEP_CHECK(add_node(inventory, Node{place.node, {}, "", {{*address, ""}}}));
      } else if (is_node_name(place.address)) {
        by_name[place.address].insert(place.node);
      }
    }
    std::vector<std::string> names;
    for (const auto& [name, nodes] : by_name) names.push_back(name);
    if (names.empty()) return {};
    for (const auto& [name, addresses] :
         resolve_names(names, options_.lookup, {.time_limit = options_.time})) {
      if (!addresses) continue;
      Node found;
      for (const IpAddress& address : *addresses) found.addresses.push_back({address, ""});
      for (const std::string& node : by_name[name]) {
        found.name = node;
        LOCKSTEP_CHECK(add_node(inventory, found));
      }
    }
    return {};
  }

  SlurmSourceOptions options_;
};

}  // namespace

Result<std::vector<SlurmPlace>> parse_slurm_places(std::string_view text) {
  std::vector<SlurmPlace> places;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (trimmed(line).empty()) continue;
    const std::vector<std::string_view> parts = split(line, '|');
    const std::string_view node = trimmed(parts[0]);
    if (parts.size() != 4 || !is_node_name(node) || told(parts[1]).empty()) {
      return fail(ErrorKind::invalid,
                  fmt::format("line {} is {}, where NODE|PARTITION|ADDRESS|FEATURES is expected",
                              number, quoted(line)));
    }
    SlurmPlace& place = places.emplace_back();
    place.node = node;
    place.partition = told(parts[1]);
    place.address = told(parts[2]);
    for (const std::string_view feature : split(parts[3], ',')) {
      if (const std::string name = told(feature); !name.empty()) {
        place.features.push_back(name);
      }
    }
  }
  return places;
}

std::unique_ptr<InventorySource> make_slurm_source(SlurmSourceOptions options) {
  return std::make_unique<SlurmSource>(std::move(options));
}

}  // namespace lockstep
