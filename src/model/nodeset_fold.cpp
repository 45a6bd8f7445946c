#include "model/nodeset_fold.h"

#include <algorithm>
#include <map>

#include "model/decimal.h"

namespace lockstep {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "r1n2" taken apart: literals "r", "n", ""; indexes "1", "2". Views into the name.
struct SplitName {
  std::vector<std::string_view> literals;
  std::vector<std::string_view> indexes;
};

SplitName split_name(std::string_view name) {
  SplitName result;
  for (std::size_t end = 0;;) {
    const std::size_t begin = end;
    while (end < name.size() && !is_digit(name[end])) ++end;
    result.literals.push_back(name.substr(begin, end - begin));
    if (end == name.size()) return result;
    const std::size_t digits = end;
    while (end < name.size() && is_digit(name[end])) ++end;
    result.indexes.push_back(name.substr(digits, end - digits));
  }
}

/// ClusterShell keeps patterns as Python format strings, and its output is in their order: so "%s"
/// stands for an index, and "%%" for a percent sign.
std::string sort_key(std::span<const std::string_view> literals) {
  std::string key;
  for (std::size_t i = 0; i < literals.size(); ++i) {
    if (i > 0) key += "%s";
    for (const char c : literals[i]) key.append(c == '%' ? 2 : 1, c);
  }
  return key;
}

IndexBox box_of_one_axis(std::vector<std::string_view> indexes) {
  std::ranges::sort(indexes, index_less);
  indexes.erase(std::unique(indexes.begin(), indexes.end()), indexes.end());
  return IndexBox(1, std::vector<std::string>(indexes.begin(), indexes.end()));
}

bool is_padded(std::string_view index) {
  return index.size() > 1 && index[0] == '0';
}

}  // namespace

bool index_less(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::vector<FoldedPattern> fold_patterns(std::span<const std::string> names) {
  struct Group {
    std::vector<std::string> literals;
    std::vector<std::string_view> indexes;  // of all names, one name after the other
  };
  std::map<std::string, Group> groups;
  for (const std::string& name : names) {
    const SplitName split = split_name(name);
    Group& group = groups[sort_key(split.literals)];
    if (group.literals.empty()) group.literals.assign(split.literals.begin(), split.literals.end());
    group.indexes.insert(group.indexes.end(), split.indexes.begin(), split.indexes.end());
  }
  std::vector<FoldedPattern> result;
  for (auto& [key, group] : groups) {
    FoldedPattern& pattern =
        result.emplace_back(std::move(group.literals), std::vector<IndexBox>());
    const std::size_t axes = pattern.literals.size() - 1;
    if (axes == 0) {
      pattern.boxes.emplace_back();
    } else if (axes == 1) {
      pattern.boxes.push_back(box_of_one_axis(std::move(group.indexes)));
    } else {
      pattern.boxes = fold_boxes(group.indexes, axes);
    }
  }
  return result;
}

// A run is a chain of numbers, each one more than the one before. The padding in force ends a run
// early: padded indexes ("08") run on only within their length, others only to others that are not
// padded. One rule is ClusterShell's alone, and visible: an index that stood alone hands the
// padding in force on to its successor, so "01,10-100" folds to "01,10-99,100", but "01-02,10-100"
// stays.
std::string fold_indexes(std::span<const std::string> indexes) {
  std::string result;
  std::size_t first = 0;  // of the current run
  bool padded = is_padded(indexes[0]);
  std::size_t length = indexes[0].size();
  for (std::size_t i = 1; i <= indexes.size(); ++i) {
    const bool ended = i == indexes.size();
    const bool breaks_padding =
        !ended && (padded ? indexes[i].size() != length : is_padded(indexes[i]));
    if (!ended && !breaks_padding && decimal_follows(indexes[i - 1], indexes[i])) continue;
    if (!result.empty()) result += ',';
    result += indexes[first];
    if (i - first > 1) result.append("-").append(indexes[i - 1]);
    if (ended) break;
    if (breaks_padding || i - first > 1) {
      padded = is_padded(indexes[i]);
      length = indexes[i].size();
    }
    first = i;
  }
  return result;
}

}  // namespace lockstep
