// Which probes a port is asked with, and in which order.

#pragma once

#include <string_view>
#include <vector>

#include "services/probe.h"

namespace lockstep::services {

/// Probes that are rarer are sent only to ports that they list.
inline constexpr unsigned kMostRarity = 7;

/// The probe whose answer is most likely to be that of `service`: one that lists the port; else the
/// one that only listens; else the first in the file. Where no signature has that name, the first
/// that sends something and lists the port: what a port carries by custom is likelier than anything
/// else. Null where there is none.
const ServiceProbe* probe_for(const ProbeSet& set, Protocol protocol, Port port, bool tls,
                              std::string_view service);

/// For a port of which nothing is known: the one that only listens, then those that list the port,
/// then all others, but for the rare ones and those without bytes.
std::vector<const ServiceProbe*> search_order(const ProbeSet& set, Protocol protocol, Port port,
                                              bool tls);

/// Whether an answer to `probe` can be that of `service`, by its own signatures or its fallbacks'.
bool can_tell(const ProbeSet& set, const ServiceProbe& probe, std::string_view service);

}  // namespace lockstep::services
