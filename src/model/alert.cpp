#include "model/alert.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace lockstep {
namespace {

constexpr std::array kStatuses = {AlertStatus::pending,  AlertStatus::open,
                                  AlertStatus::reopened, AlertStatus::acknowledged,
                                  AlertStatus::silenced, AlertStatus::resolved};

}  // namespace

std::string_view to_string(AlertStatus status) {
  switch (status) {
    case AlertStatus::pending: return "pending";
    case AlertStatus::open: return "open";
    case AlertStatus::reopened: return "reopened";
    case AlertStatus::acknowledged: return "acknowledged";
    case AlertStatus::silenced: return "silenced";
    case AlertStatus::resolved: return "resolved";
  }
  return "unknown";
}

std::optional<AlertStatus> parse_alert_status(std::string_view text) {
  for (const AlertStatus status : kStatuses) {
    if (text == to_string(status)) return status;
  }
  return std::nullopt;
}

AlertStatus AlertRecord::status_at(WallTime now) const {
  const bool muted = status == AlertStatus::acknowledged || status == AlertStatus::silenced;
  return muted && until && *until <= now ? AlertStatus::open : status;
}

std::string alert_name(std::int64_t id) {
  return fmt::format("A-{}", id);
}

std::optional<std::int64_t> parse_alert_name(std::string_view text) {
  if (text.starts_with("A-") || text.starts_with("a-")) text.remove_prefix(2);
  std::int64_t id = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || rest != text.data() + text.size() || id < 1) return std::nullopt;
  return id;
}

}  // namespace lockstep
