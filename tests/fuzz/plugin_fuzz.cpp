// What a user's plug-in writes: whatever the bytes, and however they fall into pieces, the reader
// returns, says nothing of nodes that were not asked about, and tells in words that are fit for a
// terminal. The first byte is the size of the pieces.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "collectors/exec/plugin_reader.h"

namespace {

using lockstep::IpAddress;
using lockstep::PortObservation;
using lockstep::ReportedLook;
using lockstep::ValueObservation;
using lockstep::exec::PluginNode;
using lockstep::exec::PluginReader;

bool is_asked(std::string_view node) {
  return node == "n1" || node == "n2";
}

bool is_fit_for_a_terminal(std::string_view text) {
  return text.size() < 4000 && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
         });
}

void require(bool sound) {
  if (!sound) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<PluginNode> nodes = {{"n1", {{IpAddress::v4(0xc6120001), "m"}}, {}},
                                         {"n2", {}, {}}};
  PluginReader reader(
      "mine", nodes,
      {.value =
           [](const ValueObservation& value) {
             const double* const number = std::get_if<double>(&value.value);
             require(is_asked(value.node) && !value.name.empty() &&
                     value.name.size() <= lockstep::kMaxValueNameBytes &&
                     (number == nullptr || std::isfinite(*number)));
           },
       .port = [](const PortObservation& port) { require(is_asked(port.node) && port.port > 0); },
       .look =
           [](const ReportedLook& look) {
             for (const std::string& ports : {look.tcp, look.udp}) {
               require(ports.size() <= lockstep::kMaxExaminedBytes &&
                       (ports.empty() || lockstep::parse_examined_ports(ports)));
             }
             require(is_asked(look.node));
           }});
  const std::size_t piece = std::size_t{data[0]} * 8 + 1;
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  while (!text.empty() && reader.take(text.substr(0, piece))) {
    text.remove_prefix(std::min(piece, text.size()));
  }
  reader.finish(false);
  for (const auto& each : reader.violations()) require(is_fit_for_a_terminal(to_string(each)));
  return 0;
}
