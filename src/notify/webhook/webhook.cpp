#include "notify/webhook/webhook.h"

#include <utility>

#include "notify/http_delivery.h"
#include "notify/secret_file.h"

namespace lockstep::notify {
namespace {

class Webhook final : public Channel {
 public:
  explicit Webhook(WebhookConfig config) : config_(std::move(config)) {}

  Delivery send(const Message& message, const std::atomic<bool>& stop) override {
    Endpoint endpoint = config_.endpoint;
    if (!config_.url_file.empty()) {
      auto url = read_secret(config_.url_file);
      if (!url) return {Outcome::unreachable, url.error().message(), {}};
      endpoint.url = std::move(*url);
    }
    const HttpRequest request{
        .body = body_of(message, config_.format),
        .headers = {"Content-Type: application/json", "Idempotency-Key: " + message.id}};
    return delivery_of(http(endpoint, request, stop), place_of(endpoint.url));
  }

  Delivery beat(const Message& alive, std::chrono::seconds every,
                const std::atomic<bool>& stop) override {
    if (config_.heartbeat_url.empty()) return Channel::beat(alive, every, stop);
    const Endpoint endpoint{.url = config_.heartbeat_url, .ca_file = config_.endpoint.ca_file};
    return delivery_of(http(endpoint, {}, stop), place_of(endpoint.url));
  }

 private:
  WebhookConfig config_;
};

}  // namespace

std::unique_ptr<Channel> make_webhook(WebhookConfig config) {
  return std::make_unique<Webhook>(std::move(config));
}

}  // namespace lockstep::notify
