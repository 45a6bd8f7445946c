#include "store/sql/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "model/port_list.h"
#include "model/words.h"

namespace lockstep {
namespace {

template <typename Number>
std::optional<Number> parse_digits(std::string_view text) {
  Number number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "100003 v3-4"
std::optional<RpcProgram> parse_program(std::string_view text) {
  constexpr std::string_view kBeforeVersions = " v";
  const std::size_t space = text.find(kBeforeVersions);
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view versions = text.substr(space + kBeforeVersions.size());
  const std::size_t dash = versions.find('-');
  const auto number = parse_digits<std::uint32_t>(text.substr(0, space));
  const auto lowest = parse_digits<std::uint32_t>(versions.substr(0, dash));
  const auto highest = dash == std::string_view::npos
                           ? lowest
                           : parse_digits<std::uint32_t>(versions.substr(dash + 1));
  if (!number || !lowest || !highest) return std::nullopt;
  return RpcProgram{*number, *lowest, *highest};
}

}  // namespace

std::optional<Protocol> parse_protocol(std::string_view text) {
  return parse_word(text, std::array{Protocol::tcp, Protocol::udp});
}

std::optional<PortState> parse_port_state(std::string_view text) {
  return parse_word(text, std::array{PortState::open, PortState::closed, PortState::filtered,
                                     PortState::open_filtered});
}

std::optional<Evidence> parse_evidence(std::string_view text) {
  return parse_word(text, std::array{Evidence::no_reply, Evidence::syn_ack, Evidence::rst,
                                     Evidence::icmp_unreachable, Evidence::udp_reply});
}

std::optional<CoverageGap> parse_coverage_gap(std::string_view text) {
  return parse_word(
      text,
      std::array{CoverageGap::none, CoverageGap::unanswered, CoverageGap::unreachable,
                 CoverageGap::not_resolved, CoverageGap::outside_fence, CoverageGap::unsupported,
                 CoverageGap::interrupted, CoverageGap::left, CoverageGap::inconclusive});
}

std::optional<SweepState> parse_sweep_state(std::string_view text) {
  return parse_word(text,
                    std::array{SweepState::running, SweepState::finished, SweepState::interrupted,
                               SweepState::failed, SweepState::lost});
}

std::optional<Port> parse_port_number(std::string_view text) {
  const auto port = parse_digits<Port>(text);
  return port == Port{0} ? std::nullopt : port;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  return parse_digits<std::int64_t>(text);
}

Result<PortSet> parse_port_set(std::string_view text) {
  PortSet ports;
  if (trimmed(text).empty()) return ports;
  for (const std::string_view piece : split(text, ',')) {
    LOCKSTEP_TRY(const PortRange range, parse_port_range(trimmed(piece)));
    ports.insert_range(range.first, range.last);
  }
  return ports;
}

Result<PortSets> parse_port_sets(std::string_view text) {
  constexpr std::string_view kUdp = "udp:";
  PortSets sets;
  for (const std::string_view part : split(text, ';')) {
    const bool udp = part.starts_with(kUdp);
    LOCKSTEP_TRY(sets.of(udp ? Protocol::udp : Protocol::tcp),
                 parse_port_set(udp ? part.substr(kUdp.size()) : part));
  }
  return sets;
}

std::string_view to_text(ServiceMatch match) {
  switch (match) {
    case ServiceMatch::none: return "none";
    case ServiceMatch::soft: return "soft";
    case ServiceMatch::hard: return "hard";
  }
  return "unknown";
}

std::optional<ServiceMatch> parse_service_match(std::string_view text) {
  for (const ServiceMatch each : {ServiceMatch::none, ServiceMatch::soft, ServiceMatch::hard}) {
    if (text == to_text(each)) return each;
  }
  return std::nullopt;
}

std::string to_text(std::span<const RpcProgram> programs, std::size_t most_bytes) {
  std::string text;
  for (const RpcProgram& each : programs) {
    std::string piece = fmt::format("{}{} v{}", text.empty() ? "" : ", ", each.number, each.lowest);
    if (each.highest != each.lowest) piece += fmt::format("-{}", each.highest);
    if (text.size() + piece.size() > most_bytes) break;
    text += piece;
  }
  return text;
}

std::optional<std::vector<RpcProgram>> parse_programs(std::string_view text) {
  std::vector<RpcProgram> programs;
  if (text.empty()) return programs;
  for (const std::string_view piece : split(text, ',')) {
    const std::optional<RpcProgram> program = parse_program(trimmed(piece));
    if (!program) return std::nullopt;
    programs.push_back(*program);
  }
  return programs;
}

std::unexpected<Error> corrupt_row(std::string_view table, std::string_view row,
                                   std::string_view complaint) {
  return fail(ErrorKind::corrupt, fmt::format("table {}, the row {}: {}; the store is damaged, or "
                                              "edited where it should not be: restore a backup",
                                              table, row, complaint));
}

}  // namespace lockstep
