#include "inventory/genders/genders_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "inventory/add_node.h"
#include "inventory/read_file.h"
#include "model/nodeset.h"

namespace lockstep {
namespace {

constexpr std::string_view kSpace = " \t\r";

struct Attribute {
  std::string_view name;
  std::optional<std::string_view> value;
};

Result<Nodeset> parse_names(std::string_view text) {
  // Genders knows lists and ranges, but no set operators and no groups.
  const std::size_t foreign = text.find_first_of("!&^@");
  if (foreign != std::string_view::npos) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is not allowed in a node name", quoted(text.substr(foreign, 1))));
  }
  return parse_nodeset(text);
}

Result<std::vector<Attribute>> parse_attributes(std::string_view text) {
  std::vector<Attribute> result;
  if (text.empty()) return result;
  if (text.find_first_of(kSpace) != std::string_view::npos) {
    return fail(ErrorKind::invalid, "white space in the list of attributes");
  }
  for (const std::string_view piece : split(text, ',')) {
    const std::size_t equals = piece.find('=');
    Attribute attribute{piece.substr(0, equals), std::nullopt};
    if (attribute.name.empty()) return fail(ErrorKind::invalid, "an attribute without a name");
    if (equals != std::string_view::npos) attribute.value = piece.substr(equals + 1);
    if (attribute.value && attribute.value->empty()) {
      return fail(ErrorKind::invalid,
                  fmt::format("the attribute {} has \"=\", but no value", quoted(attribute.name)));
    }
    result.push_back(attribute);
  }
  return result;
}

std::string substituted(std::string_view value, const std::string& node) {
  std::string result;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char next = i + 1 < value.size() ? value[i + 1] : '\0';
    if (value[i] == '%' && next == 'n') {
      result += node;
      ++i;
    } else if (value[i] == '%' && next == '%') {
      result += '%';
      ++i;
    } else {
      result += value[i];
    }
  }
  return result;
}

class Parser {
 public:
  explicit Parser(const GendersOptions& options) : options_(options) {}

  Result<void> add_line(std::string_view line) {
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) return {};
    const std::size_t end = std::min(line.find_first_of(kSpace), line.size());
    LOCKSTEP_TRY(const Nodeset nodes, parse_names(line.substr(0, end)));
    LOCKSTEP_TRY(const std::vector<Attribute> attributes,
                 parse_attributes(trimmed(line.substr(end))));
    for (const std::string& name : nodes.sorted()) LOCKSTEP_CHECK(add(name, attributes));
    return {};
  }

  Inventory take() { return std::move(inventory_); }

 private:
  Result<void> add(const std::string& name, const std::vector<Attribute>& attributes) {
    Node node{name, {}, "", {}};
    for (const Attribute& attribute : attributes) {
      if (!seen_[name].emplace(attribute.name).second) {
        return fail(ErrorKind::invalid, fmt::format("node {} has the attribute {} twice",
                                                    quoted(name), quoted(attribute.name)));
      }
      if (std::ranges::find(options_.class_attributes, attribute.name) !=
          options_.class_attributes.end()) {
        node.classes.insert(substituted(attribute.value.value_or(attribute.name), name));
      }
      if (attribute.name != options_.group_attribute) continue;
      if (!attribute.value) {
        return fail(ErrorKind::invalid,
                    fmt::format("the attribute {} needs a value: it names the group of node {}",
                                quoted(attribute.name), quoted(name)));
      }
      node.group = substituted(*attribute.value, name);
    }
    return add_node(inventory_, node);
  }

  const GendersOptions& options_;
  Inventory inventory_;
  std::map<std::string, std::set<std::string>> seen_;  // node -> its attributes
};

class GendersSource final : public InventorySource {
 public:
  GendersSource(const std::string& path, GendersOptions options)
      : InventorySource("genders " + path), path_(path), options_(std::move(options)) {}

 private:
  Result<Inventory> do_load() override {
    LOCKSTEP_TRY(const std::string text, read_inventory_file(path_));
    return parse_genders(text, options_);
  }

  std::string path_;
  GendersOptions options_;
};

}  // namespace

Result<Inventory> parse_genders(std::string_view text, const GendersOptions& options) {
  Parser parser(options);
  std::size_t line = 0;
  for (const std::string_view piece : split(text, '\n')) {
    ++line;
    if (const auto added = parser.add_line(piece); !added) {
      return std::unexpected(added.error().within(fmt::format("line {}", line)));
    }
  }
  return parser.take();
}

std::unique_ptr<InventorySource> make_genders_source(const std::string& path,
                                                     GendersOptions options) {
  return std::make_unique<GendersSource>(path, std::move(options));
}

}  // namespace lockstep
