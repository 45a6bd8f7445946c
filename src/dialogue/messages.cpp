#include "dialogue/messages.h"

#include <algorithm>
#include <string_view>

#include "net/bytes.h"

namespace lockstep::dialogue {
namespace {

constexpr std::size_t kMostTextBytes = 512;
constexpr std::size_t kMostKeys = 16;

enum class Kind : std::uint8_t {
  task = 1,
  connect_request,
  connected,
  reading,
  outcome,
  ping,
  leave
};

class Encoder {
 public:
  void number(std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
  }
  void flag(bool value) { number(value ? 1 : 0, 1); }
  void text(std::string_view text, std::size_t most = kMostTextBytes) {
    text = text.substr(0, most);
    number(text.size(), 2);
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), first, first + text.size());
  }

  void operator()(const Task& task) {
    number(static_cast<unsigned>(Kind::task), 1);
    number(task.id, 4);
    number(static_cast<unsigned>(task.protocol), 1);
    number(task.port, 2);
    text(task.expected);
    flag(task.expects_tls);
    flag(task.may_probe);
    flag(task.wants_keys);
    flag(task.checks_twice);
    const std::size_t programs = std::min(task.programs.size(), kMostPrograms);
    number(programs, 1);
    for (std::size_t i = 0; i < programs; ++i) number(task.programs[i], 4);
  }
  void operator()(const ConnectRequest& request) {
    number(static_cast<unsigned>(Kind::connect_request), 1);
    number(request.task, 4);
    number(request.connection, 4);
  }
  void operator()(const Connected& connected) {
    number(static_cast<unsigned>(Kind::connected), 1);
    number(connected.task, 4);
    number(connected.connection, 4);
    number(static_cast<std::uint32_t>(connected.error), 4);
    number(static_cast<std::uint32_t>(connected.round_trip.count()), 4);
  }
  void operator()(const Reading& reading) {
    number(static_cast<unsigned>(Kind::reading), 1);
    number(reading.task, 4);
  }
  void operator()(const Ping& ping) {
    number(static_cast<unsigned>(Kind::ping), 1);
    number(ping.number, 4);
  }
  void operator()(const Leave& leave) {
    number(static_cast<unsigned>(Kind::leave), 1);
    number(leave.task, 4);
  }
  void operator()(const Outcome& outcome) {
    number(static_cast<unsigned>(Kind::outcome), 1);
    number(outcome.task, 4);
    service(outcome.service);
    text(outcome.note);
    std::size_t room = kMostSentBytes;
    const std::size_t pieces = std::min(outcome.sent.size(), kMostSentPieces);
    number(pieces, 2);
    for (std::size_t i = 0; i < pieces; ++i) {
      text(outcome.sent[i], room);
      room -= std::min(room, outcome.sent[i].size());
    }
  }

  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void service(const Service& service) {
    text(service.name);
    number(static_cast<unsigned>(service.match), 1);
    for (const std::string* field : {&service.product, &service.version, &service.info,
                                     &service.hostname, &service.system, &service.device}) {
      text(*field);
    }
    flag(service.tls);
    const std::size_t keys = std::min(service.hostkeys.size(), kMostKeys);
    number(keys, 1);
    for (std::size_t i = 0; i < keys; ++i) {
      text(service.hostkeys[i].type);
      text(service.hostkeys[i].sha256);
    }
    text(service.certificate_sha256);
    text(service.public_key_sha256);
    const std::size_t programs = std::min(service.programs.size(), kMostPrograms);
    number(programs, 1);
    for (std::size_t i = 0; i < programs; ++i) {
      number(service.programs[i].number, 4);
      number(service.programs[i].lowest, 4);
      number(service.programs[i].highest, 4);
    }
    number(static_cast<unsigned>(service.answer), 1);
    number(static_cast<unsigned>(service.doubt), 1);
    text(service.banner, kMostBannerBytes);
  }

  std::vector<std::byte> bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : reader_(bytes) {}

  std::optional<Message> run() {
    auto message = [this]() -> std::optional<Message> {
      switch (static_cast<Kind>(reader_.u8())) {
        case Kind::task: return task();
        case Kind::connect_request: {
          const std::uint32_t id = reader_.u32();
          return ConnectRequest{.task = id, .connection = reader_.u32()};
        }
        case Kind::connected: return connected();
        case Kind::reading: return Reading{.task = reader_.u32()};
        case Kind::outcome: return outcome();
        case Kind::ping: return Ping{.number = reader_.u32()};
        case Kind::leave: return Leave{.task = reader_.u32()};
      }
      return {};
    }();
    if (!reader_.ok() || !ok_ || !reader_.rest().empty()) return {};
    return message;
  }

 private:
  bool flag() { return limited(1) == 1; }
  /// A byte of at most `most`.
  unsigned limited(unsigned most) {
    const unsigned value = reader_.u8();
    ok_ = ok_ && value <= most;
    return value;
  }
  std::string text(std::size_t most = kMostTextBytes) {
    const std::size_t size = reader_.u16();
    ok_ = ok_ && size <= most;
    const net::Bytes bytes = reader_.take(ok_ ? size : 0);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// Of what is shown to people and compared: printable ASCII alone.
  std::string printable() {
    std::string result = text();
    ok_ = ok_ && std::ranges::all_of(result, [](char c) { return c >= ' ' && c <= '~'; });
    return result;
  }

  Task task() {
    Task task;
    task.id = reader_.u32();
    task.protocol = static_cast<Protocol>(limited(1));
    task.port = reader_.u16();
    task.expected = text();
    task.expects_tls = flag();
    task.may_probe = flag();
    task.wants_keys = flag();
    task.checks_twice = flag();
    const unsigned programs = limited(kMostPrograms);
    for (unsigned i = 0; ok_ && i < programs; ++i) task.programs.push_back(reader_.u32());
    return task;
  }

  Connected connected() {
    Connected result;
    result.task = reader_.u32();
    result.connection = reader_.u32();
    result.error = static_cast<std::int32_t>(reader_.u32());
    result.round_trip = std::chrono::microseconds(reader_.u32());
    return result;
  }

  Outcome outcome() {
    Outcome outcome;
    outcome.task = reader_.u32();
    outcome.service = service();
    outcome.note = printable();
    const std::size_t pieces = reader_.u16();
    ok_ = ok_ && pieces <= kMostSentPieces;
    std::size_t room = kMostSentBytes;
    for (std::size_t i = 0; ok_ && i < pieces; ++i) {
      outcome.sent.push_back(text(room));
      room -= std::min(room, outcome.sent.back().size());
    }
    return outcome;
  }

  Service service() {
    Service service;
    service.name = printable();
    service.match = static_cast<ServiceMatch>(limited(static_cast<unsigned>(ServiceMatch::hard)));
    for (std::string* field : {&service.product, &service.version, &service.info, &service.hostname,
                               &service.system, &service.device}) {
      *field = printable();
    }
    service.tls = flag();
    const unsigned keys = limited(kMostKeys);
    for (unsigned i = 0; ok_ && i < keys; ++i) {
      ServiceKey& key = service.hostkeys.emplace_back();
      key.type = printable();
      key.sha256 = printable();
    }
    service.certificate_sha256 = printable();
    service.public_key_sha256 = printable();
    service.programs = programs();
    service.answer =
        static_cast<ServiceAnswer>(limited(static_cast<unsigned>(ServiceAnswer::lost)));
    service.doubt =
        static_cast<ServiceDoubt>(limited(static_cast<unsigned>(ServiceDoubt::two_answers)));
    service.banner = text(kMostBannerBytes);
    return service;
  }

  /// Each number once, ascending, and its versions in order.
  std::vector<RpcProgram> programs() {
    std::vector<RpcProgram> programs;
    const unsigned count = limited(kMostPrograms);
    for (unsigned i = 0; ok_ && i < count; ++i) {
      RpcProgram program;
      program.number = reader_.u32();
      program.lowest = reader_.u32();
      program.highest = reader_.u32();
      ok_ = program.lowest <= program.highest &&
            (programs.empty() || programs.back().number < program.number);
      programs.push_back(program);
    }
    return programs;
  }

  net::Reader reader_;
  bool ok_ = true;
};

}  // namespace

std::vector<std::byte> encode(const Message& message) {
  Encoder encoder;
  std::visit(encoder, message);
  return encoder.take();
}

std::optional<Message> decode(std::span<const std::byte> bytes) {
  return Decoder(bytes).run();
}

}  // namespace lockstep::dialogue
