// What the process with libpcp says, which a node may have taken over: whatever the bytes, decode()
// returns, gives nothing that is out of bounds, and what it took comes back the same from encode().

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "collectors/pcp/pcp_messages.h"

namespace {

using namespace lockstep;

bool within_bounds(const pcp::Message& message) {
  if (const auto* const values = std::get_if<pcp::Values>(&message)) {
    if (values->values.size() > pcp::kMostValuesAMessage) return false;
    for (const pcp::Measured& each : values->values) {
      if (each.name.size() > kMaxValueNameBytes || each.unit.size() > pcp::kMostUnitBytes) {
        return false;
      }
      const double* const number = std::get_if<double>(&each.value);
      if (number != nullptr ? !std::isfinite(*number)
                            : std::get<std::string>(each.value).size() > kMaxValueTextBytes) {
        return false;
      }
    }
  }
  if (const auto* const done = std::get_if<pcp::Done>(&message)) {
    return done->problem.size() <= pcp::kMostProblemBytes;
  }
  if (const auto* const settings = std::get_if<pcp::Settings>(&message)) {
    return settings->metrics.size() <= pcp::kMostMetrics;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto message = pcp::decode(bytes);
  if (!message) return 0;
  if (!within_bounds(*message)) std::abort();
  const auto again = pcp::decode(pcp::encode(*message));
  if (!again || *again != *message) std::abort();
  return 0;
}
