#include "plugin_host/messages.h"

#include <algorithm>
#include <chrono>

#include "net/bytes.h"

namespace lockstep::plugin_host {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// Another version of the layout is no order.
constexpr std::uint8_t kOrder = 0xc1;
constexpr std::uint8_t kPiece = 'p';
constexpr std::uint8_t kStop = 's';
constexpr std::uint8_t kOutcome = 'd';
constexpr std::uint8_t kFailure = 'e';

constexpr milliseconds kLongestTime = std::chrono::hours(24);
constexpr milliseconds kLongestGrace = std::chrono::minutes(1);
constexpr std::uint64_t kMostOutputBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMostMemoryBytes = std::uint64_t{1} << 44;
constexpr std::uint64_t kMostProcesses = 1 << 16;
constexpr std::uint64_t kMostFiles = 1 << 20;

class Writer {
 public:
  explicit Writer(std::uint8_t kind) { number(kind, 1); }

  Writer& number(std::uint64_t value, int bytes = 8) {
    for (int i = bytes - 1; i >= 0; --i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }
  Writer& rest(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

class Reader {
 public:
  explicit Reader(net::Bytes bytes) : reader_(bytes) {}

  /// 0 where it is beyond `most`; then all is wrong.
  std::uint64_t number(std::uint64_t most, int bytes = 8) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | reader_.u8();
    if (value <= most) return value;
    good_ = false;
    return 0;
  }
  milliseconds time(milliseconds most) {
    return milliseconds(number(static_cast<std::uint64_t>(most.count())));
  }
  std::string text(std::size_t size) {
    const std::string_view taken = view_of(reader_.take(size));
    if (taken.contains('\0')) good_ = false;
    return std::string(taken);
  }
  std::string_view rest(std::size_t most) {
    const std::size_t size = reader_.rest().size();
    if (size > most) good_ = false;
    return view_of(reader_.take(size));
  }
  bool good() const { return good_ && reader_.ok() && reader_.rest().empty(); }

 private:
  static std::string_view view_of(net::Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  net::Reader reader_;
  bool good_ = true;
};

std::unexpected<Error> no_message() {
  return fail(ErrorKind::corrupt, "what came from the other side is no message");
}

Result<Order> read_order(Reader& reader) {
  Order order;
  GuardLimits& limits = order.limits;
  limits.time = reader.time(kLongestTime);
  limits.grace = reader.time(kLongestGrace);
  limits.output_bytes = reader.number(kMostOutputBytes);
  limits.memory_bytes = reader.number(kMostMemoryBytes);
  limits.processes = reader.number(kMostProcesses);
  limits.open_files = static_cast<unsigned>(reader.number(kMostFiles));
  order.input_bytes = reader.number(kMostInputBytes);
  const std::uint64_t count = reader.number(kMostWords, 2);
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < count && bytes <= kMostWordBytes; ++i) {
    order.words.push_back(reader.text(reader.number(kMostWordBytes, 2)));
    bytes += order.words.back().size();
  }
  if (!reader.good() || order.words.empty() || bytes > kMostWordBytes) return no_message();
  return order;
}

std::vector<std::byte> write_order(const Order& order) {
  const GuardLimits& limits = order.limits;
  Writer writer(kOrder);
  writer.number(static_cast<std::uint64_t>(limits.time.count()))
      .number(static_cast<std::uint64_t>(limits.grace.count()))
      .number(limits.output_bytes)
      .number(limits.memory_bytes)
      .number(limits.processes)
      .number(limits.open_files)
      .number(order.input_bytes)
      .number(order.words.size(), 2);
  for (const std::string& word : order.words) writer.number(word.size(), 2).rest(word);
  return writer.take();
}

/// Every bound that an order has is checked by reading it.
Result<std::vector<std::byte>> write_checked(const Order& order) {
  std::size_t bytes = 0;
  for (const std::string& word : order.words) bytes += word.size();
  const bool fits = order.words.size() <= kMostWords && bytes <= kMostWordBytes;
  if (fits) {
    std::vector<std::byte> written = write_order(order);
    if (read_to_host(written)) return written;
  }
  return fail(ErrorKind::invalid,
              "the command, its input or its limits are larger than a plug-in host takes");
}

std::vector<std::byte> write_outcome(const GuardedOutcome& outcome) {
  const std::string_view complaint = outcome.complaint;
  return Writer(kOutcome)
      .number(static_cast<std::uint64_t>(outcome.end), 1)
      .number(static_cast<std::uint64_t>(outcome.status), 2)
      .number(outcome.ended_on_term ? 1 : 0, 1)
      .number(outcome.something_stays ? 1 : 0, 1)
      .number(std::min<std::uint64_t>(outcome.left_behind, kMostProcesses))
      .rest(complaint.substr(complaint.size() - std::min(complaint.size(), kMostComplaintBytes)))
      .take();
}

Result<ToCore> read_outcome(Reader& reader) {
  GuardedOutcome outcome;
  outcome.end =
      static_cast<GuardedEnd>(reader.number(static_cast<std::uint64_t>(GuardedEnd::refused), 1));
  constexpr std::uint64_t kMostStatus = 255;
  outcome.status = static_cast<int>(reader.number(kMostStatus, 2));
  outcome.ended_on_term = reader.number(1, 1) != 0;
  outcome.something_stays = reader.number(1, 1) != 0;
  outcome.left_behind = reader.number(kMostProcesses);
  outcome.complaint = reader.rest(kMostComplaintBytes);
  if (!reader.good()) return no_message();
  return outcome;
}

Result<ToCore> read_failure(Reader& reader) {
  Failure failure;
  failure.kind =
      static_cast<ErrorKind>(reader.number(static_cast<std::uint64_t>(ErrorKind::unsupported), 1));
  failure.message = reader.rest(kMostErrorBytes);
  if (!reader.good()) return no_message();
  return failure;
}

template <typename Message>
Result<Message> read_piece(Reader& reader) {
  const Piece piece{reader.rest(kMostPieceBytes)};
  if (!reader.good() || piece.bytes.empty()) return no_message();
  return piece;
}

}  // namespace

Result<std::vector<std::byte>> write(const ToHost& message) {
  if (const auto* const order = std::get_if<Order>(&message)) return write_checked(*order);
  if (const auto* const piece = std::get_if<Piece>(&message)) {
    return Writer(kPiece).rest(piece->bytes.substr(0, kMostPieceBytes)).take();
  }
  return Writer(kStop).take();
}

std::vector<std::byte> write(const ToCore& message) {
  if (const auto* const piece = std::get_if<Piece>(&message)) {
    return Writer(kPiece).rest(piece->bytes.substr(0, kMostPieceBytes)).take();
  }
  if (const auto* const outcome = std::get_if<GuardedOutcome>(&message)) {
    return write_outcome(*outcome);
  }
  const Failure& failure = std::get<Failure>(message);
  return Writer(kFailure)
      .number(static_cast<std::uint64_t>(failure.kind), 1)
      .rest(std::string_view(failure.message).substr(0, kMostErrorBytes))
      .take();
}

Result<ToHost> read_to_host(std::span<const std::byte> packet) {
  Reader reader(packet);
  switch (reader.number(0xff, 1)) {
    case kOrder: return read_order(reader);
    case kPiece: return read_piece<ToHost>(reader);
    case kStop:
      if (reader.good()) return Stop{};
      break;
    default: break;
  }
  return no_message();
}

Result<ToCore> read_to_core(std::span<const std::byte> packet) {
  Reader reader(packet);
  switch (reader.number(0xff, 1)) {
    case kPiece: return read_piece<ToCore>(reader);
    case kOutcome: return read_outcome(reader);
    case kFailure: return read_failure(reader);
    default: break;
  }
  return no_message();
}

}  // namespace lockstep::plugin_host
