// The page of one node, for people.

#pragma once

#include <string>
#include <string_view>

#include "control/node_page.h"

namespace lockstep::cli {

/// "in step", "UNEXPECTED", "not known", ...
std::string_view standing_text(control::Standing standing);

std::string node_page_text(const control::NodePage& page);

}  // namespace lockstep::cli
