#include "sender/order.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "net/bytes.h"

namespace lockstep::sender {
namespace {

/// Of the layout; both sides are the same program, unless it was replaced while it ran.
constexpr std::uint32_t kMagic = 0x6c6b6f32;  // "lko2"

constexpr std::size_t kMostNameBytes = 64;
constexpr std::size_t kMostPorts = 65535;
constexpr std::uint32_t kMostTries = 1000;
constexpr std::size_t kMostSources = 4096;
constexpr std::chrono::nanoseconds kMostQuietTime = std::chrono::minutes(10);

class Writer {
 public:
  void number(std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
  }
  void real(double value) { number(std::bit_cast<std::uint64_t>(value), 8); }
  void text(std::string_view text) {
    number(std::min(text.size(), kMostNameBytes + 1), 2);
    const auto bytes = std::as_bytes(std::span(text));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void address(const IpAddress& address) {
    number(address.is_v4() ? 4 : 16, 1);
    for (int i = 0; i < address.bits() / 8; ++i)
      number(address.bytes()[static_cast<unsigned>(i)], 1);
  }
  template <typename List, typename Write>
  void list(const List& values, Write write) {
    number(values.size(), 4);
    for (const auto& value : values) write(value);
  }

  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

class Reader {
 public:
  explicit Reader(net::Bytes bytes) : reader_(bytes) {}

  std::uint8_t u8() { return reader_.u8(); }
  std::uint16_t u16() { return reader_.u16(); }
  std::uint32_t u32() { return reader_.u32(); }
  std::uint64_t u64() {
    const std::uint64_t high = reader_.u32();
    return high << 32 | reader_.u32();
  }
  /// A byte of at most `most`.
  unsigned limited(unsigned most) {
    const unsigned value = u8();
    require(value <= most);
    return value;
  }
  double real() { return std::bit_cast<double>(u64()); }
  /// Above 0; an infinite one is none.
  PacketsPerSecond rate() {
    const double value = real();
    require(value > 0);  // what is no number is not
    return PacketsPerSecond(ok() ? value : 1);
  }
  std::string text() {
    const std::size_t size = u16();
    require(size <= kMostNameBytes);
    std::string result;
    for (const std::byte byte : reader_.take(ok() ? size : 0)) {
      result += static_cast<char>(byte);
    }
    return result;
  }
  IpAddress address() {
    const unsigned size = u8();
    require(size == 4 || size == 16);
    if (size == 4) return IpAddress::v4(u32());
    IpAddress::V6Bytes bytes{};
    for (std::uint8_t& byte : bytes) byte = u8();
    return IpAddress::v6(bytes);
  }
  /// At most `most` of what `read` reads.
  template <typename Read>
  auto list(std::size_t most, Read read) {
    std::vector<decltype(read())> values;
    const std::size_t count = u32();
    require(count <= most);
    for (std::size_t i = 0; ok() && i < count; ++i) values.push_back(read());
    return values;
  }

  void require(bool condition) { well_formed_ = well_formed_ && condition; }
  bool ok() const { return reader_.ok() && well_formed_; }
  bool at_end() const { return reader_.rest().empty(); }

 private:
  net::Reader reader_;
  bool well_formed_ = true;
};

void write_plan(const scan::Plan& plan, Writer& writer) {
  writer.number(static_cast<unsigned>(plan.protocol), 1);
  writer.list(plan.targets, [&](const scan::PlanTarget& target) {
    writer.address(target.address);
    writer.real(target.rate.value());
    writer.number(target.group, 4);
    writer.number(target.first, 4);
    writer.number(target.count, 4);
  });
  writer.list(plan.ports, [&](Port port) { writer.number(port, 2); });
  writer.list(plan.fence.allowed(), [&](const Prefix& prefix) {
    writer.address(prefix.address());
    writer.number(static_cast<unsigned>(prefix.length()), 1);
  });
  writer.list(plan.fence.excluded(), [&](const IpRange& range) {
    writer.address(range.first);
    writer.address(range.last);
  });
  writer.real(plan.rate.value());
  writer.list(plan.group_rates, [&](PacketsPerSecond rate) { writer.real(rate.value()); });
  writer.number(plan.tries, 4);
  writer.number(plan.max_tries, 4);
  writer.number(static_cast<std::uint64_t>(plan.quiet_time.count()), 8);
  writer.number(plan.seed, 8);
  writer.number(plan.key.k0, 8);
  writer.number(plan.key.k1, 8);
  writer.text(plan.interface);
  writer.list(plan.sources, [&](const IpAddress& source) { writer.address(source); });
  writer.number(plan.icmp_limit ? 1 : 0, 1);
  if (plan.icmp_limit) {
    writer.number(plan.icmp_limit->burst, 4);
    writer.real(plan.icmp_limit->per_second);
  }
  writer.number(plan.threads, 4);
}

scan::Fence read_fence(Reader& reader) {
  auto allow = reader.list(kMostFenceEntries, [&] {
    const IpAddress address = reader.address();
    const int length = reader.u8();
    reader.require(length <= address.bits());
    return Prefix(address, std::min(length, address.bits()));
  });
  auto exclude = reader.list(kMostFenceEntries, [&] {
    const IpAddress first = reader.address();
    const IpRange range{first, reader.address()};
    reader.require(range.first.family() == range.last.family() && range.first <= range.last);
    return range;
  });
  return {std::move(allow), std::move(exclude)};
}

std::optional<scan::IcmpLimit> read_icmp_limit(Reader& reader) {
  if (reader.limited(1) == 0) return {};
  scan::IcmpLimit limit;
  limit.burst = reader.u32();
  limit.per_second = reader.rate().value();
  reader.require(limit.burst >= 1 && std::isfinite(limit.per_second));
  return limit;
}

scan::Plan read_plan(Reader& reader) {
  scan::Plan plan;
  plan.protocol = static_cast<Protocol>(reader.limited(1));
  plan.targets = reader.list(scan::kMaxTargets, [&] {
    scan::PlanTarget target;
    target.address = reader.address();
    target.rate = reader.rate();
    target.group = reader.u32();
    target.first = reader.u32();
    target.count = reader.u32();
    return target;
  });
  plan.ports = reader.list(kMostPorts, [&]() -> Port { return reader.u16(); });
  plan.fence = read_fence(reader);
  plan.rate = reader.rate();
  plan.group_rates = reader.list(scan::kMaxTargets, [&] { return reader.rate(); });
  plan.tries = reader.u32();
  plan.max_tries = reader.u32();
  reader.require(plan.tries <= kMostTries && plan.max_tries <= kMostTries);
  const std::uint64_t quiet = reader.u64();
  reader.require(quiet <= static_cast<std::uint64_t>(kMostQuietTime.count()));
  plan.quiet_time = std::chrono::nanoseconds(reader.ok() ? quiet : 0);
  plan.seed = reader.u64();
  plan.key.k0 = reader.u64();
  plan.key.k1 = reader.u64();
  plan.interface = reader.text();
  plan.sources = reader.list(kMostSources, [&] { return reader.address(); });
  plan.icmp_limit = read_icmp_limit(reader);
  plan.threads = reader.u32();
  return plan;
}

}  // namespace

std::string_view name_of(EngineKind kind) {
  return kind == EngineKind::xdp ? "xdp" : "packet";
}

Result<std::vector<std::byte>> write_order(const Order& order) {
  Writer writer;
  writer.number(kMagic, 4);
  writer.number(static_cast<unsigned>(order.engine), 1);
  writer.list(order.xdp_interfaces, [&](const std::string& name) { writer.text(name); });
  writer.real(order.xdp_lowest_rate.value());
  writer.number(order.table_offset, 8);
  write_plan(order.plan, writer);
  std::vector<std::byte> bytes = writer.take();
  // What the other side would not take is told here, where it can be put right.
  if (bytes.size() > kMostOrderBytes || !read_order(bytes)) {
    return fail(ErrorKind::invalid,
                "a plan beyond what a sender takes: too many addresses, prefixes or interfaces, or "
                "a rate, a number of tries or a time that is none");
  }
  return bytes;
}

Result<Order> read_order(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  Order order;
  reader.require(bytes.size() <= kMostOrderBytes && reader.u32() == kMagic);
  const unsigned engine = reader.u8();
  reader.require(engine == static_cast<unsigned>(EngineKind::packet) ||
                 engine == static_cast<unsigned>(EngineKind::xdp));
  order.engine = static_cast<EngineKind>(engine);
  order.xdp_interfaces = reader.list(kMostInterfaces, [&] { return reader.text(); });
  order.xdp_lowest_rate = reader.rate();
  order.table_offset = reader.u64();
  order.plan = read_plan(reader);
  if (!reader.ok() || !reader.at_end()) return fail(ErrorKind::corrupt, "an order that is none");
  return order;
}

}  // namespace lockstep::sender
