// The collectors that measure: what instances of them can be told, and how they are made.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "collectors/collector.h"
#include "model/instance.h"
#include "model/node.h"
#include "model/reported_port.h"
#include "plugin_host/keeper.h"

namespace lockstep {

/// The settings that collector `exec` or `pcp` has beside those of all instances. One that ends in
/// '*' stands for any that begins so.
std::vector<std::string_view> value_settings(std::string_view collector);

/// Errors: `invalid`, beginning with the setting.
Result<void> check_value_instance(const Instance& instance);

/// `keeper`, which outlives it, is for plug-ins, unless they have a unit of their own. `looks`,
/// which does too, gets what plug-ins say of the ports that they examined. Errors: `invalid`;
/// `unsupported` where a program is missing.
Result<std::unique_ptr<Collector>> make_value_collector(const Instance& instance,
                                                        const Config& config,
                                                        const Inventory& inventory,
                                                        plugin_host::Keeper& keeper,
                                                        std::vector<ReportedLook>& looks);

/// Whether values without a rule are compared with those of the class.
bool compares_by_default(const Instance& instance);

/// The words of a command, at spaces; "double quotes" hold a word together. Errors: `invalid`.
Result<std::vector<std::string>> split_command(std::string_view text);

}  // namespace lockstep
