// The parts of the configuration that say how what was seen is judged.

#pragma once

#include <string>

#include "app/config.h"
#include "app/toml_reader.h"

namespace lockstep {

/// [analysis], [severity] and [profiles].
void read_analysis_tables(TomlReader& root, AnalysisConfig& analysis);

/// user_ports and [class.NAME.severity] of one class.
void read_class_analysis(TomlReader& table, const std::string& name, AnalysisConfig& analysis);

}  // namespace lockstep
