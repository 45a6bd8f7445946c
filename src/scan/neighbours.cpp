#include "scan/neighbours.h"

#include <algorithm>

namespace lockstep::scan {
namespace {

constexpr int kTries = 3;
/// How long the answers to one round may take. A node on the link answers within a millisecond; a
/// busy one, or a switch that learns, takes longer.
constexpr std::chrono::milliseconds kPatience(300);

constexpr std::chrono::milliseconds kPoll(2);

/// Batches of frames that are read before the requests go on, however many more have arrived.
constexpr int kBatches = 16;

using Ends = std::span<const std::unique_ptr<net::FrameIo>>;
using Found = std::map<IpAddress, net::MacAddress>;

/// One round: sends what is still wanted at an even pace, and listens meanwhile and after.
class Round {
 public:
  Round(Ends ends, const NeighbourRequests& requests, Found& found)
      : ends_(ends), io_(*ends.front()), requests_(requests), found_(found) {}

  Result<void> run(const net::MacAddress& source_mac, std::chrono::nanoseconds spacing,
                   const std::atomic<bool>& stop) {
    net::TimePoint due = io_.now();
    for (const auto& [wanted, source] : requests_) {
      if (found_.contains(wanted)) continue;
      while (io_.now() < due && !stop) listen(due);
      if (stop) return {};
      const net::Frame frame = net::make_neighbour_request(source_mac, source, wanted);
      LOCKSTEP_CHECK(send(frame, stop));
      due = std::max(due, io_.now()) + spacing;
      listen(io_.now());
    }
    const net::TimePoint end = io_.now() + kPatience;
    while (io_.now() < end && found_.size() < requests_.size() && !stop) listen(end);
    return {};
  }

 private:
  /// A request that the interface had no room for would be mistaken for one without an answer.
  Result<void> send(const net::Frame& frame, const std::atomic<bool>& stop) {
    while (!stop) {
      const net::Bytes bytes = frame.bytes();
      LOCKSTEP_TRY(const std::size_t sent, io_.send(std::span(&bytes, 1)));
      if (sent == 1) break;
      listen(io_.now() + kPoll);
    }
    return {};
  }

  void listen(net::TimePoint until) {
    if (until > io_.now()) io_.wait_until(std::min(until, io_.now() + kPoll));
    for (const auto& end : ends_) {
      for (int i = 0; i < kBatches; ++i) {
        const auto frames = end->receive();
        if (frames.empty()) break;
        for (const net::Bytes frame : frames) note(frame);
      }
    }
  }

  void note(net::Bytes frame) {
    const net::Received received = net::parse_frame(frame);
    const auto* const reply = std::get_if<net::NeighbourReply>(&received);
    if (reply == nullptr || !requests_.contains(reply->address)) return;
    found_[reply->address] = reply->mac;
  }

  Ends ends_;
  net::FrameIo& io_;
  const NeighbourRequests& requests_;
  Found& found_;
};

}  // namespace

Result<Found> resolve_neighbours(Ends ends, const net::MacAddress& source_mac,
                                 const NeighbourRequests& requests, double per_second,
                                 const std::atomic<bool>& stop) {
  Found found;
  const std::chrono::nanoseconds spacing(static_cast<std::int64_t>(1e9 / per_second));
  for (int round = 0; round < kTries && found.size() < requests.size() && !stop; ++round) {
    LOCKSTEP_CHECK(Round(ends, requests, found).run(source_mac, spacing, stop));
  }
  return found;
}

}  // namespace lockstep::scan
