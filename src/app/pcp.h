// Composition of performance metrics: the collector `pcp`, and the program in which libpcp runs.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/pcp/pcp_collector.h"

namespace lockstep {

struct PcpUse {
  scan::Fence fence;
  std::string instance = "pcp";  ///< whose values they are
  std::vector<std::string> metrics = pcp::default_metrics();
  Port port = pcp::kPmcdPort;
  std::chrono::milliseconds timeout{2000};  ///< for a connection, and again for an answer
  std::string program{};  ///< lockstep-pcp; empty: where it was installed with this program
};

/// Sets a parameter of an instance, as a person wrote it: `metrics` (names between commas or
/// spaces; `default` stands for the default ones), `port`, `timeout` ("2s", "500ms"; 100 ms to 60
/// s). Errors: `invalid`.
Result<void> set_pcp_parameter(PcpUse& use, std::string_view name, std::string_view value);

/// Errors: `unsupported` where lockstep-pcp is not there.
Result<std::unique_ptr<PcpCollector>> make_pcp_collector(PcpUse use);

}  // namespace lockstep
