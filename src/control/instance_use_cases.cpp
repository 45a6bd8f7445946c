#include "control/instance_use_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"

namespace lockstep::control {
namespace {

const Instance* find(std::span<const Instance> instances, const std::string& name) {
  const auto found = std::ranges::find(instances, name, &Instance::name);
  return found == instances.end() ? nullptr : &*found;
}

/// "interval: 1h -> 30m; window: - -> 22:00-06:00"
std::string differences(const InstanceSettings& before, const InstanceSettings& after) {
  std::map<std::string, std::pair<std::string, std::string>> both;
  for (const auto& [key, text] : before) both[key].first = text;
  for (const auto& [key, text] : after) both[key].second = text;
  const auto shown = [](const std::string& text) { return text.empty() ? "-" : text; };
  std::string result;
  for (const auto& [key, texts] : both) {
    if (texts.first == texts.second) continue;
    result += fmt::format("{}{}: {} -> {}", result.empty() ? "" : "; ", key, shown(texts.first),
                          shown(texts.second));
  }
  return result.empty() ? "nothing" : result;
}

/// What holds of one instance, as settings; empty: it is new.
Result<InstanceSettings> settings_now(Store& store, std::span<const Instance> configured,
                                      const std::string& name) {
  LOCKSTEP_TRY(const std::vector<StoredInstance> changed, store.instances());
  const auto stored = std::ranges::find(changed, name, &StoredInstance::name);
  if (stored != changed.end()) return stored->settings;
  const Instance* const own = find(configured, name);
  return own == nullptr ? InstanceSettings() : settings_of(*own);
}

}  // namespace

Result<std::vector<InstanceRow>> list_instances(Store& store,
                                                std::span<const Instance> configured) {
  LOCKSTEP_TRY(const std::vector<StoredInstance> changed, store.instances());
  LOCKSTEP_TRY(const std::vector<InstanceRun> latest, store.latest_runs());
  std::map<std::string, InstanceRow> rows;
  for (const Instance& each : configured) {
    rows[each.name].instance = each;
    rows[each.name].configured = true;
  }
  for (const StoredInstance& each : changed) {
    auto parsed = parse_instance(each.name, each.settings);
    const bool is_known = rows.contains(each.name);
    if (!parsed && !is_known) continue;
    InstanceRow& row = rows[each.name];
    row.change = each;
    if (parsed) {
      row.instance = std::move(*parsed);
    } else {
      row.problem = parsed.error().message();
    }
  }
  std::vector<InstanceRow> result;
  for (auto& [name, row] : rows) {
    const auto run = std::ranges::find(latest, name, &InstanceRun::instance);
    if (run != latest.end()) row.latest = *run;
    result.push_back(std::move(row));
  }
  return result;
}

Result<Instance> change_instance(Store& store, std::span<const Instance> configured,
                                 const std::string& name, const InstanceSettings& changes,
                                 const CheckInstance& check, const Act& act) {
  LOCKSTEP_TRY(const InstanceSettings before, settings_now(store, configured, name));
  if (before.empty() && !changes.contains("collector")) {
    std::vector<std::string_view> names;
    for (const Instance& each : configured) names.push_back(each.name);
    const std::string_view likely = nearest(name, names);
    return fail(
        ErrorKind::not_found,
        fmt::format("there is no instance {}; {}", quoted(name),
                    likely.empty() ? "a new one needs collector=ports, services, exec or pcp"
                                   : fmt::format("did you mean {}?", likely)));
  }
  InstanceSettings after = before;
  for (const auto& [key, text] : changes) {
    if (text.empty()) {
      after.erase(key);
    } else {
      after[key] = text;
    }
  }
  LOCKSTEP_TRY(Instance instance, parse_instance(name, after));
  LOCKSTEP_CHECK(check(instance));
  const InstanceSettings kept = settings_of(instance);
  LOCKSTEP_CHECK(store.change_instance(
      {.name = name, .settings = kept, .changed_at = act.now, .changed_by = act.person},
      {.at = act.now,
       .person = act.person,
       .action = "instance set",
       .subject = name,
       .detail = differences(before, kept)}));
  return instance;
}

Result<void> reset_instance(Store& store, const std::string& name, const Act& act) {
  LOCKSTEP_TRY(const std::vector<StoredInstance> changed, store.instances());
  const auto stored = std::ranges::find(changed, name, &StoredInstance::name);
  if (stored == changed.end()) {
    return fail(ErrorKind::not_found,
                fmt::format("nothing was changed of {} at run time", quoted(name)));
  }
  return store.forget_instance(name, {.at = act.now,
                                      .person = act.person,
                                      .action = "instance reset",
                                      .subject = name,
                                      .detail = differences(stored->settings, {})});
}

}  // namespace lockstep::control
