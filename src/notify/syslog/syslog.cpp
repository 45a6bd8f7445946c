#include "notify/syslog/syslog.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "notify/syslog/datagram.h"
#include "notify/transfer.h"

namespace lockstep::notify {
namespace {

/// RFC 5424 section 6.1: what any receiver should take.
constexpr std::size_t kMostDatagram = 2048;

class Syslog final : public Channel {
 public:
  explicit Syslog(SyslogConfig config) : config_(std::move(config)) {
    const bool datagrams = config_.way == SyslogWay::udp || config_.way == SyslogWay::local;
    if (datagrams) config_.line.most_bytes = std::min(config_.line.most_bytes, kMostDatagram);
  }

  Delivery send(const Message& message, const std::atomic<bool>& stop) override {
    const auto sent = transmit(message, stop);
    if (sent) return {};
    return {Outcome::unreachable, sent.error().message(), {}};
  }

 private:
  Result<void> transmit(const Message& message, const std::atomic<bool>& stop) const {
    if (config_.way == SyslogWay::local) {
      return send_local(config_.host, local_line(message, config_.line));
    }
    const std::string line = syslog_line(message, config_.line);
    if (config_.way == SyslogWay::udp) return send_udp(config_.host, config_.port, line);
    const bool is_tls = config_.way == SyslogWay::tls;
    const Endpoint endpoint{
        .url = fmt::format("{}://{}:{}", is_tls ? "https" : "http", config_.host, config_.port),
        .ca_file = config_.ca_file};
    return send_bytes(endpoint, counted(line), stop);
  }

  SyslogConfig config_;
};

}  // namespace

std::unique_ptr<Channel> make_syslog(SyslogConfig config) {
  return std::make_unique<Syslog>(std::move(config));
}

}  // namespace lockstep::notify
