// Filters of users' signatures, kept from one run to the next: to compile one takes a second for
// each thousand patterns.
//
// A file for each filter, FOLDER/filter-KEY, written whole and then renamed. It begins with a line
// of its kind, then the number of bytes and their hash; so one that was cut or changed is not
// taken. Neither is one that others than the user may have written: a filter is data for a library
// that trusts it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lockstep::services {

class FilterCache {
 public:
  /// `folder` is made when something is written; empty: nothing is kept.
  explicit FilterCache(std::string folder) : folder_(std::move(folder)) {}

  /// The filter of `key` (filter_key() of matcher.h), or nothing: not there, damaged, or not ours.
  std::optional<std::vector<std::byte>> read(std::uint64_t key) const;
  /// Whether it was kept. The oldest go where there are more than kMostKeptFilters.
  bool write(std::uint64_t key, std::span<const std::byte> filter) const;

 private:
  std::string path_of(std::uint64_t key) const;
  void remove_oldest() const;

  std::string folder_;
};

inline constexpr std::size_t kMostKeptFilters = 16;
inline constexpr std::size_t kMostFilterBytes = 1 << 30;

}  // namespace lockstep::services
