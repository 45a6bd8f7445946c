#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "base/text.h"
#include "cli/options_parser.h"

namespace lockstep::cli {
namespace {

PacketsPerSecond parse_rate(const std::string& option, const std::string& text) {
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

void add_rate(CLI::App& sub, const std::string& name, std::optional<PacketsPerSecond>& rate,
              const std::string& description) {
  sub.add_option_function<std::string>(
         name, [&rate, name](const std::string& text) { rate = parse_rate(name, text); },
         description)
      ->type_name("PPS|unlimited");
}

std::string complain_of_nothing(const std::string& text) {
  return trimmed(text).empty() ? "is empty" : "";
}

}  // namespace

CLI::App& add_subcommand(CLI::App& parent, const std::string& name, const std::string& description,
                         std::function<void()> chosen) {
  CLI::App* const sub = parent.add_subcommand(name, description);
  sub->callback(std::move(chosen));
  return *sub;
}

CLI::Option& add_text(CLI::App& sub, const std::string& name, std::string& value,
                      const std::string& type, const std::string& description) {
  return *sub.add_option(name, value, description)->type_name(type)->check(complain_of_nothing);
}

CLI::Option& add_texts(CLI::App& sub, const std::string& name, std::vector<std::string>& values,
                       const std::string& type, const std::string& description) {
  return *sub.add_option(name, values, description)->type_name(type)->check(complain_of_nothing);
}

void add_port_options(CLI::App& sub, PortOptions& options) {
  sub.add_option("--ports", options.ports,
                 "TCP ports: default, all, none, 22, 1-1024, ssh, all,!9100-9107")
      ->type_name("SPEC");
  sub.add_option("--udp-ports", options.udp_ports,
                 "UDP ports, likewise; without --ports, these alone")
      ->type_name("SPEC");
  sub.add_option("--engine", options.engine, "How to ask: auto, packet or xdp (half-open), connect")
      ->type_name("NAME");
  sub.add_option("--interface", options.interface, "The interface to send from")->type_name("NAME");
  add_rate(sub, "--rate", options.rate, "Packets a second in all");
  add_rate(sub, "--node-rate", options.node_rate, "Packets a second to each node");
}

void add_service_options(CLI::App& sub, ServiceOptions& options, CLI::Option* services) {
  CLI::Option* const no_keys =
      sub.add_flag("--no-keys", options.no_keys,
                   "Exchange no keys with SSH servers: three connections less to each");
  CLI::Option* const dialogues = sub.add_option("--dialogues", options.dialogues,
                                                "Write every byte that is sent to services here")
                                     ->type_name("FILE");
  CLI::Option* const probes =
      sub.add_option("--probes", options.probes,
                     "Also ask and tell services as this file says, in the grammar of "
                     "nmap-service-probes; repeatable")
          ->type_name("FILE")
          ->allow_extra_args(false);
  CLI::Option* const recog =
      sub.add_option("--recog", options.recog,
                     "Also tell services by this file of recog's fingerprints, or folder of them; "
                     "repeatable")
          ->type_name("PATH")
          ->allow_extra_args(false);
  if (services == nullptr) return;
  for (CLI::Option* const each : {no_keys, dialogues, probes, recog}) each->needs(services);
}

void add_json(CLI::App& sub, bool& json) {
  sub.add_flag("--json", json, "Print JSON for scripts");
}

}  // namespace lockstep::cli
