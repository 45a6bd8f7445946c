// Messages as Alertmanager's API v2 takes them: POST /api/v2/alerts.
// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml

#pragma once

#include <chrono>
#include <span>
#include <string>

#include "notify/message.h"

namespace lockstep::notify {

/// A JSON array. What is open ends at `now` + `holds` unless it is told again until then; what is
/// over ends at `now`. The severity is a label: where it has changed, the alert with the old one
/// ends.
std::string alerts_of(std::span<const Message> messages, WallTime now, std::chrono::seconds holds);

}  // namespace lockstep::notify
