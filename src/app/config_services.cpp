#include "app/config_services.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace lockstep {
namespace {

constexpr std::int64_t kLongestInterval = std::chrono::seconds(std::chrono::days(30)).count();

Result<std::chrono::seconds> as_interval(const TomlValue& value) {
  LOCKSTEP_TRY(const std::int64_t seconds, toml_integer(value, 0, kLongestInterval));
  return std::chrono::seconds(seconds);
}

Result<KeyPolicy> as_key_policy(const TomlValue& value) {
  static constexpr std::array<std::string_view, 3> kWords = {"own", "shared", "boot"};
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  if (const auto policy = parse_key_policy(text)) return *policy;
  const std::string_view likely = nearest(text, kWords);
  return fail(ErrorKind::invalid,
              fmt::format("{} is no policy for keys; {}", quoted(text),
                          likely.empty() ? "write own, shared or boot"
                                         : fmt::format("did you mean \"{}\"?", likely)));
}

}  // namespace

void read_services_table(TomlReader& root, std::string_view folder, ServicesConfig& services) {
  const auto as_path = [folder](const TomlValue& value) -> Result<std::string> {
    LOCKSTEP_TRY(const std::string path, toml_text(value));
    if (trimmed(path).empty()) return fail(ErrorKind::invalid, "is empty; write a path");
    return path.starts_with('/') ? path : std::string(folder) + path;
  };
  root.table("services", [&](TomlReader& table) {
    table.read("in_sweeps", services.in_sweeps, toml_bool);
    table.read("interval_s", services.interval, as_interval);
    table.read("keys", services.keys, toml_bool);
    table.read_list("probes", services.files.probes, as_path);
    table.read_list("recog", services.files.recog, as_path);
  });
}

void read_class_services(TomlReader& table, const std::string& name, ServicesConfig& services) {
  KeyPolicy policy{};
  if (table.read("keys", policy, as_key_policy)) services.policies.set(name, policy);
}

}  // namespace lockstep
