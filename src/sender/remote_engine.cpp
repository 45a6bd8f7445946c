#include "sender/remote_engine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "sender/channel.h"
#include "sender/sender.h"

namespace lockstep::sender {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPoll(100);
/// A sender that is stopped ends within some tens of milliseconds.
constexpr std::chrono::seconds kLongestStop(2);
/// It opens sockets, loads programs, and asks for routes: a second at most for a full plan.
constexpr std::chrono::seconds kLongestSetup(30);

Result<UniqueFd> in_memory(const Order& order) {
  LOCKSTEP_TRY(const std::vector<std::byte> bytes, write_order(order));
  UniqueFd file(::memfd_create("lockstep-order", MFD_CLOEXEC));
  if (!file) return std::unexpected(system_error(errno, "memory for an order"));
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t size = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (size < 0 && errno != EINTR) {
      return std::unexpected(system_error(errno, "memory for an order"));
    }
    if (size > 0) done += static_cast<std::size_t>(size);
  }
  return file;
}

/// The file once more: a lock on the one that is given goes with its last user, and a sender may
/// outlive us by a moment.
Result<UniqueFd> opened_again(int descriptor) {
  const std::string path = fmt::format("/proc/self/fd/{}", descriptor);
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return std::unexpected(system_error(errno, "share a result table"));
  return file;
}

}  // namespace

RemoteEngine::RemoteEngine(Launcher& launcher, EngineKind kind, scan::XdpOptions xdp)
    : launcher_(launcher), kind_(kind), xdp_(std::move(xdp)) {}

std::string_view RemoteEngine::name() const {
  return name_of(kind_);
}

Result<void> RemoteEngine::do_run(const scan::Plan& plan, const scan::ResultTable& table,
                                  std::vector<std::uint32_t> targets) {
  if (targets.empty() || table.run().stop) return {};
  const Order order{.engine = kind_,
                    .xdp_interfaces = xdp_.interfaces,
                    .xdp_lowest_rate = xdp_.lowest_rate,
                    .table_offset = table.place().offset,
                    .plan = plan};
  LOCKSTEP_TRY(const UniqueFd written, in_memory(order));
  LOCKSTEP_TRY(const UniqueFd results, opened_again(table.place().descriptor));
  LOCKSTEP_TRY(const StartedSender sender, launcher_.start_sender());
  const std::array<int, 2> descriptors{written.get(), results.get()};
  const auto lost = [&](std::string_view how) {
    return fail(ErrorKind::unavailable,
                fmt::format("the process that sends packets ({}) {}; the next run has a new one",
                            sender.pid, how));
  };
  if (!send(sender.socket.get(), "order", descriptors)) return lost("ended before it began");
  bool ready = false;
  const auto begun = steady_clock::now();
  std::optional<steady_clock::time_point> stopped;
  for (;;) {
    const auto message = receive(sender.socket.get(), kPoll);
    if (!message) return lost("ended in the middle of its work");
    if (!*message) {
      const auto now = steady_clock::now();
      if (table.run().stop && !stopped) stopped = now;
      if (stopped && now - *stopped > kLongestStop) return lost("did not stop, and was given up");
      if (!ready && now - begun > kLongestSetup) return lost("did not get ready");
    } else if (!ready && (*message)->text == kReady) {
      ready = true;
      if (!send(sender.socket.get(), kGo)) return lost("ended before it sent anything");
    } else {
      return read_outcome((*message)->text);
    }
  }
}

Result<SenderRights> rights_of_a_sender(Launcher& launcher) {
  Order order;  // of an address that no fence permits
  order.plan.targets.resize(1);
  order.plan.ports = {1};
  LOCKSTEP_TRY(const scan::ResultTable table, scan::ResultTable::create(1));
  LOCKSTEP_TRY(const UniqueFd written, in_memory(order));
  LOCKSTEP_TRY(const StartedSender sender, launcher.start_sender());
  SenderRights rights;
  LOCKSTEP_TRY(rights.setting_up, rights_of(sender.pid));
  const std::array<int, 2> descriptors{written.get(), table.place().descriptor};
  LOCKSTEP_CHECK(send(sender.socket.get(), "order", descriptors));
  LOCKSTEP_TRY(const auto ready, receive(sender.socket.get(), kLongestSetup));
  if (!ready || ready->text != kReady) {
    LOCKSTEP_CHECK(read_outcome(ready ? ready->text : ""));
    return fail(ErrorKind::unavailable, "a sender did not get ready");
  }
  LOCKSTEP_TRY(rights.sending, rights_of(sender.pid));
  return rights;
}

}  // namespace lockstep::sender
