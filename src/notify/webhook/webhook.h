// A POST to a URL for each message.

#pragma once

#include <memory>
#include <string>

#include "notify/channel.h"
#include "notify/transfer.h"
#include "notify/webhook/formats.h"

namespace lockstep::notify {

struct WebhookConfig {
  Endpoint endpoint{};
  std::string url_file{};  ///< where the URL is a secret, instead of endpoint.url
  WebhookFormat format = WebhookFormat::json;
  std::string heartbeat_url{};  ///< asked by GET as a word of life; empty: a message says so
};

std::unique_ptr<Channel> make_webhook(WebhookConfig config);

}  // namespace lockstep::notify
