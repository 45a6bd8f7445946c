// The part of the configuration that says how services are identified.

#pragma once

#include <string_view>

#include "app/config.h"
#include "app/toml_reader.h"

namespace lockstep {

/// [services]. `folder` is where relative paths start, with its slash; empty: the working
/// directory.
void read_services_table(TomlReader& root, std::string_view folder, ServicesConfig& services);

}  // namespace lockstep
