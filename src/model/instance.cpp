#include "model/instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "base/text.h"
#include "model/duration.h"

namespace lockstep {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kLeastInterval(10);
constexpr seconds kMostInterval = std::chrono::days(90);
constexpr seconds kMostOverdue = std::chrono::days(365);
constexpr std::string_view kCollectors[] = {"exec", "pcp", "ports", "services"};

std::unexpected<Error> wrong(std::string_view text, std::string_view remedy) {
  return fail(ErrorKind::invalid, fmt::format("{} will not do: {}", quoted(text), remedy));
}

Result<void> read_collector(const std::string& text, Instance& instance) {
  if (std::ranges::find(kCollectors, text) == std::end(kCollectors)) {
    const std::string_view likely = nearest(text, kCollectors);
    return wrong(text, likely.empty() ? "write ports, services, exec or pcp"
                                      : fmt::format("did you mean {}?", likely));
  }
  instance.collector = text;
  return {};
}

Result<void> read_interval(const std::string& text, Instance& instance) {
  LOCKSTEP_TRY(instance.interval, parse_duration(text, kMostInterval));
  if (instance.interval < kLeastInterval) return wrong(text, "10s at least");
  return {};
}

Result<void> read_overdue(const std::string& text, Instance& instance) {
  LOCKSTEP_TRY(instance.overdue, parse_duration(text, kMostOverdue));
  return {};
}

Result<void> read_busy(const std::string& text, Instance& instance) {
  if (text == "leave") {
    instance.busy = BusyNodes::leave;
  } else if (text == "overdue") {
    instance.busy = BusyNodes::overdue;
  } else if (text == "scan") {
    instance.busy = BusyNodes::scan;
  } else {
    return wrong(text, "write leave, overdue or scan");
  }
  return {};
}

Result<void> read_mode(const std::string& text, Instance& instance) {
  if (text != "sweep" && text != "rotate") return wrong(text, "write sweep or rotate");
  instance.mode = text == "rotate" ? InstanceMode::rotate : InstanceMode::sweep;
  return {};
}

std::optional<int> number_of(std::string_view text) {
  int value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || rest != text.data() + text.size()) return {};
  return value;
}

/// "22:30"
std::optional<minutes> time_of_day(std::string_view text) {
  constexpr int kHours = 24;
  constexpr int kMinutes = 60;
  if (text.size() != 5 || text[2] != ':') return {};
  const auto hour = number_of(text.substr(0, 2));
  const auto minute = number_of(text.substr(3));
  if (!hour || !minute || *hour < 0 || *hour >= kHours || *minute < 0 || *minute >= kMinutes) {
    return {};
  }
  return std::chrono::hours(*hour) + minutes(*minute);
}

Result<void> read_window(const std::string& text, Instance& instance) {
  if (text == "always") {
    instance.window.reset();
    return {};
  }
  const std::size_t dash = text.find('-');
  const std::string_view whole(text);
  const auto begin = time_of_day(trimmed(whole.substr(0, dash)));
  const auto end =
      dash == std::string::npos ? std::nullopt : time_of_day(trimmed(whole.substr(dash + 1)));
  if (!begin || !end || begin == end) return wrong(text, "write it as 22:00-06:00, or always");
  instance.window = DayWindow{*begin, *end};
  return {};
}

Result<std::optional<PacketsPerSecond>> rate_of(const std::string& text) {
  if (text == "default") return std::optional<PacketsPerSecond>();
  if (text == "unlimited") return std::optional(PacketsPerSecond::unlimited());
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr double kLeast = 0.01;
  constexpr double kMost = 100e6;
  const bool whole = error == std::errc() && rest == text.data() + text.size();
  if (!whole || !(value >= kLeast && value <= kMost)) {
    return wrong(text, "write packets a second, unlimited or default");
  }
  return std::optional(PacketsPerSecond(value));
}

Result<void> read_priority(const std::string& text, Instance& instance) {
  constexpr int kMost = 9;
  const auto value = number_of(text);
  if (!value || *value < 1 || *value > kMost) return wrong(text, "write 1 to 9");
  instance.priority = *value;
  return {};
}

Result<void> read_enabled(const std::string& text, Instance& instance) {
  if (text != "yes" && text != "no") return wrong(text, "write yes or no");
  instance.enabled = text == "yes";
  return {};
}

struct Key {
  std::string_view name;
  Result<void> (*read)(const std::string& text, Instance& instance);
};

constexpr Key kKeys[] = {
    {"collector", read_collector},
    {"nodes",
     [](const std::string& text, Instance& instance) -> Result<void> {
       instance.nodes = text;
       return {};
     }},
    {"interval", read_interval},
    {"overdue", read_overdue},
    {"busy", read_busy},
    {"mode", read_mode},
    {"window", read_window},
    {"rate",
     [](const std::string& text, Instance& instance) -> Result<void> {
       LOCKSTEP_TRY(instance.rate, rate_of(text));
       return {};
     }},
    {"node_rate",
     [](const std::string& text, Instance& instance) -> Result<void> {
       LOCKSTEP_TRY(instance.node_rate, rate_of(text));
       return {};
     }},
    {"priority", read_priority},
    {"enabled", read_enabled},
};

bool is_name(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !name.empty() && name.size() <= kMaxInstanceNameBytes &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string to_text(const std::optional<PacketsPerSecond>& rate) {
  if (!rate) return "default";
  return rate->is_unlimited() ? "unlimited" : fmt::format("{}", rate->value());
}

std::string to_text(BusyNodes busy) {
  switch (busy) {
    case BusyNodes::leave: return "leave";
    case BusyNodes::overdue: return "overdue";
    case BusyNodes::scan: break;
  }
  return "scan";
}

std::string to_text(const DayWindow& window) {
  const auto text = [](minutes time) {
    return fmt::format("{:02}:{:02}", time / std::chrono::hours(1),
                       (time % std::chrono::hours(1)).count());
  };
  return fmt::format("{}-{}", text(window.begin), text(window.end));
}

}  // namespace

bool DayWindow::contains(minutes of_day) const {
  if (begin <= end) return begin <= of_day && of_day < end;
  return of_day >= begin || of_day < end;
}

seconds Instance::overdue_after() const {
  constexpr int kIntervals = 7;
  if (overdue.count() > 0) return overdue;
  const seconds usual =
      interval <= std::chrono::hours(1) ? std::chrono::days(1) : std::chrono::days(kIntervals);
  return std::max(usual, kIntervals * interval);
}

Result<Instance> parse_instance(const std::string& name, const InstanceSettings& settings) {
  if (!is_name(name)) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is no name of an instance: letters, digits, '-', '_', '.', at most "
                            "{} of them",
                            quoted(name), kMaxInstanceNameBytes));
  }
  Instance instance;
  instance.name = name;
  for (const auto& [key, text] : settings) {
    const Key* const known = std::ranges::find(kKeys, key, &Key::name);
    if (known == std::end(kKeys)) {
      instance.parameters.emplace(key, text);
    } else if (const auto read = known->read(text, instance); !read) {
      return std::unexpected(read.error().within(key));
    }
  }
  if (instance.collector.empty()) {
    return fail(ErrorKind::invalid, "collector is missing: ports, services, exec or pcp");
  }
  constexpr std::chrono::hours kUsualRound(1);
  if (instance.mode == InstanceMode::rotate && !settings.contains("interval")) {
    instance.interval = kUsualRound;
  }
  if (instance.mode == InstanceMode::rotate && instance.collector != "ports") {
    return fail(ErrorKind::invalid, "mode: only instances of ports rotate");
  }
  return instance;
}

InstanceSettings settings_of(const Instance& instance) {
  const Instance usual;
  InstanceSettings settings = instance.parameters;
  settings["collector"] = instance.collector;
  settings["interval"] = to_text(instance.interval);
  if (!instance.nodes.empty()) settings["nodes"] = instance.nodes;
  if (instance.overdue.count() > 0) settings["overdue"] = to_text(instance.overdue);
  if (instance.busy != usual.busy) settings["busy"] = to_text(instance.busy);
  if (instance.mode != usual.mode) settings["mode"] = "rotate";
  if (instance.window) settings["window"] = to_text(*instance.window);
  if (instance.rate) settings["rate"] = to_text(instance.rate);
  if (instance.node_rate) settings["node_rate"] = to_text(instance.node_rate);
  if (instance.priority != usual.priority) settings["priority"] = std::to_string(instance.priority);
  if (!instance.enabled) settings["enabled"] = "no";
  return settings;
}

std::string to_text(const InstanceSettings& settings) {
  std::string text;
  for (const auto& [key, value] : settings) text += fmt::format("{} = {}\n", key, value);
  return text;
}

Result<InstanceSettings> parse_settings(std::string_view text) {
  InstanceSettings settings;
  for (const std::string_view line : split(text, '\n')) {
    if (trimmed(line).empty()) continue;
    const std::size_t sign = line.find('=');
    if (sign == std::string_view::npos) {
      return fail(ErrorKind::invalid, fmt::format("{} has no '='", quoted(line)));
    }
    settings[std::string(trimmed(line.substr(0, sign)))] = trimmed(line.substr(sign + 1));
  }
  return settings;
}

}  // namespace lockstep
