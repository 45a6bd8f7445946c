// The text of data/service-probes, embedded when the program is built.

#pragma once

#include <string_view>

namespace lockstep::data {

/// The files one after the other; services/probe_file.h reads them. Valid for ever.
std::string_view service_probes();

}  // namespace lockstep::data
