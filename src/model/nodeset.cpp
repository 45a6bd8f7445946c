#include "model/nodeset.h"

#include <algorithm>
#include <iterator>

#include "model/nodeset_fold.h"

namespace lockstep {
namespace {

void append_text(const FoldedPattern& pattern, const IndexBox& box, std::string& text) {
  text += pattern.literals[0];
  for (std::size_t axis = 0; axis < box.size(); ++axis) {
    const bool several = box[axis].size() > 1;
    if (several) text += '[';
    text += fold_indexes(box[axis]);
    if (several) text += ']';
    text += pattern.literals[axis + 1];
  }
}

/// Appends each combination of the box's indexes, the last axis fastest.
void append_names(const FoldedPattern& pattern, const IndexBox& box,
                  std::vector<std::string>& names) {
  std::vector<std::size_t> place(box.size(), 0);
  for (;;) {
    std::string& name = names.emplace_back(pattern.literals[0]);
    for (std::size_t axis = 0; axis < box.size(); ++axis) {
      name += box[axis][place[axis]];
      name += pattern.literals[axis + 1];
    }
    std::size_t axis = box.size();
    while (axis > 0 && ++place[axis - 1] == box[axis - 1].size()) place[--axis] = 0;
    if (axis == 0) return;
  }
}

}  // namespace

Nodeset::Nodeset(std::vector<std::string> names) : sorted_(std::move(names)) {
  if (!std::ranges::is_sorted(sorted_)) std::ranges::sort(sorted_);
  sorted_.erase(std::unique(sorted_.begin(), sorted_.end()), sorted_.end());
}

bool Nodeset::contains(std::string_view name) const {
  return std::binary_search(sorted_.begin(), sorted_.end(), name);
}

std::vector<std::string> Nodeset::names() const {
  std::vector<std::string> result;
  result.reserve(sorted_.size());
  for (const FoldedPattern& pattern : fold_patterns(sorted_)) {
    for (const IndexBox& box : pattern.boxes) append_names(pattern, box, result);
  }
  return result;
}

std::string Nodeset::fold() const {
  return fold_nodeset(sorted_);
}

Nodeset operator|(const Nodeset& a, const Nodeset& b) {
  Nodeset result;
  std::ranges::set_union(a.sorted_, b.sorted_, std::back_inserter(result.sorted_));
  return result;
}

Nodeset operator&(const Nodeset& a, const Nodeset& b) {
  Nodeset result;
  std::ranges::set_intersection(a.sorted_, b.sorted_, std::back_inserter(result.sorted_));
  return result;
}

Nodeset operator-(const Nodeset& a, const Nodeset& b) {
  Nodeset result;
  std::ranges::set_difference(a.sorted_, b.sorted_, std::back_inserter(result.sorted_));
  return result;
}

Nodeset operator^(const Nodeset& a, const Nodeset& b) {
  Nodeset result;
  std::ranges::set_symmetric_difference(a.sorted_, b.sorted_, std::back_inserter(result.sorted_));
  return result;
}

std::string fold_nodeset(std::span<const std::string> names) {
  std::string result;
  for (const FoldedPattern& pattern : fold_patterns(names)) {
    for (const IndexBox& box : pattern.boxes) {
      if (!result.empty()) result += ',';
      append_text(pattern, box, result);
    }
  }
  return result;
}

}  // namespace lockstep
