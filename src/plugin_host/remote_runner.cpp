#include "plugin_host/remote_runner.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "base/text.h"
#include "plugin_host/messages.h"
#include "proc/packets.h"

namespace lockstep::plugin_host {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kTick{20};
/// A stop takes no longer than kTick and this; the host, whose socket closes then, ends the command
/// whether it has said so or not.
constexpr milliseconds kLongestStop{75};
/// A host says how it went so long after the command's time at the latest.
constexpr milliseconds kPatience{15'000};
/// Packets that are taken before stop and time are looked at.
constexpr int kRounds = 64;

/// A stranger's words. Ours are plain, and stay as they are.
std::string told(const std::string& message) {
  constexpr std::size_t kShown = 600;
  const bool plain = std::ranges::all_of(message, [](char c) { return c >= ' ' && c <= '~'; });
  return plain ? message.substr(0, kShown) : quoted(message, kShown);
}

/// One run.
class Exchange {
 public:
  Exchange(UniqueFd socket, std::string_view input, const GuardLimits& limits,
           const TakeOutput& take, const std::atomic<bool>* stop)
      : socket_(std::move(socket)),
        input_(input),
        limits_(limits),
        take_(take),
        stop_(stop),
        began_(Clock::now()),
        give_up_at_(began_ + limits.time + limits.grace + kPatience) {}

  Result<GuardedOutcome> run(const Order& order) {
    LOCKSTEP_TRY(const std::vector<std::byte> bytes, write(order));
    // The first packet always has room. Where nobody is there, why not has been said.
    std::ignore = send_packet(socket_.get(), bytes);
    while (!outcome_) {
      if (const Result<void> done = step(); !done) {
        if (!end_) return std::unexpected(done.error());
        outcome_.emplace();  // it was to end
      }
    }
    if (end_) outcome_->end = *end_;
    outcome_->duration = Clock::now() - began_;
    return std::move(*outcome_);
  }

 private:
  Result<void> step() {
    const bool gives = !input_.empty() && !end_;
    pollfd event{socket_.get(), static_cast<short>(gives ? POLLIN | POLLOUT : POLLIN), 0};
    const int ready = ::poll(&event, 1, static_cast<int>(kTick.count()));
    if (ready > 0 && (event.revents & ~POLLOUT) != 0) LOCKSTEP_CHECK(receive());
    if (ready > 0 && (event.revents & POLLOUT) != 0) give();
    if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) end(GuardedEnd::stopped);
    if (Clock::now() >= give_up_at_) {
      return fail(ErrorKind::unavailable, "the plug-in host did not say how it went");
    }
    return {};
  }

  /// The first reason counts.
  void end(GuardedEnd why) {
    if (end_) return;
    end_ = why;
    give_up_at_ = Clock::now() + kLongestStop;
    if (const auto stop = write(ToHost(Stop{}))) std::ignore = send_packet(socket_.get(), *stop);
  }

  void give() {
    const std::string_view piece = input_.substr(0, kMostPieceBytes);
    const auto bytes = write(ToHost(Piece{piece}));
    const auto sent = send_packet(socket_.get(), *bytes);
    // Who is gone may have said why.
    if (!sent) input_ = {};
    if (sent && *sent) input_.remove_prefix(piece.size());
  }

  Result<void> receive() {
    for (int round = 0; round < kRounds && !outcome_; ++round) {
      const auto packet = receive_packet(socket_.get(), buffer_);
      if (!packet && packet.error().kind() == ErrorKind::corrupt) {
        return std::unexpected(packet.error().within("the plug-in host"));
      }
      if (!packet) return fail(ErrorKind::unavailable, "the plug-in host has ended in mid-run");
      if (!*packet) return {};
      const auto message = read_to_core((*packet)->bytes);
      if (!message) return std::unexpected(message.error().within("the plug-in host"));
      LOCKSTEP_CHECK(std::visit([&](const auto& each) { return take(each); }, *message));
    }
    return {};
  }

  Result<void> take(const Piece& piece) {
    if (end_) return {};
    if (piece.bytes.size() > limits_.output_bytes - taken_) {
      return fail(ErrorKind::corrupt, "the plug-in host passed on more output than was asked for");
    }
    taken_ += piece.bytes.size();
    if (!take_(piece.bytes)) end(GuardedEnd::refused);
    return {};
  }

  Result<void> take(const GuardedOutcome& outcome) {
    if (!end_ && (outcome.end == GuardedEnd::stopped || outcome.end == GuardedEnd::refused)) {
      return fail(ErrorKind::unavailable, "the plug-in host ended the command unasked");
    }
    outcome_ = outcome;
    return {};
  }

  static Result<void> take(const Failure& failure) {
    return fail(failure.kind, told(failure.message));
  }

  UniqueFd socket_;
  std::string_view input_;
  const GuardLimits& limits_;
  const TakeOutput& take_;
  const std::atomic<bool>* stop_;
  Clock::time_point began_;
  Clock::time_point give_up_at_;
  std::optional<GuardedEnd> end_;  // as we want it
  std::size_t taken_ = 0;
  std::optional<GuardedOutcome> outcome_;
  std::array<std::byte, kMostPacketBytes> buffer_;
};

}  // namespace

Result<GuardedOutcome> RemoteRunner::run(const GuardedCommand& command, std::string_view input,
                                         const GuardLimits& limits, const TakeOutput& take,
                                         const std::atomic<bool>* stop) {
  if (!command.user.empty()) {
    return fail(ErrorKind::invalid, "a plug-in host has one user, whom no command names");
  }
  LOCKSTEP_TRY(UniqueFd socket, hosts_());
  return Exchange(std::move(socket), input, limits, take, stop)
      .run({.words = command.words, .limits = limits, .input_bytes = input.size()});
}

}  // namespace lockstep::plugin_host
