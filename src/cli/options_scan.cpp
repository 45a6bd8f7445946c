#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "cli/options_parser.h"

namespace lockstep::cli {
namespace {

void add_report(CLI::App& sub, std::string& report) {
  sub.add_option("--report", report, "Write the JSON into this file as well")->type_name("FILE");
}

void add_demo(CLI::App& app, Options& options) {
  std::shared_ptr<DemoCommand> command;
  CLI::App& sub =
      add_command(app, options, "demo",
                  "Watch Lockstep catch an intruder in a small cluster on this machine", command);
  sub.add_flag("--keep", command->keep, "Leave the cluster up afterwards, to play with");
  sub.add_flag("--loopback", command->loopback,
               "Use loopback addresses and the engine connect, without namespaces");
}

void add_scan(CLI::App& app, Options& options) {
  std::shared_ptr<ScanCommand> command;
  CLI::App& sub =
      add_command(app, options, "scan", "Show what is open, without judging it", command);
  sub.add_option("targets", command->targets,
                 "Nodesets, groups, names, addresses, ranges or prefixes")
      ->type_name("TARGET")
      ->required();
  sub.add_option("--allow", command->allow,
                 "Let this prefix be scanned too (without a configuration: private and loopback "
                 "addresses only)")
      ->type_name("PREFIX");
  add_port_options(sub, command->ports);
  CLI::Option* const services =
      sub.add_flag("--services", command->services,
                   "Ask what is open what it is. This completes connections and sends probes: not "
                   "for nodes with jobs");
  sub.add_flag("--no-keys", command->no_keys,
               "Exchange no keys with SSH servers: three connections less to each")
      ->needs(services);
  sub.add_option("--dialogues", command->dialogues,
                 "Write every byte that is sent to services here")
      ->type_name("FILE")
      ->needs(services);
  sub.add_option("--probes", command->probes,
                 "Also ask and tell services as this file says, in the grammar of "
                 "nmap-service-probes; repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->needs(services);
  sub.add_option("--recog", command->recog,
                 "Also tell services by this file of recog's fingerprints, or folder of them; "
                 "repeatable")
      ->type_name("PATH")
      ->allow_extra_args(false)
      ->needs(services);
  add_json(sub, command->json);
  add_report(sub, command->report);
}

void add_sweep(CLI::App& app, Options& options) {
  std::shared_ptr<SweepCommand> command;
  CLI::App& sub =
      add_command(app, options, "sweep",
                  "Scan the nodes and compare them with the profiles of their classes", command);
  add_text(sub, "nodes", command->nodes, "NODESET", "Only these nodes");
  add_port_options(sub, command->ports);
  add_json(sub, command->json);
  add_report(sub, command->report);
}

void add_nodes(CLI::App& app, Options& options) {
  const auto command = std::make_shared<NodesCommand>();
  const auto sets = std::make_shared<std::vector<std::string>>();
  CLI::App& sub = add_subcommand(
      app, "nodes", "List the inventory, or show all that is known of one node", [=, &options] {
        NodesCommand nodes = *command;
        if (nodes.fold) {
          nodes.fold_names = *sets;
        } else {
          nodes.nodes = fmt::format("{}", fmt::join(*sets, " "));
        }
        options.command = std::move(nodes);
      });
  add_texts(sub, "nodes", *sets, "NODESET", "Only these nodes; one alone gets its page");
  sub.add_option("--expand", command->expand, "Print the names of a nodeset, one a line")
      ->type_name("SET");
  sub.add_flag("--fold", command->fold,
               "Print NODESET folded, else standard input, one name or set a line");
  add_json(sub, command->json);
}

}  // namespace

void add_scan_commands(CLI::App& app, Options& options) {
  add_demo(app, options);
  add_scan(app, options);
  add_sweep(app, options);
  add_nodes(app, options);
}

}  // namespace lockstep::cli
