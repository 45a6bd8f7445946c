#include "app/config_serve.h"

#include <fmt/format.h>

#include "app/instances.h"
#include "base/text.h"

namespace lockstep {
namespace {

Result<std::string> as_path(const TomlValue& value) {
  auto path = toml_text(value);
  if (!path || path->starts_with('/')) return path;
  return fail(ErrorKind::invalid, fmt::format("{} is no absolute path", quoted(*path)));
}

/// A setting as a person would write it after "KEY=".
Result<std::string> as_setting(const TomlValue& value) {
  if (const auto* const flag = std::get_if<bool>(&value.value)) return *flag ? "yes" : "no";
  if (const auto* const number = std::get_if<std::int64_t>(&value.value)) {
    return std::to_string(*number);
  }
  LOCKSTEP_TRY(std::string text, toml_text(value));
  if (text.find('\n') != std::string::npos) return fail(ErrorKind::invalid, "has more than a line");
  return text;
}

void read_instance(const std::string& name, TomlReader& table, ServeConfig& serve) {
  InstanceSettings settings;
  bool good = true;
  for (const std::string_view key : table.all_keys()) {
    std::string text;
    good = table.read(key, text, as_setting) && good;
    settings.emplace(key, std::move(text));
  }
  if (!good) return;
  auto instance = parse_instance(name, settings);
  if (instance) {
    if (const auto fits = check_instance(*instance); !fits)
      instance = std::unexpected(fits.error());
  }
  if (!instance) {
    // "interval: ..." is told at the key where the table has it.
    const std::string& message = instance.error().message();
    const std::string key = message.substr(0, message.find(':'));
    const std::vector<std::string_view> keys = table.all_keys();
    for (const std::string_view each : keys) {
      if (each == key)
        return table.problem(each, message.substr(std::min(message.size(), key.size() + 2)));
    }
    return table.problem("collector", message);
  }
  serve.instances.push_back(std::move(*instance));
}

}  // namespace

std::vector<Instance> default_instances() {
  std::vector<Instance> instances(3);
  instances[0].name = "all-ports";
  instances[0].collector = "ports";
  instances[0].interval = std::chrono::days(1);
  instances[0].parameters = {{"ports", "all"}};
  instances[1].name = "fast-ports";
  instances[1].collector = "ports";
  instances[1].interval = std::chrono::hours(1);
  instances[1].parameters = {{"ports", "default"}};
  instances[2].name = "versions";
  instances[2].collector = "services";
  instances[2].interval = std::chrono::days(1);
  return instances;
}

void read_serve_tables(TomlReader& root, ServeConfig& serve) {
  root.table("serve", [&](TomlReader& table) {
    table.read("socket", serve.socket, as_path);
    table.read("group", serve.group, toml_text);
    table.read("plugins_user", serve.plugins_user, toml_text);
    table.read("plugins_socket", serve.plugins_socket, as_path);
    if (!serve.plugins_user.empty() && !serve.plugins_socket.empty()) {
      table.problem("plugins_user",
                    "goes without plugins_socket: whom plug-ins run as is then the unit's to say");
    }
  });
  const bool named = root.has("instance");
  root.each_named_table("instance", [&](const std::string& name, TomlReader& table) {
    read_instance(name, table, serve);
  });
  if (!named) serve.instances = default_instances();
  if (serve.instances.size() > kMostInstances) {
    root.problem("instance", fmt::format("more than {} instances", kMostInstances));
  }
}

}  // namespace lockstep
