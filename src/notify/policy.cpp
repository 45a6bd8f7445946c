#include "notify/policy.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace lockstep::notify {
namespace {

bool wants_class(const ChannelPolicy& channel, std::string_view classes) {
  if (channel.classes.empty()) return true;
  return std::ranges::any_of(split(classes, '+'), [&](std::string_view each) {
    return channel.classes.contains(std::string(each));
  });
}

}  // namespace

bool wants(const ChannelPolicy& channel, const AlertRecord& record) {
  if (!channel.kinds.empty() && !channel.kinds.contains(record.subject.kind)) return false;
  if (!wants_class(channel, record.subject.node_class)) return false;
  return !channel.nodes || channel.nodes->contains(record.node);
}

bool lasts(const ChannelPolicy& channel, const AlertRecord& record, WallTime until) {
  return record.severity >= Severity::high || until - record.first_seen >= channel.gather;
}

}  // namespace lockstep::notify
