#include "serve/api/snapshot.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <numeric>

#include "documents/json_parts.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;
using control::NodeGlance;

constexpr std::uint32_t kDelta = 1;

template <typename Number>
void append(std::string& bytes, Number number) {
  auto rest = static_cast<std::uint64_t>(number);
  for (std::size_t i = 0; i < sizeof(Number); ++i, rest >>= 8) {
    bytes += static_cast<char>(rest & 0xff);
  }
}

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::uint8_t code_of(const std::optional<Severity>& severity) {
  return severity ? static_cast<std::uint8_t>(static_cast<unsigned>(*severity) + 1) : 0;
}

std::uint8_t sight_of(const NodeGlance& glance) {
  const auto sight = static_cast<unsigned>(glance.sight);
  return static_cast<std::uint8_t>(sight | (glance.watched ? 4U : 0U));
}

std::uint16_t count_of(const NodeGlance& glance) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(glance.alerts, 65535));
}

std::uint32_t looked_of(const NodeGlance& glance) {
  if (!glance.looked) return 0;
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(seconds_of(*glance.looked), 0, 0xffff'ffff));
}

/// The entries that nodes have, as JSON; in the places of the others stand empty ones.
template <typename Value, typename PlaceOf, typename Write>
json::array list_of(const std::vector<Value>& values, const std::vector<std::size_t>* users,
                    const PlaceOf& place_of, const Write& write) {
  std::vector<bool> used(values.size(), users == nullptr);
  if (users != nullptr) {
    for (const std::size_t index : *users) {
      if (place_of(index) < used.size()) used[place_of(index)] = true;
    }
  }
  json::array list;
  for (std::size_t i = 0; i < values.size(); ++i)
    list.push_back(write(used[i] ? values[i] : Value()));
  return list;
}

json::value of_schedule(const ScheduleEntry& entry) {
  return json::object{
      {"state", entry.state ? json::value(to_string(*entry.state)) : json::value(nullptr)},
      {"partitions", documents::json_texts(entry.partitions)}};
}

/// `users` are the nodes whose words it is to have; null: all words.
std::string words_of(const LiveView& live, const std::vector<std::size_t>* users) {
  const NodeDictionary& dictionary = *live.dictionary;
  return json::serialize(json::object{
      {"cluster", documents::json_text(live.view->inventory->cluster)},
      {"classes",
       list_of(
           dictionary.classes, users, [&](std::size_t i) { return dictionary.class_of[i]; },
           documents::json_texts)},
      {"groups",
       list_of(
           dictionary.groups, users, [&](std::size_t i) { return dictionary.group_of[i]; },
           [](const std::string& group) { return documents::json_text(group); })},
      {"schedules", list_of(
                        live.schedules->entries, users,
                        [&](std::size_t i) { return live.schedules->of(i); }, of_schedule)}});
}

std::string names_of(const LiveView& live, const std::vector<std::size_t>& nodes) {
  std::string names;
  for (const std::size_t index : nodes) {
    for (const char c : live.view->nodes[index].node->name) names += c == '\n' ? ' ' : c;
    names += '\n';
  }
  return names;
}

class Writer {
 public:
  Writer(const LiveView& live, const SnapshotWish& wish) : live_(live), wish_(wish) {
    if (wish_.nodes) {
      listed_ = *wish_.nodes;
    } else {
      listed_.resize(live.view->nodes.size());
      std::iota(listed_.begin(), listed_.end(), std::size_t{0});
    }
  }

  std::string write() {
    std::vector<std::uint32_t> places;
    std::vector<std::size_t> told;
    for (std::size_t i = 0; i < listed_.size(); ++i) {
      if (wish_.after && live_.changed[listed_[i]] <= *wish_.after) continue;
      places.push_back(static_cast<std::uint32_t>(i));
      told.push_back(listed_[i]);
    }
    bytes_.reserve(told.size() * 48 + 4096);
    write_head(told.size());
    if (wish_.after) {
      for (const std::uint32_t place : places) append(bytes_, place);
    }
    write_columns(told);
    write_text(words_of(live_, wish_.only_own_words ? &listed_ : nullptr));
    write_text(wish_.after ? std::string() : names_of(live_, told));
    return std::move(bytes_);
  }

 private:
  void write_head(std::size_t count) {
    bytes_ += "LKS2";
    append(bytes_, static_cast<std::uint32_t>(count));
    append(bytes_, live_.view->event);
    append(bytes_, seconds_of(live_.view->made));
    append(bytes_, live_.version);
    append(bytes_, wish_.epoch);
    append(bytes_, wish_.after ? kDelta : std::uint32_t{0});
  }

  void write_columns(const std::vector<std::size_t>& nodes) {
    const auto glances = [&](const auto& value) {
      for (const std::size_t index : nodes) append(bytes_, value(live_.view->nodes[index]));
    };
    const auto places = [&](const auto& place_of) {
      for (const std::size_t index : nodes) append(bytes_, place_of(index));
    };
    glances([](const NodeGlance& glance) { return code_of(glance.worst); });
    glances([](const NodeGlance& glance) { return code_of(glance.muted); });
    glances(sight_of);
    glances(count_of);
    glances(looked_of);
    places([&](std::size_t i) { return live_.dictionary->class_of[i]; });
    places([&](std::size_t i) { return live_.dictionary->group_of[i]; });
    places([&](std::size_t i) { return live_.schedules->of(i); });
    glances([](const NodeGlance& glance) { return glance.kinds; });
  }

  void write_text(const std::string& text) {
    append(bytes_, static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }

  const LiveView& live_;
  const SnapshotWish& wish_;
  std::vector<std::size_t> listed_;  ///< what the caller sees: places mean these
  std::string bytes_;
};

}  // namespace

std::string snapshot_of(const LiveView& live, const SnapshotWish& wish) {
  return Writer(live, wish).write();
}

}  // namespace lockstep::serve
