#include "notify/http_delivery.h"

#include <fmt/format.h>

namespace lockstep::notify {

Delivery delivery_of(const Result<HttpAnswer>& answer, const std::string& place) {
  if (!answer) return {Outcome::unreachable, answer.error().message(), {}};
  if (answer->status >= 200 && answer->status < 300) return {};
  Delivery delivery{Outcome::retry, {}, answer->retry_after};
  delivery.problem = fmt::format("{} answered {}", place, answer->status);
  if (!answer->text.empty()) delivery.problem += ": " + harmless(answer->text, 200);
  switch (answer->status) {
    case 400:
    case 413:
    case 415:
    case 422: delivery.outcome = Outcome::rejected; break;
    case 401:
    case 403:
    case 404:
    case 429:
    case 502:
    case 503:
    case 504: delivery.outcome = Outcome::unreachable; break;
    default: break;
  }
  return delivery;
}

}  // namespace lockstep::notify
