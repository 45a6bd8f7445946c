// What answers have told already. The clones of a class say the same, to the byte or nearly so:
// what one has said needs no pattern for the next.

#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "services/match.h"

namespace lockstep::services {

/// Bounded in entries and in bytes of answers; what was asked for longest ago goes first. One
/// thread at a time.
class AnswerCache {
 public:
  AnswerCache(std::size_t most_entries, std::size_t most_bytes)
      : most_entries_(most_entries), most_bytes_(most_bytes) {}
  AnswerCache(const AnswerCache&) = delete;
  AnswerCache& operator=(const AnswerCache&) = delete;

  /// What `answer` to the probe of this number told, or null; valid until the next add().
  const Match* find(std::size_t probe, std::string_view answer);
  /// One that is not there yet; larger than the whole cache, it is not kept.
  void add(std::size_t probe, std::string_view answer, const Match& match);

  std::size_t entries() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::size_t probe = 0;
    std::string answer;
    Match match;
  };
  struct Key {
    std::size_t probe = 0;
    std::string_view answer;  // of the entry

    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>()(key.answer) ^ key.probe;
    }
  };

  std::size_t most_entries_;
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // the one that was asked for last in front
  std::unordered_map<Key, std::list<Entry>::iterator, Hash> index_;
};

}  // namespace lockstep::services
