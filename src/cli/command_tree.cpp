#include "cli/command_tree.h"

#include <CLI/CLI.hpp>

namespace lockstep::cli {
namespace {

/// Without what a check says of it, which the library puts behind.
std::string type_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

OptionEntry entry_of(const CLI::Option& option) {
  const bool is_word = option.get_lnames().empty();
  return {.name = is_word ? option.get_name(true) : "--" + option.get_lnames().front(),
          .type = type_of(option),
          .description = option.get_description(),
          .required = option.get_required(),
          .repeats = option.get_items_expected_max() > 1};
}

void add(const CLI::App& app, const std::string& path, std::vector<CommandEntry>& tree) {
  CommandEntry entry{.path = path, .description = app.get_description()};
  for (const CLI::Option* const option : app.get_options()) {
    if (!option->get_group().empty()) entry.options.push_back(entry_of(*option));
  }
  const auto is_shown = [](const CLI::App* sub) { return !sub->get_group().empty(); };
  const std::vector<const CLI::App*> below = app.get_subcommands(is_shown);
  for (const CLI::App* const sub : below) entry.subcommands.push_back(sub->get_name());
  tree.push_back(std::move(entry));
  for (const CLI::App* const sub : below) {
    add(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), tree);
  }
}

}  // namespace

std::vector<CommandEntry> command_tree(const CLI::App& app) {
  std::vector<CommandEntry> tree;
  add(app, "", tree);
  return tree;
}

}  // namespace lockstep::cli
