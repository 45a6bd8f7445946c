// What an answer over HTTP means to a message.

#pragma once

#include "notify/channel.h"
#include "notify/transfer.h"

namespace lockstep::notify {

/// 2xx: delivered. 400, 413, 415, 422: this message never gets through. All else may be mended:
/// 401, 403 and 404 by a person, 429 and 5xx by time. Where nothing was heard, or it is asked to
/// wait, no other message is tried either. `place`: what messages call the other side.
Delivery delivery_of(const Result<HttpAnswer>& answer, const std::string& place);

}  // namespace lockstep::notify
