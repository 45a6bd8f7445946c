#include "app/pcp.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/text.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

constexpr milliseconds kLeastTimeout(100);
constexpr milliseconds kMostTimeout(60000);

Result<std::vector<std::string>> parse_metrics(std::string_view text) {
  std::vector<std::string> metrics;
  std::string spaced(text);
  std::ranges::replace(spaced, ',', ' ');
  for (const std::string_view name : split(spaced, ' ')) {
    if (name.empty()) continue;
    if (name == "default") {
      const auto& all = pcp::default_metrics();
      metrics.insert(metrics.end(), all.begin(), all.end());
    } else if (pcp::is_metric_name(name)) {
      metrics.emplace_back(name);
    } else {
      return fail(ErrorKind::invalid,
                  fmt::format("metrics: {} is no name of a metric; pminfo lists them",
                              lockstep::quoted(name)));
    }
  }
  std::ranges::sort(metrics);
  const auto [first, last] = std::ranges::unique(metrics);
  metrics.erase(first, last);
  if (metrics.empty()) return fail(ErrorKind::invalid, "metrics: name at least one, or `default`");
  if (metrics.size() > pcp::kMostMetrics) {
    return fail(ErrorKind::invalid, fmt::format("metrics: {} are more than the {} of an instance",
                                                metrics.size(), pcp::kMostMetrics));
  }
  return metrics;
}

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

Result<milliseconds> parse_timeout(std::string_view text) {
  std::string_view digits = text;
  milliseconds unit(1000);
  if (digits.ends_with("ms")) {
    unit = milliseconds(1);
    digits.remove_suffix(2);
  } else if (digits.ends_with('s')) {
    digits.remove_suffix(1);
  }
  const auto number = parse_number(digits);
  // No number of more than a minute is multiplied.
  if (!number || *number > kMostTimeout.count() || unit * *number < kLeastTimeout ||
      unit * *number > kMostTimeout) {
    return fail(ErrorKind::invalid,
                fmt::format("timeout: {} is not 100ms to 60s, such as 2s", lockstep::quoted(text)));
  }
  return unit * *number;
}

/// Beside this program, as it is built, or where it is installed.
Result<std::string> find_program() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path places[] = {self / "lockstep-pcp", self / "../libexec/lockstep/lockstep-pcp"};
  for (const fs::path& place : places) {
    if (fs::is_regular_file(place, error)) return place.lexically_normal().string();
  }
  return fail(ErrorKind::unsupported,
              fmt::format("the program lockstep-pcp is not there; it belongs to {} or {}",
                          lockstep::quoted(places[0].string()),
                          lockstep::quoted(places[1].lexically_normal().string())));
}

}  // namespace

Result<void> set_pcp_parameter(PcpUse& use, std::string_view name, std::string_view value) {
  if (name == "metrics") {
    LOCKSTEP_TRY(use.metrics, parse_metrics(value));
  } else if (name == "port") {
    const auto port = parse_number(value);
    if (!port || *port == 0 || *port > 65535) {
      return fail(ErrorKind::invalid,
                  fmt::format("port: {} is not 1 to 65535", lockstep::quoted(value)));
    }
    use.port = static_cast<Port>(*port);
  } else if (name == "timeout") {
    LOCKSTEP_TRY(use.timeout, parse_timeout(value));
  } else {
    return fail(ErrorKind::invalid,
                fmt::format("pcp has no parameter {}; it has metrics, port, timeout",
                            lockstep::quoted(name)));
  }
  return {};
}

Result<std::unique_ptr<PcpCollector>> make_pcp_collector(PcpUse use) {
  if (use.program.empty()) {
    LOCKSTEP_TRY(use.program, find_program());
  }
  PcpCollectorOptions options;
  options.instance = std::move(use.instance);
  options.pool.command = {std::move(use.program)};
  options.pool.fence = std::move(use.fence);
  options.pool.port = use.port;
  options.pool.timeout = use.timeout;
  options.pool.settings.metrics = std::move(use.metrics);
  return std::make_unique<PcpCollector>(std::move(options));
}

}  // namespace lockstep
