#include "app/value_collectors.h"

#include <fmt/format.h>

#include <charconv>

#include "app/compose.h"
#include "app/pcp.h"
#include "app/plugin_host.h"
#include "base/text.h"
#include "collectors/exec/exec_collector.h"
#include "model/duration.h"

namespace lockstep {
namespace {

constexpr std::string_view kParameter = "param_";

Result<std::size_t> memory_of(std::string_view text) {
  constexpr std::size_t kLeast = 16;
  constexpr std::size_t kMost = 1 << 20;
  std::size_t megabytes = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), megabytes);
  const bool whole = error == std::errc() && rest == text.data() + text.size();
  if (whole && megabytes >= kLeast && megabytes <= kMost) return megabytes << 20;
  return fail(ErrorKind::invalid,
              fmt::format("{} will not do: write MiB, {} to {}", quoted(text), kLeast, kMost));
}

Result<bool> compare_of(std::string_view text) {
  if (text == "class") return true;
  if (text == "none") return false;
  return fail(ErrorKind::invalid, fmt::format("{} will not do: write class or none", quoted(text)));
}

Result<ExecOptions> exec_options(const Instance& instance) {
  ExecOptions options{.instance = instance.name, .command = {}};
  for (const auto& [name, value] : instance.parameters) {
    const auto set = [&, &setting = name, &text = value]() -> Result<void> {
      if (setting == "command") {
        LOCKSTEP_TRY(options.command.words, split_command(text));
      } else if (setting == "timeout") {
        LOCKSTEP_TRY(options.limits.time, parse_duration(text, std::chrono::hours(1)));
      } else if (setting == "memory_mb") {
        LOCKSTEP_TRY(options.limits.memory_bytes, memory_of(text));
      } else if (setting == "compare") {
        LOCKSTEP_CHECK(compare_of(text));
      } else if (setting.starts_with(kParameter)) {
        options.parameters[setting.substr(kParameter.size())] = text;
      }
      return {};
    }();
    if (!set) return std::unexpected(set.error().within(name));
  }
  if (options.command.words.empty()) {
    return fail(ErrorKind::invalid, "command: is missing; name the program to run");
  }
  return options;
}

Result<PcpUse> pcp_use(const Instance& instance) {
  PcpUse use;
  use.instance = instance.name;
  for (const auto& [name, value] : instance.parameters) {
    const auto set = name == "compare" ? [&, &text = value]() -> Result<void> {
      LOCKSTEP_CHECK(compare_of(text));
      return {};
    }()
        : set_pcp_parameter(use, name, value);
    if (!set) return std::unexpected(set.error().within(name));
  }
  return use;
}

}  // namespace

std::vector<std::string_view> value_settings(std::string_view collector) {
  if (collector == "exec") {
    return {"command", "compare", "memory_mb", "param_*", "timeout"};
  }
  if (collector == "pcp") return {"compare", "metrics", "port", "timeout"};
  return {};
}

Result<void> check_value_instance(const Instance& instance) {
  if (instance.collector == "exec") {
    LOCKSTEP_CHECK(exec_options(instance));
  } else {
    LOCKSTEP_CHECK(pcp_use(instance));
  }
  return {};
}

Result<std::unique_ptr<Collector>> make_value_collector(const Instance& instance,
                                                        const Config& config,
                                                        const Inventory& inventory,
                                                        plugin_host::Keeper& keeper,
                                                        std::vector<ReportedLook>& looks) {
  if (instance.collector == "exec") {
    LOCKSTEP_TRY(ExecOptions options, exec_options(instance));
    options.runner = plugin_runner(config.serve, keeper);
    options.looks = &looks;
    options.classes_of = [&inventory](const std::string& name) {
      const auto node = inventory.nodes.find(name);
      if (node == inventory.nodes.end()) return std::vector<std::string>();
      return std::vector<std::string>(node->second.classes.begin(), node->second.classes.end());
    };
    return std::unique_ptr<Collector>(std::make_unique<ExecCollector>(std::move(options)));
  }
  LOCKSTEP_TRY(PcpUse use, pcp_use(instance));
  LOCKSTEP_TRY(const TargetPolicy policy, make_policy(config, inventory, {}));
  use.fence = make_fence(config, config.scan.allow, inventory, policy);
  LOCKSTEP_TRY(std::unique_ptr<PcpCollector> collector, make_pcp_collector(std::move(use)));
  return std::unique_ptr<Collector>(std::move(collector));
}

bool compares_by_default(const Instance& instance) {
  const auto said = instance.parameters.find("compare");
  if (said != instance.parameters.end()) return said->second == "class";
  return instance.collector == "exec";
}

Result<std::vector<std::string>> split_command(std::string_view text) {
  std::vector<std::string> words;
  bool within = false;
  bool open = false;
  for (const char c : text) {
    if (c == '"') {
      within = !within;
      if (!open) words.emplace_back();
      open = true;
    } else if (!within && (c == ' ' || c == '\t')) {
      open = false;
    } else {
      if (!open) words.emplace_back();
      open = true;
      words.back() += c;
    }
  }
  if (within) return fail(ErrorKind::invalid, "a double quote is not closed");
  if (words.empty() || words.front().empty()) return fail(ErrorKind::invalid, "is empty");
  return words;
}

}  // namespace lockstep
