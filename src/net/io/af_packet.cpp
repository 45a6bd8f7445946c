#include "net/io/af_packet.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "base/unique_fd.h"

namespace lockstep::net {
namespace {

// A TPACKET_V2 ring of fixed frames: each is visible to us the moment it arrives, while version 3
// holds a block back until it fills or its timer runs out. Sizes after
// Documentation/networking/packet_mmap.rst.
constexpr std::uint32_t kRingBlockBytes = 1U << 16;
constexpr std::size_t kRingBytes = std::size_t{8} << 20;

/// The frames of a ring: small ones for the answers to SYNs, of which the longest is ICMPv6 around
/// IPv6 and TCP, and whole ones for datagrams.
struct RingShape {
  std::uint32_t snap_bytes = 0;
  std::uint32_t frame_bytes = 0;

  std::uint32_t frames() const { return static_cast<std::uint32_t>(kRingBytes / frame_bytes); }
};
constexpr RingShape kSegments{160, 256};
constexpr RingShape kDatagrams{1514, 2048};

const RingShape& shape_of(const FrameFilter& filter) {
  return filter.protocol == Protocol::tcp ? kSegments : kDatagrams;
}
constexpr std::size_t kReceiveBatch = 256;
constexpr std::size_t kSendBatch = 128;

constexpr const char* kMissingRight =
    "packet sockets need the capability CAP_NET_RAW (run as root, or: "
    "setcap cap_net_raw+ep PATH-OF-lockstep)";

/// The filter of pcap-filter(7) as classic BPF for the kernel.
Result<std::vector<sock_filter>> compile_filter(const FrameFilter& filter) {
  std::string text =
      "arp[6:2] == 2 or icmp[0] == 3 or (ip6[6] == 58 and (ip6[40] == 1 or ip6[40] == 136))";
  for (const Port port : filter.ports) {
    text +=
        fmt::format(" or {} dst port {}", filter.protocol == Protocol::tcp ? "tcp" : "udp", port);
  }
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> compiler(
      pcap_open_dead(DLT_EN10MB, static_cast<int>(shape_of(filter).snap_bytes)), &pcap_close);
  bpf_program program{};
  if (pcap_compile(compiler.get(), &program, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return fail(ErrorKind::unsupported,
                fmt::format("packet filter: {}", pcap_geterr(compiler.get())));
  }
  std::vector<sock_filter> result;
  for (const bpf_insn& i : std::span(program.bf_insns, program.bf_len)) {
    result.push_back({i.code, i.jt, i.jf, i.k});
  }
  pcap_freecode(&program);
  return result;
}

/// A ring of received frames shared with the kernel.
class Ring {
 public:
  Ring(std::byte* memory, const RingShape& shape) : memory_(memory), shape_(shape) {}
  ~Ring() { ::munmap(memory_, kRingBytes); }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// The frame that is next, or nothing where the kernel has not filled it yet.
  std::optional<Bytes> peek(std::uint32_t ahead) const {
    std::byte* const slot = slot_at(ahead);
    if ((status(slot).load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return {};
    tpacket2_hdr header;
    std::memcpy(&header, slot, sizeof header);
    const std::size_t room =
        shape_.frame_bytes - std::min<std::size_t>(header.tp_mac, shape_.frame_bytes);
    return Bytes(slot + header.tp_mac, std::min<std::size_t>(header.tp_snaplen, room));
  }

  /// Gives the `count` oldest frames back to the kernel.
  void release(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      status(slot_at(i)).store(TP_STATUS_KERNEL, std::memory_order_release);
    }
    next_ = (next_ + count) % shape_.frames();
  }

 private:
  std::byte* slot_at(std::uint32_t ahead) const {
    return memory_ + std::size_t{(next_ + ahead) % shape_.frames()} * shape_.frame_bytes;
  }
  /// tp_status is the first field of each slot, aligned by the kernel.
  static std::atomic_ref<std::uint32_t> status(std::byte* slot) {
    return std::atomic_ref(*static_cast<std::uint32_t*>(static_cast<void*>(slot)));
  }

  std::byte* memory_;
  RingShape shape_;
  std::uint32_t next_ = 0;
};

class AfPacketIo final : public FrameIo {
 public:
  static Result<std::unique_ptr<AfPacketIo>> open(const Interface& interface,
                                                  std::span<sock_filter> filter,
                                                  const RingShape& shape);
  /// Shares the incoming frames with the other ends of `group`: 0 founds one. Returns the group.
  Result<std::uint32_t> join(std::uint32_t group);

  Result<std::size_t> send(std::span<const Bytes> frames) override;
  std::span<const Bytes> receive() override;
  void wait_until(TimePoint deadline) override;
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  std::uint64_t receive_drops() const override;

 private:
  AfPacketIo(UniqueFd socket, std::byte* ring, const RingShape& shape)
      : socket_(std::move(socket)), ring_(ring, shape) {}

  UniqueFd socket_;
  Ring ring_;
  std::array<Bytes, kReceiveBatch> received_;
  std::uint32_t received_count_ = 0;
  int link_error_ = 0;  // what the kernel said of the link, for the next send()
  mutable std::uint64_t drops_ = 0;
};

sockaddr_ll link_address(const Interface& interface, std::uint16_t protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = interface.index;
  return address;
}

Result<void> bind_to(const UniqueFd& socket, const sockaddr_ll& address, const std::string& name) {
  const void* const start = &address;
  if (::bind(socket.get(), static_cast<const sockaddr*>(start), sizeof address) != 0) {
    return std::unexpected(system_error(errno, "packet socket on interface " + name));
  }
  return {};
}

template <typename T>
Result<void> set_packet_option(const UniqueFd& socket, int option, const T& value,
                               std::string_view what) {
  if (::setsockopt(socket.get(), SOL_PACKET, option, &value, sizeof value) != 0) {
    return std::unexpected(system_error(errno, what));
  }
  return {};
}

Result<UniqueFd> open_packet_socket() {
  UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket) {
    if (errno == EPERM || errno == EACCES) return fail(ErrorKind::denied, kMissingRight);
    return std::unexpected(system_error(errno, "packet socket"));
  }
  return socket;
}

/// One socket for both ways, since setting up and closing one may have to wait for the kernel's
/// readers (synchronize_net), which a small scan feels. It gets its filter before it is bound, so
/// that nothing unfiltered reaches its ring.
Result<UniqueFd> open_with_ring(std::span<sock_filter> filter, const RingShape& shape) {
  LOCKSTEP_TRY(UniqueFd socket, open_packet_socket());
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    return std::unexpected(system_error(errno, "packet filter"));
  }
  LOCKSTEP_CHECK(set_packet_option(socket, PACKET_VERSION, int{TPACKET_V2}, "PACKET_VERSION"));
  LOCKSTEP_CHECK(set_packet_option(socket, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING"));
  LOCKSTEP_CHECK(set_packet_option(socket, PACKET_QDISC_BYPASS, 1, "PACKET_QDISC_BYPASS"));
  const tpacket_req ring{.tp_block_size = kRingBlockBytes,
                         .tp_block_nr = static_cast<unsigned>(kRingBytes / kRingBlockBytes),
                         .tp_frame_size = shape.frame_bytes,
                         .tp_frame_nr = shape.frames()};
  LOCKSTEP_CHECK(set_packet_option(socket, PACKET_RX_RING, ring, "packet ring of 8 MiB"));
  return socket;
}

Result<std::unique_ptr<AfPacketIo>> AfPacketIo::open(const Interface& interface,
                                                     std::span<sock_filter> filter,
                                                     const RingShape& shape) {
  LOCKSTEP_TRY(UniqueFd socket, open_with_ring(filter, shape));
  void* const memory =
      ::mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket.get(), 0);
  if (memory == MAP_FAILED) return std::unexpected(system_error(errno, "map the packet ring"));
  std::unique_ptr<AfPacketIo> io(
      new AfPacketIo(std::move(socket), static_cast<std::byte*>(memory), shape));
  LOCKSTEP_CHECK(bind_to(io->socket_, link_address(interface, ETH_P_ALL), interface.name));
  return io;
}

Result<std::uint32_t> AfPacketIo::join(std::uint32_t group) {
  constexpr std::uint32_t kFound = (PACKET_FANOUT_CPU | PACKET_FANOUT_FLAG_UNIQUEID) << 16;
  std::uint32_t value = group == 0 ? kFound : group;
  LOCKSTEP_CHECK(set_packet_option(socket_, PACKET_FANOUT, value, "PACKET_FANOUT"));
  socklen_t size = sizeof value;
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_FANOUT, &value, &size) != 0) {
    return std::unexpected(system_error(errno, "PACKET_FANOUT"));
  }
  return value;
}

Result<std::size_t> AfPacketIo::send(std::span<const Bytes> frames) {
  std::array<iovec, kSendBatch> parts;
  std::array<mmsghdr, kSendBatch> messages{};
  if (link_error_ != 0) return std::unexpected(system_error(link_error_, "receive"));
  std::size_t sent = 0;
  while (sent < frames.size()) {
    const std::size_t batch = std::min(kSendBatch, frames.size() - sent);
    for (std::size_t i = 0; i < batch; ++i) {
      const Bytes frame = frames[sent + i];
      parts[i] = {const_cast<std::byte*>(frame.data()), frame.size()};  // only ever read
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = ::sendmmsg(socket_.get(), messages.data(), static_cast<unsigned>(batch), 0);
    if (count < 0) {
      // Another error comes up again with the next call, which has nothing to report but that.
      if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR || sent > 0) return sent;
      return std::unexpected(system_error(errno, "send"));
    }
    sent += static_cast<std::size_t>(count);
    if (static_cast<std::size_t>(count) < batch) return sent;
  }
  return sent;
}

std::span<const Bytes> AfPacketIo::receive() {
  ring_.release(received_count_);
  received_count_ = 0;
  while (received_count_ < kReceiveBatch) {
    const auto frame = ring_.peek(received_count_);
    if (!frame) break;
    received_[received_count_++] = *frame;
  }
  return std::span(received_).first(received_count_);
}

void AfPacketIo::wait_until(TimePoint deadline) {
  const auto left = std::max(deadline - now(), std::chrono::nanoseconds(0));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec timeout{seconds.count(), (left - seconds).count()};
  pollfd waiting{socket_.get(), POLLIN, 0};
  if (::ppoll(&waiting, 1, &timeout, nullptr) != 1 || (waiting.revents & POLLERR) == 0) return;
  // The interface went down. Asking takes the error away, so that the next wait is one again.
  socklen_t size = sizeof link_error_;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &link_error_, &size);
}

std::uint64_t AfPacketIo::receive_drops() const {
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  // The kernel's counters start again from zero each time they are read.
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0) {
    drops_ += statistics.tp_drops;
  }
  return drops_;
}

}  // namespace

Result<std::vector<std::unique_ptr<FrameIo>>> open_af_packet(const Interface& interface,
                                                             const FrameFilter& filter,
                                                             std::size_t count) {
  LOCKSTEP_TRY(std::vector<sock_filter> program, compile_filter(filter));
  std::vector<std::unique_ptr<FrameIo>> ends;
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < count; ++i) {
    LOCKSTEP_TRY(std::unique_ptr<AfPacketIo> end,
                 AfPacketIo::open(interface, program, shape_of(filter)));
    if (count > 1) {
      LOCKSTEP_TRY(group, end->join(group));
    }
    ends.push_back(std::move(end));
  }
  return ends;
}

Result<void> may_open_packet_sockets() {
  LOCKSTEP_CHECK(open_packet_socket());
  return {};
}

}  // namespace lockstep::net
