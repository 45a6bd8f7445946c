#include "collectors/pcp/pcp_messages.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

#include "net/bytes.h"

namespace lockstep::pcp {
namespace {

enum class Kind : std::uint8_t { settings = 1, open, ask, values, done, close, ping };
enum class ValueKind : std::uint8_t { number = 1, text };

class Encoder {
 public:
  void operator()(const Settings& settings) {
    begin(Kind::settings);
    number(settings.most_instances, 2);
    const std::size_t count = std::min(settings.metrics.size(), kMostMetrics);
    number(count, 2);
    for (std::size_t i = 0; i < count; ++i) text(settings.metrics[i], kMostMetricBytes);
  }
  void operator()(const Open& open) { about(Kind::open, open.connection); }
  void operator()(const Ask& ask) {
    about(Kind::ask, ask.connection);
    number(static_cast<std::uint32_t>(ask.patience.count()), 4);
  }
  void operator()(const Values& values) {
    about(Kind::values, values.connection);
    const std::size_t count = std::min(values.values.size(), kMostValuesAMessage);
    number(count, 1);
    for (std::size_t i = 0; i < count; ++i) measured(values.values[i]);
  }
  void operator()(const Done& done) {
    about(Kind::done, done.connection);
    text(done.problem, kMostProblemBytes);
  }
  void operator()(const Close& close) { about(Kind::close, close.connection); }
  void operator()(const Ping&) { begin(Kind::ping); }

  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void begin(Kind kind) { number(static_cast<unsigned>(kind), 1); }
  void about(Kind kind, std::uint32_t connection) {
    begin(kind);
    number(connection, 4);
  }
  void number(std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
  }
  void text(std::string_view text, std::size_t most) {
    text = text.substr(0, most);
    number(text.size(), 2);
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), first, first + text.size());
  }
  void measured(const Measured& measured) {
    text(measured.name, kMaxValueNameBytes);
    text(measured.unit, kMostUnitBytes);
    if (const double* const value = std::get_if<double>(&measured.value)) {
      number(static_cast<unsigned>(ValueKind::number), 1);
      number(std::bit_cast<std::uint64_t>(*value), 8);
    } else {
      number(static_cast<unsigned>(ValueKind::text), 1);
      text(std::get<std::string>(measured.value), kMaxValueTextBytes);
    }
  }

  std::vector<std::byte> bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : reader_(bytes) {}

  std::optional<Message> run() {
    auto message = [this]() -> std::optional<Message> {
      switch (static_cast<Kind>(reader_.u8())) {
        case Kind::settings: return settings();
        case Kind::open: return Open{.connection = reader_.u32()};
        case Kind::ask: {
          const std::uint32_t connection = reader_.u32();
          return Ask{.connection = connection,
                     .patience = std::chrono::milliseconds(reader_.u32())};
        }
        case Kind::values: return values();
        case Kind::done: {
          const std::uint32_t connection = reader_.u32();
          return Done{.connection = connection, .problem = text(kMostProblemBytes)};
        }
        case Kind::close: return Close{.connection = reader_.u32()};
        case Kind::ping: return Ping{};
      }
      return {};
    }();
    if (!reader_.ok() || !ok_ || !reader_.rest().empty()) return {};
    return message;
  }

 private:
  Settings settings() {
    Settings settings;
    settings.most_instances = reader_.u16();
    const std::size_t count = reader_.u16();
    ok_ = ok_ && count <= kMostMetrics;
    for (std::size_t i = 0; i < count && fine(); ++i) {
      settings.metrics.push_back(text(kMostMetricBytes));
      ok_ = ok_ && is_metric_name(settings.metrics.back());
    }
    return settings;
  }
  Values values() {
    Values values;
    values.connection = reader_.u32();
    const std::size_t count = reader_.u8();
    ok_ = ok_ && count <= kMostValuesAMessage;
    for (std::size_t i = 0; i < count && fine(); ++i) {
      Measured measured;
      measured.name = text(kMaxValueNameBytes);
      measured.unit = text(kMostUnitBytes);
      switch (static_cast<ValueKind>(reader_.u8())) {
        case ValueKind::number: {
          const std::uint64_t high = reader_.u32();
          const double value = std::bit_cast<double>(high << 32 | reader_.u32());
          ok_ = ok_ && std::isfinite(value);
          measured.value = value;
          break;
        }
        case ValueKind::text: measured.value = text(kMaxValueTextBytes); break;
        default: ok_ = false;
      }
      values.values.push_back(std::move(measured));
    }
    return values;
  }
  std::string text(std::size_t most) {
    const std::size_t size = reader_.u16();
    ok_ = ok_ && size <= most;
    const auto bytes = reader_.take(size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  bool fine() const { return ok_ && reader_.ok(); }

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
  if (bytes.size() > kMostMessageBytes) return {};
  return Decoder(bytes).run();
}

}  // namespace lockstep::pcp
