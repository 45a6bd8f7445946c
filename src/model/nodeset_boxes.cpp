// Folding where several dimensions vary: uniting points of a grid into boxes.
//
// The smallest number of boxes is NP-hard to find, so ClusterShell 1.9.1 unites greedily, and
// scripts depend on what it prints. This file gives the same result without its quadratic time.
// Two boxes can be united where they differ in one axis only; boxes never overlap here, since they
// start as single points. The order of attempts decides the result:
//
//   1. Sort: boxes of more points first, then along the axes: longer first, then lower first
//      index, then lower last index, both as text ("10" before "9").
//   2. A quick pass unites each box with its direct successors for as long as that works.
//      Repeat from 1 until nothing changes.
//   3. A full pass lets each box, in order, absorb every later one that fits it, and grow as it
//      goes. Sort and repeat until nothing changes.
//
// The full pass is where a comparison of all pairs would be quadratic. Boxes that can be united
// along an axis agree in all other axes, hence in a hash of them. So a pass keeps, for each axis,
// the boxes sorted by that hash, and the next box that fits is one binary search away; a union-find
// over the sorted entries skips those that were absorbed. Hashes only nominate: the axes are
// compared before two boxes are united, so a collision cannot change a result.

#include <algorithm>
#include <numeric>
#include <optional>

#include "model/nodeset_fold.h"

namespace lockstep {
namespace {

using Rank = std::uint32_t;
using SetId = std::uint32_t;

/// A well-mixed number (the finalizer of splitmix64).
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

/// The indexes of one axis as ranks in the order of index_less(), and the sets of them that are
/// sides of boxes. Set r holds rank r alone and is shared; each further set has one owner.
class Axis {
 public:
  explicit Axis(std::vector<std::string_view> indexes) : texts_(std::move(indexes)) {
    std::ranges::sort(texts_, index_less);
    texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
    std::vector<Rank> by_text(texts_.size());
    std::iota(by_text.begin(), by_text.end(), Rank{0});
    std::ranges::sort(by_text, {}, [this](Rank rank) { return texts_[rank]; });
    place_by_text_.resize(texts_.size());
    for (Rank place = 0; place < by_text.size(); ++place) place_by_text_[by_text[place]] = place;
    sets_.reserve(texts_.size());
    for (Rank rank = 0; rank < texts_.size(); ++rank) sets_.push_back({{rank}, mix(rank), true});
  }

  SetId single(std::string_view text) const {
    return static_cast<SetId>(std::ranges::lower_bound(texts_, text, index_less) - texts_.begin());
  }

  std::size_t size(SetId set) const { return sets_[set].ranks.size(); }
  std::uint64_t hash(SetId set) const { return sets_[set].hash; }

  /// Brings a set that grew back in order. To be called before any of the three that follow; a
  /// set may grow by many small unions in between.
  void settle(SetId set) {
    if (!sets_[set].sorted) std::ranges::sort(sets_[set].ranks);
    sets_[set].sorted = true;
  }
  bool equal(SetId a, SetId b) const { return a == b || sets_[a].ranks == sets_[b].ranks; }
  /// The places of the lowest and the highest index in the order of plain text.
  std::pair<Rank, Rank> ends(SetId set) const {
    const std::vector<Rank>& ranks = sets_[set].ranks;
    return {place_by_text_[ranks.front()], place_by_text_[ranks.back()]};
  }
  std::vector<std::string> texts(SetId set) const {
    std::vector<std::string> result;
    for (const Rank rank : sets_[set].ranks) result.emplace_back(texts_[rank]);
    return result;
  }

  /// The union of `grown`, which is given up, with the settled `other`. They share no rank.
  SetId unite(SetId grown, SetId other) {
    if (grown < texts_.size()) {
      IndexSet copy = sets_[grown];
      grown = static_cast<SetId>(sets_.size());
      sets_.push_back(std::move(copy));
    }
    IndexSet& into = sets_[grown];
    const IndexSet& from = sets_[other];
    into.sorted = into.sorted && into.ranks.back() < from.ranks.front();
    into.ranks.insert(into.ranks.end(), from.ranks.begin(), from.ranks.end());
    into.hash += from.hash;
    return grown;
  }

 private:
  struct IndexSet {
    std::vector<Rank> ranks;
    std::uint64_t hash;  // a sum, so that it follows a union at once
    bool sorted;
  };

  std::vector<std::string_view> texts_;  // by rank
  std::vector<Rank> place_by_text_;      // by rank
  std::vector<IndexSet> sets_;
};

struct Box {
  std::vector<SetId> sides;
  std::size_t points = 1;
};

/// The boxes of a full pass that can still be absorbed, to be found by the axes in which they
/// agree with another one.
class Candidates {
 public:
  Candidates(const std::vector<Box>& boxes, const std::vector<Axis>& axes) : columns_(axes.size()) {
    for (std::size_t axis = 0; axis < axes.size(); ++axis) {
      Column& column = columns_[axis];
      for (std::uint32_t i = 0; i < boxes.size(); ++i) {
        column.entries.push_back({key(boxes[i], axes, axis), i});
      }
      std::ranges::sort(column.entries);
      column.slot_of.resize(boxes.size());
      for (std::uint32_t slot = 0; slot < boxes.size(); ++slot) {
        column.slot_of[column.entries[slot].box] = slot;
      }
      column.next_alive.resize(boxes.size() + 1);
      std::iota(column.next_alive.begin(), column.next_alive.end(), std::uint32_t{0});
    }
  }

  /// What boxes that can be united along `without` have in common.
  static std::uint64_t key(const Box& box, const std::vector<Axis>& axes, std::size_t without) {
    std::uint64_t result = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      if (i != without) result += mix(axes[i].hash(box.sides[i]) + i);
    }
    return result;
  }

  /// The first box later than `after` with this key.
  std::optional<std::uint32_t> next(std::size_t axis, std::uint64_t key, std::uint32_t after) {
    Column& column = columns_[axis];
    const auto found = std::ranges::lower_bound(column.entries, Entry{key, after + 1});
    const std::uint32_t slot =
        column.alive(static_cast<std::uint32_t>(found - column.entries.begin()));
    if (slot == column.entries.size() || column.entries[slot].key != key) return std::nullopt;
    return column.entries[slot].box;
  }

  void remove(std::uint32_t box) {
    for (Column& column : columns_) ++column.next_alive[column.slot_of[box]];
  }

 private:
  struct Entry {
    std::uint64_t key;
    std::uint32_t box;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  struct Column {
    std::vector<Entry> entries;             // ascending
    std::vector<std::uint32_t> slot_of;     // by box
    std::vector<std::uint32_t> next_alive;  // a slot that is alive points to itself

    /// The first slot from `slot` on that is alive, or the number of entries.
    std::uint32_t alive(std::uint32_t slot) {
      while (next_alive[slot] != slot) {
        next_alive[slot] = next_alive[next_alive[slot]];
        slot = next_alive[slot];
      }
      return slot;
    }
  };
  std::vector<Column> columns_;
};

/// The grid with its boxes, from single points to the folded form.
class BoxFolder {
 public:
  BoxFolder(std::span<const std::string_view> coordinates, std::size_t axes) {
    for (std::size_t axis = 0; axis < axes; ++axis) {
      std::vector<std::string_view> indexes;
      for (std::size_t i = axis; i < coordinates.size(); i += axes) {
        indexes.push_back(coordinates[i]);
      }
      axes_.emplace_back(std::move(indexes));
    }
    for (std::size_t i = 0; i < coordinates.size(); i += axes) {
      Box& box = boxes_.emplace_back();
      for (std::size_t axis = 0; axis < axes; ++axis) {
        box.sides.push_back(axes_[axis].single(coordinates[i + axis]));
      }
    }
    std::ranges::sort(boxes_, {}, &Box::sides);
    const auto same = [](const Box& a, const Box& b) { return a.sides == b.sides; };
    boxes_.erase(std::unique(boxes_.begin(), boxes_.end(), same), boxes_.end());
  }

  std::vector<IndexBox> fold() {
    do {
      sort();
    } while (quick_pass());
    while (full_pass()) sort();
    std::vector<IndexBox> result;
    for (const Box& box : boxes_) {
      IndexBox& texts = result.emplace_back();
      for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
        texts.push_back(axes_[axis].texts(box.sides[axis]));
      }
    }
    return result;
  }

 private:
  void sort() {
    std::ranges::sort(boxes_, [this](const Box& a, const Box& b) {
      if (a.points != b.points) return a.points > b.points;
      for (std::size_t i = 0; i < axes_.size(); ++i) {
        if (a.sides[i] == b.sides[i]) continue;
        const std::size_t size_a = axes_[i].size(a.sides[i]);
        const std::size_t size_b = axes_[i].size(b.sides[i]);
        if (size_a != size_b) return size_a > size_b;
        const auto ends_a = axes_[i].ends(a.sides[i]);
        const auto ends_b = axes_[i].ends(b.sides[i]);
        if (ends_a != ends_b) return ends_a < ends_b;
      }
      return false;
    });
  }

  /// The only axis in which the two differ, if there is only one. `growing` need not be settled.
  std::optional<std::size_t> differing_axis(const Box& growing, const Box& other) {
    std::optional<std::size_t> result;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      if (axes_[i].hash(growing.sides[i]) == axes_[i].hash(other.sides[i])) continue;
      if (result) return std::nullopt;
      result = i;
    }
    for (std::size_t i = 0; result && i < axes_.size(); ++i) {
      if (i == *result) continue;
      axes_[i].settle(growing.sides[i]);
      if (!axes_[i].equal(growing.sides[i], other.sides[i])) return std::nullopt;
    }
    return result;
  }

  void unite(Box& into, const Box& from, std::size_t axis) {
    into.sides[axis] = axes_[axis].unite(into.sides[axis], from.sides[axis]);
    into.points += from.points;
  }

  void settle(const Box& box) {
    for (std::size_t i = 0; i < axes_.size(); ++i) axes_[i].settle(box.sides[i]);
  }

  /// Whether anything was united.
  bool quick_pass() {
    std::vector<Box> passed;
    for (Box& box : boxes_) {
      const auto axis = passed.empty() ? std::nullopt : differing_axis(passed.back(), box);
      if (axis) {
        unite(passed.back(), box, *axis);
        continue;
      }
      if (!passed.empty()) settle(passed.back());
      passed.push_back(std::move(box));
    }
    if (!passed.empty()) settle(passed.back());
    boxes_.swap(passed);
    return boxes_.size() != passed.size();
  }

  /// Whether anything was united.
  bool full_pass() {
    Candidates candidates(boxes_, axes_);
    std::vector<Box> passed;
    std::vector<bool> absorbed(boxes_.size());
    for (std::uint32_t i = 0; i < boxes_.size(); ++i) {
      if (absorbed[i]) continue;
      Box& box = boxes_[i];
      std::uint32_t last = i;
      while (const auto fit = next_fit(candidates, box, last)) {
        unite(box, boxes_[fit->box], fit->axis);
        absorbed[fit->box] = true;
        candidates.remove(fit->box);
        last = fit->box;
      }
      settle(box);
      passed.push_back(std::move(box));
    }
    boxes_.swap(passed);
    return boxes_.size() != passed.size();
  }

  struct Fit {
    std::uint32_t box;
    std::size_t axis;
  };

  /// The first box later than `after` that can be united with `box`, and along which axis.
  std::optional<Fit> next_fit(Candidates& candidates, const Box& box, std::uint32_t after) {
    std::optional<Fit> result;
    for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
      const std::uint64_t key = Candidates::key(box, axes_, axis);
      auto next = candidates.next(axis, key, after);
      while (next && differing_axis(box, boxes_[*next]) != axis) {
        next = candidates.next(axis, key, *next);
      }
      if (next && (!result || *next < result->box)) result = Fit{*next, axis};
    }
    return result;
  }

  std::vector<Axis> axes_;
  std::vector<Box> boxes_;
};

}  // namespace

std::vector<IndexBox> fold_boxes(std::span<const std::string_view> coordinates, std::size_t axes) {
  return BoxFolder(coordinates, axes).fold();
}

}  // namespace lockstep
