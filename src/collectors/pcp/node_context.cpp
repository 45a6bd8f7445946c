#include "collectors/pcp/node_context.h"

#include <fmt/format.h>
#include <pcp/pmapi.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string_view>

#include "collectors/pcp/borrowed_socket.h"
#include "collectors/pcp/pcp_values.h"

namespace lockstep::pcp {
namespace {

/// Of one round: a pmcd with 1,000 instances of each metric of ours stays below it.
constexpr std::size_t kMostBytesARound = std::size_t{2} << 20;
constexpr std::size_t kMostInstanceNameBytes = 256;

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};
struct FreeResult {
  void operator()(pmResult* result) const { pmFreeResult(result); }
};

Error pcp_error(int status, std::string_view doing) {
  std::array<char, PM_MAXERRMSGLEN> text{};
  pmErrStr_r(status, text.data(), static_cast<int>(text.size()));
  return Error(ErrorKind::unavailable, fmt::format("{}: {}", doing, text.data()));
}

/// libpcp shares the connection of contexts to one host: each of ours has a host of its own, which
/// nobody is asked about.
std::string host_name_of(std::uint32_t number) {
  return fmt::format("{}.{}.{}.{}", 10 + (number >> 24) % 100, (number >> 16) & 255,
                     (number >> 8) & 255, number & 255);
}

/// What is known of a metric that the node has.
struct Metric {
  std::size_t place = 0;  // in the settings
  pmID id = PM_ID_NULL;
  pmDesc desc{};
  bool counts = false;
  double scale = 1;  // of a rate
  std::string unit{};
};

bool is_number(int type) {
  return type == PM_TYPE_32 || type == PM_TYPE_U32 || type == PM_TYPE_64 || type == PM_TYPE_U64 ||
         type == PM_TYPE_FLOAT || type == PM_TYPE_DOUBLE;
}
bool is_real(int type) {
  return type == PM_TYPE_FLOAT || type == PM_TYPE_DOUBLE;
}

/// 0.7 for 0.7F, which is 0.699999988 as a double: of a load's two digits no more is true.
double widened(float value) {
  std::array<char, 64> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  double wide = value;
  if (error == std::errc()) std::from_chars(text.data(), end, wide);
  return wide;
}

/// Seconds in a unit of time of pmUnits.
double seconds_of(unsigned scale) {
  switch (scale) {
    case PM_TIME_NSEC: return 1e-9;
    case PM_TIME_USEC: return 1e-6;
    case PM_TIME_MSEC: return 1e-3;
    case PM_TIME_MIN: return 60;
    case PM_TIME_HOUR: return 3600;
    default: return 1;
  }
}

std::string text_of(const pmUnits& units) {
  std::array<char, 64> text{};
  pmUnitsStr_r(&units, text.data(), static_cast<int>(text.size()));
  return text.data();
}

Metric metric_of(std::size_t place, pmID id, const pmDesc& desc) {
  Metric metric{.place = place, .id = id, .desc = desc};
  metric.counts = desc.sem == PM_SEM_COUNTER && is_number(desc.type);
  pmUnits units = desc.units;
  if (metric.counts) {
    // Seconds of a processor in a second have no unit.
    if (units.dimTime != 0) metric.scale = seconds_of(units.scaleTime);
    units.dimTime = units.dimTime - 1;
    units.scaleTime = units.dimTime == 0 ? 0 : PM_TIME_SEC;
  }
  metric.unit = text_of(units);
  return metric;
}

}  // namespace

class NodeContext::State {
 public:
  State(UniqueFd connected, std::uint32_t number, const Settings& settings)
      : connected_(std::move(connected)), number_(number), settings_(settings) {}
  ~State() {
    if (context_ < 0) return;
    const Exchange none(-1, std::chrono::steady_clock::now(), 0);
    pmDestroyContext(context_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<std::vector<Measured>> measure(std::chrono::milliseconds patience) {
    const Exchange exchange(std::exchange(fresh_, false) ? connected_.get() : -1,
                            std::chrono::steady_clock::now() + patience, kMostBytesARound);
    auto measured = talk();
    // Which of them it was libpcp cannot know.
    if (!measured && exchange.had_wrong_length()) {
      return fail(ErrorKind::unavailable, "an answer of a length that none has");
    }
    if (!measured && exchange.was_late()) {
      return fail(ErrorKind::unavailable, "no whole answer in time");
    }
    if (!measured && exchange.had_too_much()) {
      return fail(ErrorKind::unavailable, "more bytes than a round may have");
    }
    return measured;
  }

 private:
  Result<std::vector<Measured>> talk() {
    if (context_ < 0) {
      LOCKSTEP_CHECK(open());
    } else if (const int used = pmUseContext(context_); used < 0) {
      return std::unexpected(pcp_error(used, "go on"));
    }
    if (ids_.empty()) return std::vector<Measured>();
    pmResult* fetched = nullptr;
    const int status = pmFetch(static_cast<int>(ids_.size()), ids_.data(), &fetched);
    if (status < 0) return std::unexpected(pcp_error(status, "fetch"));
    const std::unique_ptr<pmResult, FreeResult> result(fetched);
    if (result->numpmid != std::ssize(ids_)) {
      return fail(ErrorKind::unavailable, "an answer about other metrics than were asked for");
    }
    return values_of(*result);
  }

  Result<void> open() {
    const std::string host = host_name_of(number_);
    context_ = pmNewContext(PM_CONTEXT_HOST, host.c_str());
    if (context_ < 0) return std::unexpected(pcp_error(context_, "begin"));
    std::vector<const char*> names;
    for (const std::string& name : settings_.metrics) names.push_back(name.c_str());
    std::vector<pmID> ids(names.size(), PM_ID_NULL);
    if (names.empty()) return {};
    const int known = pmLookupName(static_cast<int>(names.size()), names.data(), ids.data());
    // Of one name alone that is not there it is an error.
    if (known < 0 && known != PM_ERR_NAME)
      return std::unexpected(pcp_error(known, "look up names"));
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      // Two names of one metric would be one value too many of each.
      if (ids[i] == PM_ID_NULL || std::ranges::find(ids_, ids[i]) != ids_.end()) continue;
      ids_.push_back(ids[i]);
      places.push_back(i);
    }
    if (ids_.empty()) return {};
    std::vector<pmDesc> descs(ids_.size());
    const int told = pmLookupDescs(static_cast<int>(ids_.size()), ids_.data(), descs.data());
    if (told < 0) return std::unexpected(pcp_error(told, "look up metrics"));
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      metrics_.push_back(metric_of(places[i], ids_[i], descs[i]));
    }
    return learn_instances();
  }

  /// The names of the instances of each domain of ours. Of more than we want, the first ones alone
  /// are fetched.
  Result<void> learn_instances() {
    std::set<pmInDom> domains;
    for (const Metric& metric : metrics_) {
      if (metric.desc.pmid == metric.id && metric.desc.indom != PM_INDOM_NULL) {
        domains.insert(metric.desc.indom);
      }
    }
    for (const pmInDom domain : domains) {
      int* numbers = nullptr;
      char** names = nullptr;
      const int count = pmGetInDom(domain, &numbers, &names);
      auto& known = instances_[domain];
      known.clear();
      if (count == PM_ERR_INDOM || count == 0) continue;
      if (count < 0) return std::unexpected(pcp_error(count, "look up instances"));
      const std::unique_ptr<int, FreeMemory> free_numbers(numbers);
      const std::unique_ptr<char*, FreeMemory> free_names(names);
      const int kept = std::min<int>(count, settings_.most_instances);
      for (int i = 0; i < kept; ++i) {
        known.emplace(numbers[i],
                      std::string(names[i], ::strnlen(names[i], kMostInstanceNameBytes)));
      }
      if (kept == count) continue;
      pmDelProfile(domain, 0, nullptr);
      pmAddProfile(domain, kept, numbers);
    }
    return {};
  }

  Result<std::vector<Measured>> values_of(const pmResult& result) {
    if (has_new_instances(result)) {
      LOCKSTEP_CHECK(learn_instances());
    }
    const double at = static_cast<double>(result.timestamp.tv_sec) +
                      static_cast<double>(result.timestamp.tv_usec) * 1e-6;
    std::vector<Measured> measured;
    std::set<std::string> names;
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      const pmValueSet* const set = result.vset[i];
      if (set == nullptr || set->pmid != metrics_[i].id) continue;
      int taken = 0;
      for (int j = 0; j < set->numval && taken < settings_.most_instances; ++j) {
        auto one = value_of(metrics_[i], set->valfmt, set->vlist[j], at);
        if (!one || !names.insert(one->name).second) continue;
        if (measured.size() >= kMaxValuesANode) break;
        measured.push_back(std::move(*one));
        ++taken;
      }
    }
    counters_.end_round();
    return measured;
  }

  bool has_new_instances(const pmResult& result) const {
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      const pmValueSet* const set = result.vset[i];
      const auto known = instances_.find(metrics_[i].desc.indom);
      if (set == nullptr || known == instances_.end()) continue;
      // A domain that is full is not looked at again because of what it leaves out.
      if (known->second.size() >= settings_.most_instances) continue;
      for (int j = 0; j < set->numval; ++j) {
        if (!known->second.contains(set->vlist[j].inst)) return true;
      }
    }
    return false;
  }

  std::optional<Measured> value_of(const Metric& metric, int format, const pmValue& value,
                                   double at) {
    Measured measured;
    std::string_view instance;
    if (metric.desc.indom != PM_INDOM_NULL) {
      const auto domain = instances_.find(metric.desc.indom);
      if (domain == instances_.end()) return {};
      const auto found = domain->second.find(value.inst);
      if (found == domain->second.end() || found->second.empty()) return {};
      instance = found->second;
    }
    measured.name = value_name(settings_.metrics[metric.place], instance);
    measured.unit = metric.unit;
    const int type = metric.desc.type;
    pmAtomValue atom{};
    if (type == PM_TYPE_STRING) {
      if (pmExtractValue(format, &value, type, &atom, PM_TYPE_STRING) < 0) return {};
      const std::unique_ptr<char, FreeMemory> text(atom.cp);
      measured.value = std::string(atom.cp, ::strnlen(atom.cp, kMaxValueTextBytes));
      return measured;
    }
    if (!is_number(type)) return {};
    const bool is_whole_counter = metric.counts && !is_real(type);
    const int wanted = is_whole_counter ? PM_TYPE_U64 : PM_TYPE_DOUBLE;
    if (pmExtractValue(format, &value, type, &atom, wanted) < 0) return {};
    if (!metric.counts) {
      if (!std::isfinite(atom.d)) return {};
      measured.value = type == PM_TYPE_FLOAT ? widened(static_cast<float>(atom.d)) : atom.d;
      return measured;
    }
    const auto rate = is_whole_counter
                          ? counters_.rate(metric.place, value.inst, std::uint64_t{atom.ull}, at)
                          : counters_.rate(metric.place, value.inst, atom.d, at);
    if (!rate) return {};
    measured.value = *rate * metric.scale;
    return measured;
  }

  UniqueFd connected_;  // closed when libpcp has forgotten it
  bool fresh_ = true;   // libpcp does not have it yet
  std::uint32_t number_;
  const Settings& settings_;
  int context_ = -1;
  std::vector<pmID> ids_;
  std::vector<Metric> metrics_;  // of each of the ids
  std::map<pmInDom, std::map<int, std::string>> instances_;
  CounterTable counters_;
};

NodeContext::NodeContext(UniqueFd connected, std::uint32_t number, const Settings& settings)
    : state_(std::make_unique<State>(std::move(connected), number, settings)) {}
NodeContext::~NodeContext() = default;

Result<std::vector<Measured>> NodeContext::measure(std::chrono::milliseconds patience) {
  return state_->measure(patience);
}

Result<void> warm_up() {
  // No metrics that somebody has derived, and no other way of a site than ours.
  for (const char* name : {"PCP_DEBUG", "PCP_SECURE_SOCKETS", "PMPROXY_HOST", "PMPROXY_PORT",
                           "PMCD_PORT", "PMCD_CONNECT_TIMEOUT", "PMCD_REQUEST_TIMEOUT",
                           "PMCD_RECONNECT_TIMEOUT", "PCP_CONF", "PCP_DIR"}) {
    ::unsetenv(name);
  }
  ::setenv("PCP_DERIVED_CONFIG", "", 1);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return std::unexpected(system_error(errno, "make a pair of sockets"));
  }
  const UniqueFd ours(ends[0]);
  const UniqueFd other(ends[1]);
  // What a pmcd says first: no error, version 2 of its protocol.
  constexpr unsigned char kFirst[] = {0, 0, 0, 20, 0, 0, 0x70, 0, 0, 0,
                                      0, 0, 0, 0,  0, 0, 2,    1, 0, 0};
  if (::send(other.get(), kFirst, sizeof kFirst, MSG_NOSIGNAL) != sizeof kFirst) {
    return std::unexpected(system_error(errno, "talk to ourselves"));
  }
  constexpr std::chrono::seconds kPatience(10);
  const Exchange exchange(ours.get(), std::chrono::steady_clock::now() + kPatience,
                          kMostBytesARound);
  const int context = pmNewContext(PM_CONTEXT_HOST, "10.0.0.0");
  if (context < 0) return std::unexpected(pcp_error(context, "libpcp does not work here"));
  pmDestroyContext(context);
  // A text of an error, of the system too, and of a unit.
  [[maybe_unused]] const Error error = pcp_error(-ECONNRESET, "try");
  [[maybe_unused]] const std::string unit = text_of(pmUnits{});
  return {};
}

}  // namespace lockstep::pcp
