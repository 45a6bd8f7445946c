// UDP by the sockets of the kernel, without any right: what the engine `connect` does for
// datagrams.
//
// A connected socket gets the datagram that answers, and an ICMP error as a refusal; the kernel has
// checked that either belongs to what we sent. The order, the pace and the passes are those of all
// engines. A service that answers from another port than it was asked at stays silent to it.

#pragma once

#include <vector>

#include "base/result.h"
#include "scan/plan.h"
#include "scan/result_table.h"

namespace lockstep::scan {

/// As Engine::run(), for a plan of UDP whose `targets` may be asked.
Result<void> ask_by_sockets(const Plan& plan, const ResultTable& table,
                            std::vector<std::uint32_t> targets);

}  // namespace lockstep::scan
