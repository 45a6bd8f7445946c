#include "notify/alertmanager/alertmanager.h"

#include <algorithm>
#include <utility>

#include "notify/alertmanager/alerts.h"
#include "notify/http_delivery.h"

namespace lockstep::notify {
namespace {

constexpr int kHolds = 4;
constexpr std::size_t kAtOnce = 500;

class Alertmanager final : public Channel {
 public:
  explicit Alertmanager(AlertmanagerConfig config) : config_(std::move(config)) {
    while (config_.endpoint.url.ends_with('/')) config_.endpoint.url.pop_back();
    config_.endpoint.url += "/api/v2/alerts";
  }

  Delivery send(const Message& message, const std::atomic<bool>& stop) override {
    return post(std::span(&message, 1), config_.resend * kHolds, stop);
  }

  std::chrono::seconds restates_every() const override { return config_.resend; }

  Delivery restate(std::span<const Message> open, const std::atomic<bool>& stop) override {
    Delivery delivery;
    while (!open.empty() && delivery.outcome == Outcome::delivered && !stop) {
      const auto some = open.first(std::min(open.size(), kAtOnce));
      delivery = post(some, config_.resend * kHolds, stop);
      open = open.subspan(some.size());
    }
    return delivery;
  }

  /// As long as it stands, Lockstep works.
  Delivery beat(const Message& alive, std::chrono::seconds every,
                const std::atomic<bool>& stop) override {
    return post(std::span(&alive, 1), every * kHolds, stop);
  }

 private:
  Delivery post(std::span<const Message> messages, std::chrono::seconds holds,
                const std::atomic<bool>& stop) {
    const HttpRequest request{.body = alerts_of(messages, config_.now(), holds),
                              .headers = {"Content-Type: application/json"}};
    return delivery_of(http(config_.endpoint, request, stop), place_of(config_.endpoint.url));
  }

  AlertmanagerConfig config_;
};

}  // namespace

std::unique_ptr<Channel> make_alertmanager(AlertmanagerConfig config) {
  return std::make_unique<Alertmanager>(std::move(config));
}

}  // namespace lockstep::notify
