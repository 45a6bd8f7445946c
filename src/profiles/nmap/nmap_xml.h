// Nmap's XML, read with pugixml.

#pragma once

#include <string_view>

#include "base/result.h"
#include "profiles/nmap/nmap_output.h"

namespace lockstep {

/// The host of a file of -oX. Errors as of parse_nmap(), with the byte.
Result<NmapHost> parse_nmap_xml(std::string_view bytes);

}  // namespace lockstep
