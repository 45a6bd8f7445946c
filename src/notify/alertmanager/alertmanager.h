// Prometheus' Alertmanager: alerts that it routes, groups and silences by itself.

#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "notify/channel.h"
#include "notify/transfer.h"

namespace lockstep::notify {

struct AlertmanagerConfig {
  Endpoint endpoint{};              ///< the URL without "/api/v2/alerts"
  std::chrono::seconds resend{60};  ///< it holds what is not told again for four times that over
  std::function<WallTime()> now = std::chrono::system_clock::now;
};

std::unique_ptr<Channel> make_alertmanager(AlertmanagerConfig config);

}  // namespace lockstep::notify
