#include "net/io/memory.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "net/peer_frame.h"

namespace lockstep::net {

struct MemoryNetwork::State {
  std::uint64_t seed = 0;
  unsigned reserved = 0;
  std::unordered_map<IpAddress, MemoryHost> hosts;
  mutable std::mutex mutex;  // guards what follows
  std::unordered_map<IpAddress, MemoryTraffic> traffic;
  struct Bucket {
    TimePoint last;
    std::chrono::nanoseconds tokens;
  };
  std::map<std::pair<IpAddress, IpAddress>, Bucket> icmp;  // by host and whom it tells
  std::map<IpAddress, Bucket> answers;                     // by host
  double most_answers = 0;                                 // of all
  std::optional<Bucket> all_answers;
};

namespace {

constexpr MacAddress kMonitorMac = MemoryNetwork::kMonitorMac;
constexpr MacAddress kHostMac{{0x02, 0, 0, 0, 0, 0x02}};
constexpr std::uint8_t kIcmpProhibited = 13;

constexpr IpAddress kSourceV4 = IpAddress::v4(0xc613ffff);  // 198.19.255.255
constexpr IpAddress kSourceV6 =
    IpAddress::v6({0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff});
constexpr int kInterfaceIndex = 1;

/// The last 256 addresses of the link are the monitor's own.
bool is_monitors(const IpAddress& address) {
  const IpAddress& last = address.is_v4() ? kSourceV4 : kSourceV6;
  const std::size_t compared = address.is_v4() ? 3 : 15;
  return std::equal(last.bytes().begin(), last.bytes().begin() + compared, address.bytes().begin());
}

class OnLinkRoutes final : public RouteTable {
 public:
  Result<Route> route_to(const IpAddress& destination) override {
    return Route{.interface_index = kInterfaceIndex,
                 .source = destination.is_v4() ? kSourceV4 : kSourceV6,
                 .gateway = {},
                 .local = is_monitors(destination)};
  }
};

}  // namespace

/// One end. Each frame sent takes a virtual microsecond; answers are there at once.
class MemoryIo final : public FrameIo {
 public:
  using State = MemoryNetwork::State;

  MemoryIo(MemoryNetwork& network, std::uint64_t seed)
      : network_(network), state_(*network.state_), random_(seed) {}

  Result<std::size_t> send(std::span<const Bytes> frames) override {
    for (const Bytes frame : frames) {
      now_ += std::chrono::microseconds(1);
      deliver(frame);
    }
    return frames.size();
  }

  std::span<const Bytes> receive() override {
    current_.swap(arrived_);
    arrived_.clear();
    views_.clear();
    for (const Frame& frame : current_) views_.push_back(frame.bytes());
    return views_;
  }

  void wait_until(TimePoint deadline) override {
    if (arrived_.empty()) now_ = std::max(now_, deadline);
  }

  TimePoint now() const override { return now_; }

 private:
  void deliver(Bytes frame);
  void answer_neighbour_request(Bytes frame);
  void answer_syn(const TcpSegment& syn, const MemoryHost& host);
  void answer_datagram(const UdpDatagram& datagram, Bytes frame);
  bool may_send_icmp(const IpAddress& host, const IpAddress& to);
  bool may_answer(const IpAddress& address, const MemoryHost& host);
  bool may_pass();
  bool spend(State::Bucket& bucket, std::chrono::nanoseconds token, std::chrono::nanoseconds full);
  bool lost(const MemoryHost& host) {
    return host.loss > 0 && std::uniform_real_distribution<>(0, 1)(random_) < host.loss;
  }
  void arrive(Frame frame) { arrived_.push_back(frame); }

  MemoryNetwork& network_;
  State& state_;
  std::mt19937_64 random_;
  TimePoint now_{};
  std::vector<Frame> arrived_;
  std::vector<Frame> current_;
  std::vector<Bytes> views_;
};

void MemoryIo::deliver(Bytes frame) {
  const Received received = parse_frame(frame);
  if (const auto* const datagram = std::get_if<UdpDatagram>(&received)) {
    return answer_datagram(*datagram, frame);
  }
  const auto* const segment = std::get_if<TcpSegment>(&received);
  if (segment == nullptr) return answer_neighbour_request(frame);
  const auto host = state_.hosts.find(segment->destination);
  if (host == state_.hosts.end()) return;
  {
    const std::scoped_lock lock(state_.mutex);
    MemoryTraffic& traffic = state_.traffic[segment->destination];
    if ((segment->flags & TcpFlags::rst) != 0) ++traffic.resets;
    if (segment->flags == TcpFlags::syn && network_.record_times_) {
      traffic.syn_times.push_back(now_);
    }
  }
  if (segment->flags == TcpFlags::syn && !lost(host->second)) answer_syn(*segment, host->second);
}

void MemoryIo::answer_syn(const TcpSegment& syn, const MemoryHost& host) {
  const LinkAddresses back{kHostMac, kMonitorMac, syn.destination, syn.source};
  TcpReply reply{.source_port = syn.destination_port,
                 .destination_port = syn.source_port,
                 .acknowledgement = syn.sequence + 1};
  if (host.forges) {
    TcpReply forged = reply;
    forged.acknowledgement += 12345;
    forged.flags = TcpFlags::syn | TcpFlags::ack;
    arrive(make_tcp_reply(back, forged));
  }
  if (host.filtered.contains(syn.destination_port)) return;
  if (host.rejected.contains(syn.destination_port)) {
    return arrive(make_unreachable(back, kIcmpProhibited, syn));
  }
  if (!may_answer(syn.destination, host) || !may_pass()) return;
  const bool open = host.open.contains(syn.destination_port);
  reply.ttl = host.ttl;
  if (open) {
    reply.window = host.window;
    reply.segment_size = syn.destination.is_v4() ? 1460 : 1440;
  }
  reply.flags = static_cast<std::uint8_t>((open ? TcpFlags::syn : TcpFlags::rst) | TcpFlags::ack);
  arrive(make_tcp_reply(back, reply));
}

void MemoryIo::answer_datagram(const UdpDatagram& datagram, Bytes frame) {
  const auto found = state_.hosts.find(datagram.destination);
  if (found == state_.hosts.end()) return;
  const MemoryHost& host = found->second;
  const std::scoped_lock lock(state_.mutex);
  MemoryTraffic& traffic = state_.traffic[datagram.destination];
  ++traffic.datagrams;
  const auto has = [&](const std::vector<Port>& ports) {
    return std::ranges::find(ports, datagram.destination_port) != ports.end();
  };
  if (lost(host) || has(host.udp_silent)) return;
  const LinkAddresses back{kHostMac, kMonitorMac, datagram.destination, datagram.source};
  if (has(host.udp_open)) return arrive(make_datagram_reply(back, datagram));
  if (host.limits_icmp && !may_send_icmp(datagram.destination, datagram.source)) {
    ++traffic.suppressed;
    return;
  }
  arrive(make_port_unreachable(back, frame));
}

/// The token bucket of Linux (net/ipv4/icmp.c, inet_peer_xrlim_allow).
bool MemoryIo::may_send_icmp(const IpAddress& host, const IpAddress& to) {
  constexpr std::chrono::seconds kToken(1);
  constexpr std::chrono::seconds kFull(6);
  const auto place = state_.icmp.try_emplace({host, to}, State::Bucket{now_, kFull}).first;
  return spend(place->second, kToken, kFull);
}

bool MemoryIo::may_answer(const IpAddress& address, const MemoryHost& host) {
  if (host.most_answers == 0) return true;
  constexpr std::chrono::milliseconds kFull(100);
  const std::chrono::nanoseconds token(static_cast<std::int64_t>(1e9 / host.most_answers));
  const std::scoped_lock lock(state_.mutex);
  const auto place = state_.answers.try_emplace(address, State::Bucket{now_, kFull}).first;
  return spend(place->second, token, kFull);
}

bool MemoryIo::may_pass() {
  if (state_.most_answers == 0) return true;
  constexpr int kQueue = 250;
  const std::chrono::nanoseconds token(static_cast<std::int64_t>(1e9 / state_.most_answers));
  const std::scoped_lock lock(state_.mutex);
  if (!state_.all_answers) state_.all_answers = State::Bucket{now_, token * kQueue};
  return spend(*state_.all_answers, token, token * kQueue);
}

bool MemoryIo::spend(State::Bucket& bucket, std::chrono::nanoseconds token,
                     std::chrono::nanoseconds full) {
  bucket.tokens = std::min(full, bucket.tokens + (now_ - bucket.last));
  bucket.last = now_;
  if (bucket.tokens < token) return false;
  bucket.tokens -= token;
  return true;
}

void MemoryIo::answer_neighbour_request(Bytes frame) {
  const auto wanted = parse_neighbour_request(frame);
  if (!wanted) return;
  const auto host = state_.hosts.find(*wanted);
  if (host == state_.hosts.end() || !host->second.has_neighbour_reply) return;
  arrive(make_neighbour_reply(kHostMac, kMonitorMac, *wanted));
}

MemoryNetwork::MemoryNetwork(std::uint64_t seed) : state_(std::make_unique<State>()) {
  state_->seed = seed;
}
MemoryNetwork::~MemoryNetwork() = default;

void MemoryNetwork::add(const IpAddress& address, const MemoryHost& host) {
  state_->hosts[address] = host;
}

void MemoryNetwork::limit_all(double answers) {
  state_->most_answers = answers;
}

MemoryTraffic MemoryNetwork::traffic(const IpAddress& address) const {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->traffic.find(address);
  return found == state_->traffic.end() ? MemoryTraffic{} : found->second;
}

Result<std::unique_ptr<RouteTable>> MemoryNetwork::routes(const std::string& /*interface*/) {
  return std::make_unique<OnLinkRoutes>();
}

Result<Interface> MemoryNetwork::interface(int /*index*/) {
  return Interface{
      .index = kInterfaceIndex, .name = "memory", .mac = kMonitorMac, .up = true, .ethernet = true};
}

Result<std::vector<std::unique_ptr<FrameIo>>> MemoryNetwork::open(const Interface& /*interface*/,
                                                                  const FrameFilter& /*filter*/,
                                                                  std::size_t count) {
  std::vector<std::unique_ptr<FrameIo>> ends;
  for (std::size_t i = 0; i < count; ++i) {
    ends.push_back(std::make_unique<MemoryIo>(*this, state_->seed + i));
  }
  return ends;
}

Result<ReservedPort> MemoryNetwork::reserve_port(Protocol /*protocol*/) {
  return ReservedPort{static_cast<Port>(40000 + state_->reserved++ % 1000), {}};
}

}  // namespace lockstep::net
