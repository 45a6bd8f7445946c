#include "inventory/groups/groups_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "inventory/add_node.h"
#include "inventory/groups/group_reader.h"
#include "model/nodeset.h"

namespace lockstep {
namespace {

class GroupsSource final : public InventorySource {
 public:
  explicit GroupsSource(GroupsOptions options)
      : InventorySource("ClusterShell groups " + options.file), options_(std::move(options)) {}

 private:
  Result<Inventory> do_load() override {
    LOCKSTEP_TRY(GroupSources sources, load_group_sources(options_.file));
    GroupReader reader(std::move(sources), options_.time, options_.limits);
    LOCKSTEP_TRY(const GroupSource* source, reader.source(options_.source));
    const Result<std::vector<std::string>> classes = class_groups(reader, *source);
    if (classes) return load_by_group(reader, *source, *classes);
    if (classes.error().kind() != ErrorKind::unsupported || !source->upcalls.contains("reverse")) {
      return std::unexpected(classes.error());
    }
    return load_by_node(reader, *source);
  }

  Result<std::vector<std::string>> class_groups(GroupReader& reader, const GroupSource& source) {
    if (!options_.classes.empty()) return options_.classes;
    LOCKSTEP_TRY(std::vector<std::string> groups, reader.groups_of(source));
    std::erase(groups, "all");
    return groups;
  }

  static Result<Nodeset> members(GroupReader& reader, const GroupSource& source,
                                 const std::string& group) {
    NodesetOptions options;
    options.resolve_group = [&reader](std::string_view from, std::string_view name) {
      return reader.nodes_of(from, name);
    };
    return parse_nodeset(fmt::format("@{}:{}", source.name, group), options);
  }

  Result<Inventory> load_by_group(GroupReader& reader, const GroupSource& source,
                                  const std::vector<std::string>& classes) {
    Inventory result;
    for (const std::string& group : classes) {
      LOCKSTEP_TRY(const Nodeset nodes, members(reader, source, group));
      // For most commands an unknown group is an empty one, so a typing error would go unseen.
      if (nodes.empty() && !options_.classes.empty()) {
        return fail(ErrorKind::not_found,
                    fmt::format("the class {} is a group without nodes in the group source {}",
                                quoted(group), quoted(source.name)));
      }
      LOCKSTEP_CHECK(check_label("class", group));
      result.classes.emplace(group, NodeClass{group, std::nullopt});
      for (const std::string& name : nodes.sorted()) {
        LOCKSTEP_CHECK(add_node(result, Node{name, {group}, "", {}}));
      }
    }
    const Result<Nodeset> all = members(reader, source, "*");
    // A source that can neither name all nodes nor list its groups is complete with its classes.
    if (!all && all.error().kind() == ErrorKind::unsupported) return result;
    if (!all) return std::unexpected(all.error());
    for (const std::string& name : all->sorted()) {
      LOCKSTEP_CHECK(add_node(result, Node{name, {}, "", {}}));
    }
    return result;
  }

  /// For sources that cannot list their groups, but know the groups of a node.
  static Result<Inventory> load_by_node(GroupReader& reader, const GroupSource& source) {
    Inventory result;
    LOCKSTEP_TRY(const Nodeset all, members(reader, source, "*"));
    for (const std::string& name : all.sorted()) {
      LOCKSTEP_TRY(const std::vector<std::string> groups, reader.groups_of_node(source, name));
      LOCKSTEP_CHECK(add_node(result, Node{name, {groups.begin(), groups.end()}, "", {}}));
    }
    return result;
  }

  GroupsOptions options_;
};

}  // namespace

std::unique_ptr<InventorySource> make_groups_source(GroupsOptions options) {
  return std::make_unique<GroupsSource>(std::move(options));
}

}  // namespace lockstep
