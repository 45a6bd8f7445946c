#include "dialogue/rpc_calls.h"

#include <algorithm>
#include <optional>

#include "dialogue/conversation.h"

namespace lockstep::dialogue {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kReply(500);         // of a service that has replied before
constexpr milliseconds kDatagramLost(250);  // then it is sent again, once
constexpr unsigned kMostConnectionsOfCalls = 4;
constexpr std::size_t kMostBuffered = 65536;
constexpr std::uint32_t kFirstId = 0x4c6f636b;  // "Lock", as it is easy to find in a trace

class Caller {
 public:
  Caller(DialogueWorld& world, const Task& task, RpcTold& told)
      : world_(world), task_(task), told_(told) {}

  /// Nothing where no reply came by `deadline`. Its results are valid until the next call.
  asio::awaitable<std::optional<RpcReply>> call(std::uint32_t program, std::uint32_t version,
                                                std::uint32_t procedure, TimePoint deadline) {
    const bool connected = co_await connect();
    if (!connected) co_return std::nullopt;
    const std::uint32_t id = next_id_++;
    const std::string message = rpc_call(task_.protocol, id, program, version, procedure);
    told_.sent.push_back(message);
    const bool sent = co_await conversation_->send(message, deadline);
    if (!sent) {
      conversation_.reset();
      co_return std::nullopt;
    }
    bool again = task_.protocol == Protocol::udp;
    for (;;) {
      std::optional<RpcReply> reply = reply_to(id);
      if (reply || !conversation_ || steady_clock::now() >= deadline) co_return reply;
      const TimePoint until =
          again ? std::min(deadline, steady_clock::now() + kDatagramLost) : deadline;
      if (task_.protocol == Protocol::udp) buffer_.clear();
      const ReadEnd end = co_await conversation_->read(buffer_, until);
      told_.anything = told_.anything || end == ReadEnd::data;
      if (end == ReadEnd::closed) conversation_.reset();
      if (end != ReadEnd::deadline) continue;
      if (!again) co_return std::nullopt;
      again = false;
      const bool resent = co_await conversation_->send(message, deadline);
      if (!resent) conversation_.reset();
    }
  }

 private:
  asio::awaitable<bool> connect() {
    if (conversation_) co_return true;
    if (connections_++ == kMostConnectionsOfCalls) co_return false;
    auto link = co_await world_.connect(task_.id);
    if (!link) {
      told_.why = link.error().message();
      connections_ = kMostConnectionsOfCalls;
      co_return false;
    }
    told_.connected = true;
    buffer_.clear();
    conversation_.emplace(world_.io, std::move(link->socket), [this] { world_.reading(task_.id); });
    co_return true;
  }

  /// The reply to a call among what has come, if it has. What is no reply ends the connection.
  std::optional<RpcReply> reply_to(std::uint32_t id) {
    while (!buffer_.empty()) {
      if (task_.protocol == Protocol::tcp) {
        RpcRecord record = take_record(buffer_);
        if (record.state == RpcRecord::State::unfinished && buffer_.size() < kMostBuffered) break;
        if (record.state != RpcRecord::State::whole) return give_up();
        message_ = std::move(record.body);
      } else {
        message_ = std::exchange(buffer_, {});
      }
      const std::optional<RpcReply> reply = parse_rpc_reply(message_);
      if (!reply) return give_up();
      if (told_.banner.empty()) told_.banner = message_.substr(0, kMostBannerBytes);
      if (reply->xid == id) return reply;
    }
    return std::nullopt;
  }

  std::optional<RpcReply> give_up() {
    conversation_.reset();
    connections_ = kMostConnectionsOfCalls;
    return std::nullopt;
  }

  DialogueWorld& world_;
  const Task& task_;
  RpcTold& told_;
  std::optional<Conversation> conversation_;
  std::string buffer_;
  std::string message_;
  std::uint32_t next_id_ = kFirstId;
  unsigned connections_ = 0;
};

}  // namespace

asio::awaitable<RpcTold> call_programs(DialogueWorld& world, const Task& task,
                                       std::span<const std::uint32_t> programs, TimePoint first,
                                       TimePoint deadline) {
  RpcTold told;
  Caller caller(world, task, told);
  for (const std::uint32_t program : programs) {
    if (steady_clock::now() >= deadline) break;
    const TimePoint until = std::min(deadline, told.speaks ? steady_clock::now() + kReply : first);
    const auto reply = co_await caller.call(program, kImpossibleVersion, 0, until);
    told.speaks = told.speaks || reply.has_value();
    if (!told.speaks) break;
    // A version that nobody has is in no range; whoever says so says so of everything.
    if (reply && reply->said == RpcReply::Said::versions && reply->highest < kImpossibleVersion) {
      told.programs.push_back({program, reply->lowest, reply->highest});
    }
  }
  if (std::ranges::find(told.programs, kRpcbind, &RpcProgram::number) != told.programs.end()) {
    const auto list = co_await caller.call(kRpcbind, kDumpVersion, kDumpProcedure,
                                           std::min(deadline, steady_clock::now() + kReply));
    if (list && list->said == RpcReply::Said::success) {
      if (auto registered = parse_rpc_dump(list->results)) {
        told.registered = describe(std::move(*registered));
      }
    }
  }
  std::ranges::sort(told.programs);
  const auto [from, to] = std::ranges::unique(told.programs, {}, &RpcProgram::number);
  told.programs.erase(from, to);
  co_return told;
}

}  // namespace lockstep::dialogue
