#include "services/answer_cache.h"

#include <iterator>

namespace lockstep::services {

const Match* AnswerCache::find(std::size_t probe, std::string_view answer) {
  const auto found = index_.find({probe, answer});
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->match;
}

void AnswerCache::add(std::size_t probe, std::string_view answer, const Match& match) {
  if (answer.size() > most_bytes_ || most_entries_ == 0) return;
  while (entries_.size() >= most_entries_ || bytes_ + answer.size() > most_bytes_) {
    const Entry& oldest = entries_.back();
    bytes_ -= oldest.answer.size();
    index_.erase({oldest.probe, oldest.answer});
    entries_.pop_back();
  }
  entries_.push_front({.probe = probe, .answer = std::string(answer), .match = match});
  bytes_ += answer.size();
  index_.emplace(Key{probe, entries_.front().answer}, entries_.begin());
}

}  // namespace lockstep::services
