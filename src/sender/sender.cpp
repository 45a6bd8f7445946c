#include "sender/sender.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/text.h"
#include "net/io/links.h"
#include "proc/lockdown.h"
#include "scan/packet_engine.h"
#include "scan/xdp_engine.h"
#include "sender/channel.h"
#include "sender/launcher.h"

namespace lockstep::sender {
namespace {

constexpr char kDone = 'd';
constexpr char kError = 'e';
constexpr std::size_t kMostReasonBytes = 1024;

/// The whole of a file, which another process may change meanwhile: hence by value.
Result<std::vector<std::byte>> read_all(int file) {
  struct stat about {};
  if (::fstat(file, &about) != 0) return std::unexpected(system_error(errno, "read an order"));
  if (about.st_size <= 0 || about.st_size > static_cast<off_t>(kMostOrderBytes)) {
    return fail(ErrorKind::corrupt, "an order of a size that none has");
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(about.st_size));
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t size =
        ::pread(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return fail(ErrorKind::corrupt, "an order that ends early");
    done += static_cast<std::size_t>(size);
  }
  return bytes;
}

/// Who asked for the packets may end at any moment, and none is to go out afterwards.
void end_with(int socket) {
  std::thread([socket] {
    pollfd watched{socket, POLLIN, 0};
    while (::poll(&watched, 1, -1) <= 0) {
    }
    ::_exit(0);
  }).detach();
}

Result<void> run_order(int socket, const Message& message, const MakeEngine& make_engine,
                       const std::function<Result<void>()>& lock_down) {
  if (message.descriptors.size() != kMostDescriptors) {
    return fail(ErrorKind::corrupt, "an order without a plan or without a table");
  }
  LOCKSTEP_TRY(const std::vector<std::byte> bytes, read_all(message.descriptors[0].get()));
  LOCKSTEP_TRY(const Order order, read_order(bytes));
  LOCKSTEP_TRY(const scan::ResultTable table,
               scan::ResultTable::attach(
                   {.descriptor = message.descriptors[1].get(), .offset = order.table_offset},
                   order.plan.targets.size()));
  const auto when_open = [&]() -> Result<void> {
    LOCKSTEP_CHECK(lock_down());
    LOCKSTEP_CHECK(send(socket, kReady));
    LOCKSTEP_TRY(const auto go, receive(socket));
    if (!go || go->text != kGo) return fail(ErrorKind::corrupt, "no word to go");
    end_with(socket);
    return {};
  };
  return make_engine(order, when_open)->run(order.plan, table);
}

}  // namespace

Result<void> serve_order(int socket, const MakeEngine& make_engine,
                         const std::function<Result<void>()>& lock_down) {
  auto order = receive(socket);
  while (order && !*order) order = receive(socket);
  if (!order && order.error().kind() == ErrorKind::corrupt) return std::unexpected(order.error());
  if (!order) return {};
  const auto done = run_order(socket, **order, make_engine, lock_down);
  // Who asked may be gone; nobody else wants to know.
  [[maybe_unused]] const auto told = send(socket, write_outcome(done));
  return {};
}

Result<void> run_sender() {
  live_with_parent();
  net::KernelLinks links;
  const auto make_engine = [&](const Order& order,
                               scan::WhenOpen when_open) -> std::unique_ptr<scan::Engine> {
    if (order.engine == EngineKind::packet) {
      return std::make_unique<scan::PacketEngine>(links, std::move(when_open));
    }
    return std::make_unique<scan::XdpEngine>(links,
                                             scan::XdpOptions{.interfaces = order.xdp_interfaces,
                                                              .lowest_rate = order.xdp_lowest_rate,
                                                              .when_open = std::move(when_open)});
  };
  return serve_order(kSocket, make_engine, lock_down_sender);
}

std::string write_outcome(const Result<void>& outcome) {
  if (outcome) return {kDone};
  const std::string text{kError, static_cast<char>('0' + static_cast<int>(outcome.error().kind()))};
  return text + outcome.error().message().substr(0, kMostReasonBytes);
}

Result<void> read_outcome(std::string_view text) {
  if (text == std::string_view(&kDone, 1)) return {};
  const int kind = text.size() < 2 ? -1 : text[1] - '0';
  if (text.empty() || text[0] != kError || kind < 0 ||
      kind > static_cast<int>(ErrorKind::unsupported)) {
    return fail(ErrorKind::corrupt, "a sender said what is no outcome");
  }
  const std::string_view reason = text.substr(2, kMostReasonBytes);
  const bool prints =
      std::ranges::all_of(reason, [](char c) { return static_cast<unsigned char>(c) >= ' '; });
  return fail(static_cast<ErrorKind>(kind),
              prints ? std::string(reason) : quoted(reason, kMostReasonBytes));
}

}  // namespace lockstep::sender
