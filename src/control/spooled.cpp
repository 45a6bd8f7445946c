#include "control/spooled.h"

#include <fmt/format.h>

#include <concepts>
#include <cstdlib>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>

namespace lockstep::control {
namespace {

/// Another layout has another one: nobody reads what it does not mean.
constexpr std::string_view kSweep = "sweep1";
constexpr std::string_view kRound = "round1";
constexpr std::uint64_t kLastPort = 65'535;

template <typename T, typename Wanted>
concept Is = std::same_as<std::remove_const_t<T>, Wanted>;

template <typename T>
concept Plain = std::is_integral_v<T> || std::is_enum_v<T>;

class Writer {
 public:
  template <typename... T>
  void operator()(const T&... each) {
    (one(each), ...);
  }
  void raw(std::string_view text) { bytes_ += text; }
  std::string take() { return std::move(bytes_); }

 private:
  void number(std::uint64_t value) {
    // Most are small: seven bits a byte, the last one without the highest.
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }

  /// First and last of each run of ports.
  void runs(const std::vector<Port>& ports) {
    std::vector<std::uint64_t> bounds;
    for (const Port port : ports) {
      if (bounds.empty() || bounds.back() + 1 != port) {
        bounds.push_back(port);
        bounds.push_back(port);
      }
      bounds.back() = port;
    }
    one(bounds);
  }

  template <Plain T>
  void one(const T& value) {
    number(static_cast<std::uint64_t>(value));
  }
  void one(const std::string& text) {
    number(text.size());
    bytes_ += text;
  }
  void one(double value) { one(fmt::format("{:a}", value)); }
  void one(const IpAddress& address) { one(address.to_string()); }
  void one(const PortSets& ports) {
    for (const Protocol protocol : kProtocols) runs(ports.of(protocol).to_vector());
  }
  template <typename Rep, typename Period>
  void one(const std::chrono::duration<Rep, Period>& time) {
    number(static_cast<std::uint64_t>(time.count()));
  }
  template <typename Clock, typename Duration>
  void one(const std::chrono::time_point<Clock, Duration>& time) {
    one(time.time_since_epoch());
  }
  template <typename T>
  void one(const std::optional<T>& value) {
    number(value ? 1 : 0);
    if (value) one(*value);
  }
  template <typename T>
  void one(const std::vector<T>& values) {
    number(values.size());
    for (const T& each : values) one(each);
  }
  template <typename T>
  void one(const std::set<T>& values) {
    number(values.size());
    for (const T& each : values) one(each);
  }
  template <typename K, typename V>
  void one(const std::map<K, V>& values) {
    number(values.size());
    for (const auto& [key, value] : values) (*this)(key, value);
  }
  void one(const Value& value) {
    number(value.index());
    std::visit([this](const auto& each) { one(each); }, value);
  }
  template <typename T>
  requires std::is_class_v<T>
  void one(const T& value) { fields(*this, value); }

  std::string bytes_;
};

/// What is wrong leaves it not good, and every value from then on is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <typename... T>
  void operator()(T&... each) {
    (one(each), ...);
  }
  bool good() const { return good_ && rest_.empty(); }

 private:
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return give_up();
  }
  std::uint64_t give_up() {
    good_ = false;
    rest_ = {};
    return 0;
  }
  /// Of things of which each takes a byte at least.
  std::uint64_t count() {
    const std::uint64_t value = number();
    return value <= rest_.size() ? value : give_up();
  }
  std::string text() {
    const std::uint64_t size = count();
    std::string result(rest_.substr(0, size));
    rest_.remove_prefix(result.size());
    return result;
  }

  template <Plain T>
  void one(T& value) {
    value = static_cast<T>(number());
  }
  void one(bool& value) { value = number() != 0; }
  void one(std::string& value) { value = text(); }
  void one(double& value) {
    const std::string said = text();
    char* end = nullptr;
    value = std::strtod(said.c_str(), &end);
    if (end == said.c_str()) give_up();
  }
  void one(IpAddress& address) {
    const auto parsed = IpAddress::parse(text());
    if (parsed) {
      address = *parsed;
    } else {
      give_up();
    }
  }
  void one(PortSets& ports) {
    for (const Protocol protocol : kProtocols) {
      std::vector<std::uint64_t> bounds;
      one(bounds);
      for (std::size_t i = 0; i + 1 < bounds.size(); i += 2) {
        if (bounds[i] > bounds[i + 1] || bounds[i + 1] > kLastPort) {
          give_up();
          return;
        }
        ports.of(protocol).insert_range(static_cast<Port>(bounds[i]),
                                        static_cast<Port>(bounds[i + 1]));
      }
    }
  }
  template <typename Rep, typename Period>
  void one(std::chrono::duration<Rep, Period>& time) {
    time = std::chrono::duration<Rep, Period>(static_cast<Rep>(number()));
  }
  template <typename Clock, typename Duration>
  void one(std::chrono::time_point<Clock, Duration>& time) {
    Duration since{};
    one(since);
    time = std::chrono::time_point<Clock, Duration>(since);
  }
  template <typename T>
  void one(std::optional<T>& value) {
    if (number() != 0) one(value.emplace());
  }
  template <typename T>
  void one(std::vector<T>& values) {
    const std::uint64_t size = count();
    for (std::uint64_t i = 0; i < size && good_; ++i) one(values.emplace_back());
  }
  template <typename T>
  void one(std::set<T>& values) {
    const std::uint64_t size = count();
    for (std::uint64_t i = 0; i < size && good_; ++i) {
      T value{};
      one(value);
      values.insert(std::move(value));
    }
  }
  template <typename K, typename V>
  void one(std::map<K, V>& values) {
    const std::uint64_t size = count();
    for (std::uint64_t i = 0; i < size && good_; ++i) {
      K key{};
      V value{};
      (*this)(key, value);
      values.emplace(std::move(key), std::move(value));
    }
  }
  void one(Value& value) {
    if (number() == 0) {
      double read = 0;
      one(read);
      value = read;
    } else {
      value = text();
    }
  }
  template <typename T>
  requires std::is_class_v<T>
  void one(T& value) { fields(*this, value); }

  std::string_view rest_;
  bool good_ = true;
};

// --- The fields of each, for both ways; in the order of their declaration. ---

template <typename Archive, Is<PortObservation> T>
void fields(Archive& archive, T& each) {
  archive(each.node, each.address, each.network, each.protocol, each.port, each.state,
          each.evidence);
}

template <typename Archive, Is<StackReply> T>
void fields(Archive& archive, T& each) {
  archive(each.port, each.ttl, each.window, each.first_option, each.segment_size);
}

template <typename Archive, Is<StackSignature> T>
void fields(Archive& archive, T& each) {
  archive(each.syn_ack, each.rst);
}

template <typename Archive, Is<Coverage> T>
void fields(Archive& archive, T& each) {
  archive(each.node, each.address, each.network, each.protocol, each.wanted, each.asked,
          each.answered, each.unanswered, each.open, each.closed, each.passes, each.gap, each.note,
          each.stack);
}

template <typename Archive, Is<ServiceKey> T>
void fields(Archive& archive, T& each) {
  archive(each.type, each.sha256);
}

template <typename Archive, Is<RpcProgram> T>
void fields(Archive& archive, T& each) {
  archive(each.number, each.lowest, each.highest);
}

template <typename Archive, Is<Service> T>
void fields(Archive& archive, T& each) {
  archive(each.name, each.match, each.product, each.version, each.info, each.hostname, each.system,
          each.device, each.tls, each.hostkeys, each.certificate_sha256, each.public_key_sha256,
          each.programs, each.banner, each.answer, each.doubt);
}

template <typename Archive, Is<ServiceObservation> T>
void fields(Archive& archive, T& each) {
  archive(each.node, each.address, each.network, each.protocol, each.port, each.service, each.note);
}

template <typename Archive, Is<CollectSummary> T>
void fields(Archive& archive, T& each) {
  archive(each.method, each.probes_sent, each.duration, each.interrupted, each.problem,
          each.resumed, each.not_resumable);
}

template <typename Archive, Is<SweepRecord> T>
void fields(Archive& archive, T& each) {
  archive(each.started, each.summary, each.identified_in, each.observations, each.services,
          each.coverage);
}

template <typename Archive, Is<SchedulerJob> T>
void fields(Archive& archive, T& each) {
  archive(each.id, each.user);
}

template <typename Archive, Is<NodeSchedule> T>
void fields(Archive& archive, T& each) {
  archive(each.node, each.state, each.responding, each.jobs, each.partitions, each.features,
          each.reason, each.since, each.stranger);
}

template <typename Archive, Is<TellableServices> T>
void fields(Archive& archive, T& each) {
  archive(each.names, each.products);
}

template <typename Archive, Is<ValueObservation> T>
void fields(Archive& archive, T& each) {
  archive(each.node, each.instance, each.name, each.value, each.unit);
}

template <typename Archive, Is<ReportedLook> T>
void fields(Archive& archive, T& each) {
  archive(each.node, each.instance, each.network, each.address, each.tcp, each.udp, each.looked);
}

template <typename Archive, Is<SpooledSweep> T>
void fields(Archive& archive, T& each) {
  archive(each.sweep, each.run, each.started, each.ended, each.nodes, each.ports, each.owner,
          each.host, each.record, each.transient, each.excused, each.has_scheduler, each.answers,
          each.asked_services, each.tellable);
}

template <typename Archive, Is<SpooledRound> T>
void fields(Archive& archive, T& each) {
  archive(each.instance, each.ended, each.compares_by_default, each.counts_for, each.coverage,
          each.values, each.ports, each.says_ports, each.looks, each.has_scheduler, each.answers);
}

template <typename T>
std::string write(std::string_view kind, const T& value) {
  Writer writer;
  writer.raw(kind);
  writer(value);
  return writer.take();
}

template <typename T>
Result<Spooled> read(std::string_view bytes) {
  T value;
  Reader reader(bytes);  // NOLINT(misc-const-correctness): reading moves it on
  reader(value);
  if (!reader.good()) return fail(ErrorKind::corrupt, "a record of the spool makes no sense");
  return Spooled(std::move(value));
}

}  // namespace

std::string to_bytes(const SpooledSweep& sweep) {
  return write(kSweep, sweep);
}

std::string to_bytes(const SpooledRound& round) {
  return write(kRound, round);
}

Result<Spooled> read_spooled(std::string_view bytes) {
  if (bytes.starts_with(kSweep)) return read<SpooledSweep>(bytes.substr(kSweep.size()));
  if (bytes.starts_with(kRound)) return read<SpooledRound>(bytes.substr(kRound.size()));
  return fail(ErrorKind::corrupt, "a record of the spool is of another version of Lockstep");
}

}  // namespace lockstep::control
