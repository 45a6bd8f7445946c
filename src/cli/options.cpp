#include "cli/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/text.h"
#include "cli/exit_status.h"

namespace lockstep::cli {
namespace {

constexpr const char* kVersion = "lockstep " LOCKSTEP_VERSION;

/// Fills the options of one subcommand; the variant holds what was parsed when its turn came.
class Parser {
 public:
  Parser()
      : app_(
            "The nodes of a cluster are clones of their class. Lockstep finds the one that "
            "is out of step.",
            "lockstep") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", kVersion);
    app_.add_option("--config", options_.config, "The configuration file")->type_name("FILE");
    app_.fallthrough();
    add_demo();
    add_scan();
    add_sweep();
    add_nodes();
    add_profile();
    add_check_config();
    add_doctor();
    app_.footer(
        "Exit status: 0 in step, 1 deviations found, 2 usage or configuration, 3 could not "
        "complete.\nSee lockstep COMMAND --help, and lockstep(1).");
  }

  std::variant<Options, EarlyExit> parse(int argc, const char* const* argv) {
    std::vector<std::string> words;
    for (int i = argc - 1; i > 0; --i) words.push_back(as_word(argv[i]));
    try {
      app_.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      return explain(error, argc);
    }
    return options_;
  }

 private:
  /// The library takes "[1-3]" for a list and its brackets away; nodesets do not mind a space.
  static std::string as_word(const std::string& argument) {
    const bool bracketed = argument.starts_with('[') && argument.ends_with(']');
    return bracketed ? " " + argument : argument;
  }

  /// Makes `Kind` the command when the subcommand `sub` is met.
  template <typename Kind>
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& description,
                std::shared_ptr<Kind>& command) {
    command = std::make_shared<Kind>();
    CLI::App* const sub = parent.add_subcommand(name, description);
    sub->callback([this, command] { options_.command = *command; });
    return sub;
  }

  static void add_rate(CLI::App& sub, const std::string& name,
                       std::optional<PacketsPerSecond>& rate, const std::string& description) {
    sub.add_option_function<std::string>(
           name, [&rate, name](const std::string& text) { rate = parse_rate(name, text); },
           description)
        ->type_name("PPS|unlimited");
  }

  static PacketsPerSecond parse_rate(const std::string& option, const std::string& text) {
    if (text == "unlimited") return PacketsPerSecond::unlimited();
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool whole = !text.empty() && end == text.c_str() + text.size();
    if (!whole || !std::isfinite(value) || value < 0.001 || value > 1e9) {
      throw CLI::ValidationError(
          option, fmt::format("{} is not a rate: packets a second from 0.001 to 1000000000, or "
                              "\"unlimited\"",
                              lockstep::quoted(text)));
    }
    return PacketsPerSecond(value);
  }

  static void add_port_options(CLI::App& sub, PortOptions& options) {
    sub.add_option("--ports", options.ports, "Ports: default, all, 22, 1-1024, ssh, all,!9100-9107")
        ->type_name("SPEC");
    sub.add_option("--engine", options.engine, "How to ask: auto, packet (half-open), connect")
        ->type_name("NAME");
    sub.add_option("--interface", options.interface, "The interface to send from")
        ->type_name("NAME");
    add_rate(sub, "--rate", options.rate, "Packets a second in all");
    add_rate(sub, "--node-rate", options.node_rate, "Packets a second to each node");
  }

  /// Refuses an empty one: a variable of a script that is unset does not mean all nodes.
  template <typename Nodes>
  static void add_nodeset(CLI::App& sub, Nodes& nodes) {
    sub.add_option("nodes", nodes, "Only these nodes")
        ->type_name("NODESET")
        ->check([](const std::string& text) {
          return std::string(trimmed(text).empty() ? "the nodeset is empty" : "");
        });
  }

  static void add_json(CLI::App& sub, bool& json) {
    sub.add_flag("--json", json, "Print JSON for scripts");
  }

  static void add_report(CLI::App& sub, std::string& report) {
    sub.add_option("--report", report, "Write the JSON into this file as well")->type_name("FILE");
  }

  void add_demo() {
    std::shared_ptr<DemoCommand> command;
    CLI::App* const sub = add(app_, "demo",
                              "Watch Lockstep catch an intruder in a small cluster "
                              "on this machine",
                              command);
    sub->add_flag("--keep", command->keep, "Leave the cluster up afterwards, to play with");
    sub->add_flag("--loopback", command->loopback,
                  "Use loopback addresses and the engine connect, without namespaces");
  }

  void add_scan() {
    std::shared_ptr<ScanCommand> command;
    CLI::App* const sub = add(app_, "scan", "Show what is open, without judging it", command);
    sub->add_option("targets", command->targets,
                    "Nodesets, groups, names, addresses, ranges or prefixes")
        ->type_name("TARGET")
        ->required();
    sub->add_option("--allow", command->allow,
                    "Let this prefix be scanned too (without a configuration: private and loopback "
                    "addresses only)")
        ->type_name("PREFIX");
    add_port_options(*sub, command->ports);
    add_json(*sub, command->json);
    add_report(*sub, command->report);
  }

  void add_sweep() {
    std::shared_ptr<SweepCommand> command;
    CLI::App* const sub =
        add(app_, "sweep", "Scan the nodes and compare them with the profiles of their classes",
            command);
    add_nodeset(*sub, command->nodes);
    add_port_options(*sub, command->ports);
    add_json(*sub, command->json);
    add_report(*sub, command->report);
  }

  void add_nodes() {
    std::shared_ptr<NodesCommand> command;
    CLI::App* const sub =
        add(app_, "nodes", "List the inventory; expand and fold nodesets", command);
    const auto sets = std::make_shared<std::vector<std::string>>();
    add_nodeset(*sub, *sets);
    sub->add_option("--expand", command->expand, "Print the names of a nodeset, one a line")
        ->type_name("SET");
    sub->add_flag("--fold", command->fold,
                  "Print NODESET folded, else standard input, one name or set a line");
    sub->callback([this, command, sets] {
      options_.command = *command;
      auto& nodes = std::get<NodesCommand>(options_.command);
      if (command->fold) {
        nodes.fold_names = *sets;
      } else {
        nodes.nodes = fmt::format("{}", fmt::join(*sets, " "));
      }
    });
    add_json(*sub, command->json);
  }

  void add_profile() {
    CLI::App* const profile = app_.add_subcommand("profile", "What a class should look like");
    profile->require_subcommand(1);
    std::shared_ptr<LearnCommand> learn;
    CLI::App* const learn_sub =
        add(*profile, "learn", "Make what is open on a node the profile of its class", learn);
    learn_sub->add_option("--class", learn->node_class, "The class")->type_name("C")->required();
    learn_sub->add_option("--from", learn->from, "A node that looks as it should")
        ->type_name("NODE")
        ->required();
    add_port_options(*learn_sub, learn->ports);
    add_json(*learn_sub, learn->json);
    std::shared_ptr<ShowCommand> show;
    CLI::App* const show_sub = add(*profile, "show", "Print profiles, as Table 1 has them", show);
    show_sub->add_option("--class", show->node_class, "Only this class")->type_name("C");
    add_json(*show_sub, show->json);
  }

  void add_check_config() {
    std::shared_ptr<CheckConfigCommand> command;
    CLI::App* const sub =
        add(app_, "check-config", "Read the configuration and the inventory, and say what is wrong",
            command);
    sub->add_option("file", command->file, "Instead of the configuration in use")
        ->type_name("FILE");
  }

  void add_doctor() {
    std::shared_ptr<DoctorCommand> command;
    CLI::App* const sub =
        add(app_, "doctor", "Say what is missing here, and how to get it", command);
    add_json(*sub, command->json);
  }

  EarlyExit explain(const CLI::ParseError& error, int argc) {
    if (error.get_exit_code() == 0) {
      std::ostringstream out;
      std::ostringstream errors;
      app_.exit(error, out, errors);
      return {out.str(), kInStep};
    }
    if (argc < 2) return {app_.help(), kUsage};
    std::string path = "lockstep";
    const CLI::App* met = &app_;
    while (!met->get_subcommands().empty()) {
      met = met->get_subcommands().front();
      path += " " + met->get_name();
    }
    const std::vector<std::string> left_over = app_.remaining(true);
    const std::string complaint =
        left_over.empty() ? printable(error.what()) : unknown(left_over.front(), *met);
    return {fmt::format("lockstep: {}\nSee: {} --help\n", complaint, path), kUsage};
  }

  /// What is wrong with a word that `met`, the command read so far, does not know.
  static std::string unknown(std::string_view word, const CLI::App& met) {
    const bool is_option = word.starts_with("-");
    const std::vector<std::string> names = is_option ? option_names(met) : command_names(met);
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const std::string_view bare = word.substr(0, word.find('='));
    const std::string_view near = nearest(bare, candidates);
    return fmt::format("{} is {}{}", lockstep::quoted(bare),
                       is_option       ? "no option here"
                       : names.empty() ? "too much: no word is expected there"
                                       : "no command",
                       near.empty() ? "" : fmt::format("; did you mean {}?", near));
  }

  static std::vector<std::string> option_names(const CLI::App& met) {
    std::vector<std::string> names;
    for (const CLI::App* app = &met; app != nullptr; app = app->get_parent()) {
      for (const CLI::Option* option : app->get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      }
    }
    return names;
  }

  static std::vector<std::string> command_names(const CLI::App& met) {
    std::vector<std::string> names;
    for (const CLI::App* sub : met.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
    }
    return names;
  }

  /// A message of the library, which may repeat what was typed.
  static std::string printable(const std::string& message) {
    const bool harmless =
        std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return harmless ? message : lockstep::quoted(message, 200);
  }

  CLI::App app_;
  Options options_;
};

}  // namespace

std::variant<Options, EarlyExit> parse_command_line(int argc, const char* const* argv) {
  return Parser().parse(argc, argv);
}

}  // namespace lockstep::cli
