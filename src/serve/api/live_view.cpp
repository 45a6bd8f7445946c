#include "serve/api/live_view.h"

#include <random>
#include <utility>

#include "serve/api/snapshot.h"
#include "serve/auth/secrets.h"
#include "serve/http/compression.h"

namespace lockstep::serve {
namespace {

std::uint64_t fresh_epoch() {
  std::random_device random;
  return std::uniform_int_distribution<std::uint64_t>()(random);
}

/// Of another list of nodes it says nothing.
std::shared_ptr<const Schedules> fitting(std::shared_ptr<const Schedules> schedules,
                                         const std::shared_ptr<const Inventory>& inventory) {
  if (schedules && schedules->inventory == inventory) return schedules;
  auto none = std::make_shared<Schedules>();
  none->inventory = inventory;
  return none;
}

}  // namespace

const PackedBytes& LiveView::glances() const {
  std::call_once(once_, [this] {
    glances_.bytes = snapshot_of(*this, {.epoch = epoch});
    glances_.gzip = gzip(glances_.bytes, GzipEffort::usual);
    glances_.tag = hash_of_secret(glances_.bytes).substr(0, 32);
  });
  return glances_;
}

std::shared_ptr<const LiveView> next_view(const std::shared_ptr<const LiveView>& before,
                                          std::shared_ptr<const control::ClusterView> view,
                                          std::shared_ptr<const Schedules> schedules,
                                          std::int64_t forgotten) {
  auto next = std::make_shared<LiveView>();
  const std::size_t count = view->nodes.size();
  const bool is_same = before && before->view->inventory == view->inventory;
  next->forgotten = forgotten;
  next->version = before ? before->version + 1 : 1;
  next->epoch = is_same ? before->epoch : fresh_epoch();
  next->dictionary = is_same
                         ? before->dictionary
                         : std::make_shared<const NodeDictionary>(dictionary_of(*view->inventory));
  next->schedules = fitting(std::move(schedules), view->inventory);
  next->view = std::move(view);
  if (!is_same) {
    next->changed.assign(count, next->version);
    return next;
  }
  next->changed = before->changed;
  for (std::size_t i = 0; i < count; ++i) {
    const bool stays = before->view->nodes[i] == next->view->nodes[i] &&
                       before->schedules->of(i) == next->schedules->of(i);
    if (!stays) next->changed[i] = next->version;
  }
  return next;
}

}  // namespace lockstep::serve
