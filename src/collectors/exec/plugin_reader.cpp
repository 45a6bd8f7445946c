#include "collectors/exec/plugin_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace lockstep::exec {

std::string to_string(const Violation& violation) {
  constexpr std::size_t kShown = 120;
  std::string text;
  if (violation.line != 0) text = fmt::format("line {}: ", violation.line);
  text += violation.what;
  if (!violation.excerpt.empty()) {
    text += fmt::format(": {}", lockstep::quoted(violation.excerpt, kShown));
  }
  return text;
}

PluginReader::PluginReader(std::string instance, const std::vector<PluginNode>& nodes,
                           PluginFacts facts)
    : instance_(std::move(instance)), facts_(std::move(facts)) {
  for (const PluginNode& node : nodes) states_[node.name].node = &node;
}

bool PluginReader::take(std::string_view text) {
  while (!text.empty() && violation_count_ < kMostBorne) {
    const std::size_t end = text.find('\n');
    const std::string_view piece = text.substr(0, end);
    const bool fits = unfinished_.size() + piece.size() <= kMaxLineBytes;
    if (!too_long_ && fits && end != std::string_view::npos && unfinished_.empty()) {
      read_line(piece);  // the common case, without a copy
    } else {
      if (!too_long_) unfinished_ += piece.substr(0, kMaxLineBytes + 1 - unfinished_.size());
      too_long_ = too_long_ || !fits;
      if (end != std::string_view::npos) {
        read_line(unfinished_);
        unfinished_.clear();
        too_long_ = false;
      }
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return violation_count_ < kMostBorne;
}

void PluginReader::finish(bool cut_short) {
  if (unfinished_.empty()) return;
  if (!cut_short || too_long_) read_line(unfinished_);
  unfinished_.clear();
}

void PluginReader::read_line(std::string_view line) {
  ++line_;
  if (line.size() <= kMaxLineBytes && trimmed(line).empty()) return;
  const auto message = parse_message(line);
  if (!message) return blame(message.error().message(), line);
  const Result<void> used = std::visit([&](const auto& each) { return use(each); }, *message);
  if (!used) blame(used.error().message(), line);
}

void PluginReader::blame(std::string what, std::string_view line) {
  constexpr std::size_t kExcerptBytes = 400;
  ++violation_count_;
  if (violations_.size() >= kMostKept) return;
  violations_.push_back({line_, std::move(what), std::string(line.substr(0, kExcerptBytes))});
}

Result<PluginReader::State*> PluginReader::state_of(const std::string& node) {
  const auto state = states_.find(node);
  if (state != states_.end()) return &state->second;
  return fail(ErrorKind::invalid,
              fmt::format("it was not asked about the node {}", lockstep::quoted(node, 60)));
}

Result<void> PluginReader::use(const ValueMessage& message) {
  LOCKSTEP_TRY(State* const state, state_of(message.node));
  if (state->answer.answer != Answer::none) {
    return fail(ErrorKind::invalid, "a value of a node that is covered already, or failed");
  }
  if (state->names.size() >= kMaxValuesANode) {
    return fail(ErrorKind::invalid,
                fmt::format("more than {} values of one node", kMaxValuesANode));
  }
  if (!state->names.try_emplace(message.name, true).second) {
    return fail(ErrorKind::invalid, "the same value of the same node a second time");
  }
  ++values_;
  ++state->answer.values;
  facts_.value({.node = message.node,
                .instance = instance_,
                .name = message.name,
                .value = message.value,
                .unit = message.unit});
  return {};
}

Result<void> PluginReader::use(const PortMessage& message) {
  LOCKSTEP_TRY(const State* const state, state_of(message.node));
  if (state->answer.answer != Answer::none) {
    return fail(ErrorKind::invalid, "a port of a node that is covered already, or failed");
  }
  const std::vector<PluginAddress>& addresses = state->node->addresses;
  const auto place = std::ranges::find_if(addresses, [&](const PluginAddress& each) {
    return message.address.empty() || each.address.to_string() == message.address;
  });
  if (place == addresses.end()) {
    return fail(ErrorKind::invalid,
                fmt::format("the node has no address {}", lockstep::quoted(message.address, 60)));
  }
  constexpr std::size_t kMostPorts = 1'000'000;
  if (++ports_ > kMostPorts) return fail(ErrorKind::invalid, "too many ports");
  const Evidence evidence =
      message.protocol == Protocol::udp ? Evidence::udp_reply : Evidence::syn_ack;
  facts_.port({.node = message.node,
               .address = place->address,
               .network = place->network,
               .protocol = message.protocol,
               .port = message.port,
               .state = PortState::open,
               .evidence = evidence});
  return {};
}

Result<void> PluginReader::use(const CoveredMessage& message) {
  LOCKSTEP_TRY(State* const state, state_of(message.node));
  if (state->answer.answer != Answer::none) {
    return fail(ErrorKind::invalid, "the node is covered already, or failed");
  }
  // A word too much about ports does not undo the rest.
  const auto looks = looks_of(*state->node, message);
  state->answer.answer = Answer::covered;
  state->names.clear();
  if (!looks) return std::unexpected(looks.error());
  if (!facts_.look) return {};
  for (const ReportedLook& look : *looks) facts_.look(look);
  return {};
}

/// The same set in short; empty where nothing is said.
Result<std::string> PluginReader::examined(const std::string& text) {
  if (text.empty()) return text;
  const auto known = port_sets_.find(text);
  if (known != port_sets_.end()) return known->second;
  if (port_sets_.size() >= kMostPortSets) {
    return fail(ErrorKind::invalid,
                fmt::format("more than {} different sets of ports in one run", kMostPortSets));
  }
  const auto ports = parse_examined_ports(text);
  if (!ports) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is no set of ports: write numbers, ranges, or all",
                            lockstep::quoted(text, 60)));
  }
  std::string in_short = ports->to_string();
  if (in_short.size() > kMaxExaminedBytes) {
    return fail(ErrorKind::invalid, "a set of ports that is too long");
  }
  port_sets_.emplace(text, in_short);
  return in_short;
}

Result<std::vector<ReportedLook>> PluginReader::looks_of(const PluginNode& node,
                                                         const CoveredMessage& message) {
  LOCKSTEP_TRY(const std::string tcp, examined(message.tcp));
  LOCKSTEP_TRY(const std::string udp, examined(message.udp));
  std::vector<ReportedLook> looks;
  std::size_t named = 0;
  for (const PluginAddress& each : node.addresses) {
    const bool here = message.addresses.empty()
                          ? looks.empty()
                          : std::ranges::find(message.addresses, each.address.to_string()) !=
                                message.addresses.end();
    if (here) ++named;
    looks.push_back({.node = node.name,
                     .instance = instance_,
                     .network = each.network,
                     .address = each.address,
                     .tcp = here ? tcp : "",
                     .udp = here ? udp : ""});
  }
  if (named < message.addresses.size()) {
    return fail(ErrorKind::invalid, "\"addresses\" has one that is not the node's, or one twice");
  }
  return looks;
}

Result<void> PluginReader::use(const ErrorMessage& message) {
  if (message.node.empty()) {
    if (error_.empty()) error_ = message.message;
    return {};
  }
  LOCKSTEP_TRY(State* const state, state_of(message.node));
  if (state->answer.answer != Answer::none) {
    return fail(ErrorKind::invalid, "the node is covered already, or failed");
  }
  state->answer.answer = Answer::failed;
  state->answer.error = message.message;
  state->names.clear();
  return {};
}

}  // namespace lockstep::exec
