// The bodies that a webhook can send.

#pragma once

#include <cstdint>
#include <string>

#include "notify/message.h"

namespace lockstep::notify {

enum class WebhookFormat : std::uint8_t {
  json,   ///< all there is, a key a fact (docs/notifications.md)
  ocsf,   ///< Detection Finding, class 2004 of OCSF 1.3 (https://schema.ocsf.io)
  slack,  ///< "text", as Slack, Mattermost and others take it
};

std::string body_of(const Message& message, WebhookFormat format);

}  // namespace lockstep::notify
