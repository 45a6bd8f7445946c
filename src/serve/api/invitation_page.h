// The one page that is there before anybody can log in: it sets a password by an invitation.

#pragma once

#include <optional>

#include "serve/http/message.h"

namespace lockstep::serve {

/// /invitation and what it needs; nothing for other paths. The invitation itself stands behind "#"
/// in the address, which browsers keep to themselves, so that no log has it.
std::optional<HttpResponse> page_for_browsers(const HttpRequest& request);

}  // namespace lockstep::serve
