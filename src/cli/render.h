// What people read, one header a subject. Every text that came from outside is shown as it is only
// where it cannot do harm: node names are checked when they are read, everything else goes through
// shown() of format.h or quoted() of base/text.h.

#pragma once

#include "cli/render_alerts.h"
#include "cli/render_daemon.h"
#include "cli/render_machine.h"
#include "cli/render_node.h"
#include "cli/render_profiles.h"
#include "cli/render_scan.h"
#include "cli/render_sweep.h"
