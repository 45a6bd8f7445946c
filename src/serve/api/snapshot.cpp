#include "serve/api/snapshot.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace lockstep::serve {
namespace {

using control::NodeGlance;

template <typename Number>
void append(std::string& bytes, Number number) {
  auto rest = static_cast<std::uint64_t>(number);
  for (std::size_t i = 0; i < sizeof(Number); ++i, rest >>= 8) {
    bytes += static_cast<char>(rest & 0xff);
  }
}

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::uint8_t code_of(const std::optional<Severity>& severity) {
  return severity ? static_cast<std::uint8_t>(static_cast<unsigned>(*severity) + 1) : 0;
}

std::uint8_t sight_of(const NodeGlance& glance) {
  const auto sight = static_cast<unsigned>(glance.sight);
  return static_cast<std::uint8_t>(sight | (glance.watched ? 4U : 0U));
}

std::uint16_t count_of(const NodeGlance& glance) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(glance.alerts, 65535));
}

std::uint32_t looked_of(const NodeGlance& glance) {
  if (!glance.looked) return 0;
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(seconds_of(*glance.looked), 0, 0xffff'ffff));
}

}  // namespace

std::string snapshot_of(const control::ClusterView& view, const std::vector<std::size_t>& nodes) {
  std::string bytes = "LKS1";
  append(bytes, static_cast<std::uint32_t>(nodes.size()));
  append(bytes, view.event);
  append(bytes, seconds_of(view.made));
  const auto column = [&](const auto& value) {
    for (const std::size_t index : nodes) append(bytes, value(view.nodes[index]));
  };
  column([](const NodeGlance& glance) { return code_of(glance.worst); });
  column([](const NodeGlance& glance) { return code_of(glance.muted); });
  column(sight_of);
  column(count_of);
  column(looked_of);
  std::string names;
  for (const std::size_t index : nodes) {
    for (const char c : view.nodes[index].node->name) names += c == '\n' ? ' ' : c;
    names += '\n';
  }
  append(bytes, static_cast<std::uint32_t>(names.size()));
  return bytes + names;
}

std::string snapshot_of(const control::ClusterView& view) {
  std::vector<std::size_t> all(view.nodes.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return snapshot_of(view, all);
}

}  // namespace lockstep::serve
