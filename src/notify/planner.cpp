#include "notify/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "notify/causes.h"
#include "notify/message.h"

namespace lockstep::notify {
namespace {

/// So long what is over is remembered, for the case that it comes back.
constexpr std::chrono::hours kRemembered(24);
/// When to look again where the outbox has no room.
constexpr seconds kFull(60);
constexpr std::size_t kMostCauseInId = 100;

using Records = std::vector<const AlertRecord*>;

/// One cause as a channel sees it.
struct View {
  bool exists = false;  ///< it counts on some node, whether or not the channel wants to hear of it
  Records present{};    ///< where the channel wants to hear of it
  Records muted{};      ///< of these, what somebody has dealt with, or works on
  Records news{};       ///< of these, what is neither muted nor held back

  bool all_muted() const { return !present.empty() && muted.size() == present.size(); }
};

Severity gravest(const Records& records) {
  Severity severity = Severity::informational;
  for (const AlertRecord* record : records) severity = std::max(severity, record->severity);
  return severity;
}

std::vector<std::string> nodes_of(const Records& records) {
  std::vector<std::string> nodes;
  for (const AlertRecord* record : records) {
    if (!record->node.empty()) nodes.push_back(record->node);
  }
  return nodes;
}

/// What we wrote ourselves; a hand that changed it makes it empty, and it is told once more.
Nodeset parse_told(const std::string& nodes) {
  return parse_nodeset(nodes).value_or(Nodeset());
}

/// For headers of HTTP and mail.
std::string id_word(const std::string& cause) {
  std::string word = cause.substr(0, kMostCauseInId);
  for (char& c : word) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '-' && c != '.') c = '-';
  }
  return word;
}

/// Those that are not over, of the configuration and of people. A hand that made one unreadable has
/// made it none.
std::vector<Maintenance> windows_of(const NoticeBook& book, const Policy& policy, WallTime now) {
  std::vector<Maintenance> windows;
  for (const Maintenance& each : policy.maintenance) {
    if (now < each.until) windows.push_back(each);
  }
  for (const MaintenanceWindow& each : book.maintenance) {
    if (each.until <= now) continue;
    // Of one that is to come only its times matter; its nodes may be many.
    if (now < each.from) {
      windows.push_back({{}, each.from, each.until, each.note});
      continue;
    }
    auto nodes = parse_nodeset(each.nodes);
    if (nodes) windows.push_back({std::move(*nodes), each.from, each.until, each.note});
  }
  return windows;
}

class Planner {
 public:
  Planner(const NoticeBook& book, const Policy& policy, WallTime now,
          std::span<const AlertRecord> unseen)
      : book_(book),
        policy_(policy),
        now_(now),
        unseen_(unseen),
        causes_(find_causes(book, policy)),
        windows_(windows_of(book, policy, now)) {}

  Plan run() {
    for (const ChannelPolicy& channel : policy_.channels) plan_channel(channel);
    forget_unknown_channels();
    for (const Maintenance& each : windows_) {
      look_at(each.from);
      look_at(each.until);
    }
    return std::move(plan_);
  }

 private:
  void plan_channel(const ChannelPolicy& channel) {
    channel_ = &channel;
    const auto found = book_.waiting.find(channel.name);
    waiting_ = found == book_.waiting.end() ? 0 : found->second;
    std::map<std::string, const Notice*> notices;
    for (const auto& [cause, records] : causes_.records) notices[cause] = nullptr;
    for (const Notice& notice : book_.notices) {
      if (notice.channel == channel.name) notices[notice.cause] = &notice;
    }
    const std::map<std::string, View> unseen = unseen_views(notices);
    for (const auto& [cause, view] : unseen) {
      raise({.channel = channel_->name, .cause = cause, .since = now_}, view);
      look_at(now_ + seconds(1));  // to tell that it is over
    }
    for (const auto& [cause, known] : notices) {
      if (unseen.contains(cause)) continue;
      const View view = view_of(cause);
      if (known == nullptr) {
        begin(cause, view);
      } else {
        go_on(*known, view);
      }
    }
  }

  /// What came and went while nobody could look, by cause. `notices` has all causes that count, and
  /// all that something is noted of.
  std::map<std::string, View> unseen_views(
      const std::map<std::string, const Notice*>& notices) const {
    std::map<std::string, View> views;
    for (const AlertRecord& record : unseen_) {
      const std::string cause = alert_name(record.id);
      const auto found = notices.find(cause);
      // It was seen for a moment, and would have been told soon.
      const bool was_gathered = found != notices.end() && found->second != nullptr &&
                                found->second->state == NoticeState::gathering &&
                                found->second->raised == 0 && !causes_.alive.contains(cause);
      if (found != notices.end() && !was_gathered) continue;
      if (record.severity < channel_->least || !wants(*channel_, record)) continue;
      if (!lasts(*channel_, record, record.changed) || was_muted(record)) continue;
      views[cause].news.push_back(&record);
    }
    return views;
  }

  /// Somebody acted on it, or worked there at its time.
  bool was_muted(const AlertRecord& record) const {
    if (!record.owner.empty()) return true;
    const auto is_of = [&](const auto& window, const Nodeset& nodes) {
      return window.from <= record.first_seen && record.first_seen < window.until &&
             nodes.contains(record.node);
    };
    return std::ranges::any_of(policy_.maintenance,
                               [&](const Maintenance& each) { return is_of(each, each.nodes); }) ||
           std::ranges::any_of(book_.maintenance, [&](const MaintenanceWindow& each) {
             return is_of(each, parse_nodeset(each.nodes).value_or(Nodeset()));
           });
  }

  void forget_unknown_channels() {
    for (const Notice& notice : book_.notices) {
      const bool known = std::ranges::any_of(
          policy_.channels, [&](const auto& channel) { return channel.name == notice.channel; });
      if (!known) forget(notice);
    }
  }

  View view_of(const std::string& cause) {
    View view;
    view.exists = causes_.alive.contains(cause);
    const auto found = causes_.records.find(cause);
    if (found == causes_.records.end()) return view;
    view.exists = true;
    for (const AlertRecord* record : found->second) {
      if (!wants(*channel_, *record)) continue;
      view.present.push_back(record);
      if (is_muted(*record)) {
        view.muted.push_back(record);
      } else if (!is_held_back(*record)) {
        view.news.push_back(record);
      }
    }
    return view;
  }

  bool is_muted(const AlertRecord& record) {
    const AlertStatus status = record.status_at(now_);
    if (status == AlertStatus::acknowledged || status == AlertStatus::silenced) {
      if (record.until) look_at(*record.until);
      return true;
    }
    return std::ranges::any_of(windows_, [&](const Maintenance& each) {
      return each.from <= now_ && now_ < each.until && each.nodes.contains(record.node);
    });
  }

  bool is_held_back(const AlertRecord& record) const {
    if (record.subject.kind == FindingKind::node_unreachable) return false;
    if (record.node.empty() || record.severity == Severity::critical) return false;
    return causes_.away.contains({record.node, record.subject.network});
  }

  // --- What becomes of a cause ---

  void begin(const std::string& cause, const View& view) {
    if (view.news.empty() || gravest(view.news) < channel_->least) return;
    Notice notice{.channel = channel_->name, .cause = cause, .since = now_};
    gather(std::move(notice), view);
  }

  void go_on(const Notice& known, const View& view) {
    switch (known.state) {
      case NoticeState::gathering: return go_on_gathering(known, view);
      case NoticeState::told:
      case NoticeState::held: return go_on_told(known, view);
      case NoticeState::over: return go_on_over(known, view);
    }
  }

  /// Waits for more nodes, or tells at once.
  void gather(Notice notice, const View& view) {
    const bool grave = gravest(view.news) >= Severity::high;
    WallTime due = now_ + (grave ? seconds(0) : channel_->gather);
    if (notice.raised > 0 && notice.last_told && notice.state == NoticeState::over &&
        gravest(view.news) <= notice.severity) {
      due = std::max(due, *notice.last_told + pause_of_return(notice.raised, grave));
    }
    if (notice.state == NoticeState::over) notice.first_told.reset();
    notice.state = NoticeState::gathering;
    notice.since = now_;
    notice.due = due;
    notice.updates = 0;
    notice.nodes.clear();
    if (due <= now_) return raise(std::move(notice), view);
    look_at(due);
    write(std::move(notice));
  }

  /// What comes and goes is told the later the oftener it did. What is grave may return once.
  seconds pause_of_return(int raised, bool grave) const {
    const int index = raised - (grave ? 2 : 1);
    if (index < 0 || channel_->pauses.empty()) return seconds(0);
    return channel_->pauses[std::min<std::size_t>(static_cast<std::size_t>(index),
                                                  channel_->pauses.size() - 1)];
  }

  void go_on_gathering(const Notice& known, const View& view) {
    if (view.present.empty() || view.all_muted()) {
      if (known.first_told) return go_on_told(known, view);
      if (known.raised == 0) return forget(known);
      Notice notice = known;
      notice.state = NoticeState::over;
      notice.due = std::nullopt;
      look_at(notice.last_told.value_or(now_) + kRemembered);
      return write(std::move(notice));
    }
    if (view.news.empty()) return;  // held back
    const bool first = known.raised == 0;
    const bool at_once = first && gravest(view.news) >= Severity::high;
    if (at_once || known.due.value_or(now_) <= now_) return raise(known, view);
    look_at(*known.due);
  }

  void go_on_told(const Notice& known, const View& view) {
    if (view.present.empty()) {
      // Another name for it, or another filter, is no end.
      if (view.exists) return forget(known);
      return end(known);
    }
    if (view.all_muted()) return hold(known);
    if (view.news.empty()) return;
    if (known.state == NoticeState::held) return gather(known, view);
    const Notice notice = without_muted(known, view);
    if (gravest(view.news) > notice.severity) return update(notice, view, false);
    if (tell_more(notice, view)) return;
    if (channel_->repeat && notice.last_told) {
      const WallTime due = *notice.last_told + *channel_->repeat;
      if (due <= now_) return tell(What::repeated, notice, view);
      look_at(due);
    }
    if (notice != known) write(notice);
  }

  void go_on_over(const Notice& known, const View& view) {
    if (!view.news.empty() && gravest(view.news) >= channel_->least) return gather(known, view);
    const WallTime end = known.last_told.value_or(known.since) + kRemembered;
    if (end <= now_) return forget(known);
    look_at(end);
  }

  /// Whoever unmutes a node wants to hear of it again.
  static Notice without_muted(const Notice& known, const View& view) {
    if (view.muted.empty()) return known;
    Notice notice = known;
    notice.nodes = (parse_told(known.nodes) - Nodeset(nodes_of(view.muted))).fold();
    return notice;
  }

  /// Of more nodes; true where that is done.
  bool tell_more(const Notice& notice, const View& view) {
    const auto told = static_cast<std::size_t>(std::max(notice.updates, 0));
    if (told >= channel_->pauses.size()) return false;
    if ((Nodeset(nodes_of(view.news)) - parse_told(notice.nodes)).empty()) return false;
    const WallTime due = notice.last_told.value_or(now_) + channel_->pauses[told];
    if (due > now_) {
      look_at(due);
      return false;
    }
    update(notice, view, true);
    return true;
  }

  void hold(const Notice& known) {
    if (known.state == NoticeState::held) return;
    Notice notice = known;
    notice.state = NoticeState::held;
    notice.due = std::nullopt;
    write(std::move(notice));
  }

  // --- Messages ---

  void raise(Notice notice, const View& view) {
    notice.updates = 0;
    notice.raised += 1;
    notice.severity = gravest(view.news);
    tell(What::raised, std::move(notice), view);
  }

  void update(Notice notice, const View& view, bool is_counted) {
    if (is_counted) notice.updates += 1;
    tell(What::updated, std::move(notice), view);
  }

  void tell(What what, Notice notice, const View& view) {
    if (!has_room()) return;
    const Nodeset before = parse_told(notice.nodes);
    const Nodeset nodes(nodes_of(view.news));
    Message message = message_of(what, notice, view);
    if (what == What::updated) message.new_nodes = (nodes - before).fold();
    notice.severity = std::max(notice.severity, message.severity);
    message.severity = notice.severity;
    const Nodeset all = what == What::raised ? nodes : before | nodes;
    notice.nodes = all.fold();
    send(std::move(notice), std::move(message), NoticeState::told);
  }

  void end(const Notice& known) {
    auto message = read_message(known.facts);
    if (!message) return forget(known);  // nothing was told
    Notice notice = known;
    if (!channel_->tells_end) return finish(std::move(notice));
    if (!has_room()) return;
    message->what = What::resolved;
    message->at = now_;
    message->severity = message->severity_before = known.severity;
    message->new_nodes.clear();
    const Nodeset told = parse_told(known.nodes);
    if (!told.empty()) {
      message->nodes = known.nodes;
      message->node_count = told.size();
    }
    message->resolution = resolution_of(known);
    send(std::move(notice), std::move(*message), NoticeState::over);
  }

  void finish(Notice notice) {
    notice.state = NoticeState::over;
    notice.last_told = now_;
    notice.due = std::nullopt;
    look_at(now_ + kRemembered);
    write(std::move(notice));
  }

  std::string resolution_of(const Notice& notice) const {
    const auto id = parse_alert_name(notice.cause);
    for (const AlertRecord& record : book_.alerts) {
      if (id && record.id == *id && !record.resolution.empty()) return record.resolution;
    }
    return {};
  }

  Message message_of(What what, const Notice& notice, const View& view) const {
    const AlertRecord& first = *view.news.front();
    Message message{.what = what,
                    .cluster = policy_.cluster,
                    .cause = notice.cause,
                    .subject = first.subject,
                    .severity = gravest(view.news),
                    .severity_before = notice.severity,
                    .nodes = Nodeset(nodes_of(view.news)).fold(),
                    .node_count = view.news.size(),
                    .first_seen = first.first_seen,
                    .last_seen = first.last_seen,
                    .at = now_,
                    .detail = first.detail,
                    .expected = first.expected,
                    .clones = first.clones};
    for (const AlertRecord* record : view.news) {
      message.first_seen = std::min(message.first_seen, record->first_seen);
      message.last_seen = std::max(message.last_seen, record->last_seen);
    }
    return message;
  }

  void send(Notice notice, Message message, NoticeState state) {
    notice.messages += 1;
    notice.state = state;
    if (!notice.first_told) notice.first_told = now_;
    notice.last_told = now_;
    notice.due = std::nullopt;
    const auto since = std::chrono::duration_cast<seconds>(notice.since.time_since_epoch());
    message.id = fmt::format("{}.{}.{}", id_word(notice.cause), since.count(), notice.messages);
    notice.facts = write_message(message);
    plan_.changes.messages.push_back({.channel = channel_->name,
                                      .dedup = message.id,
                                      .made = now_,
                                      .due = now_,
                                      .payload = notice.facts});
    ++waiting_;
    const View view = view_of(notice.cause);
    if (state == NoticeState::told) look_at_more(notice, view);
    if (state == NoticeState::over) look_at(now_ + kRemembered);
    write(std::move(notice));
  }

  /// When it is told again, if nothing happens.
  void look_at_more(const Notice& notice, const View& view) {
    const auto told = static_cast<std::size_t>(std::max(notice.updates, 0));
    const bool more = !(Nodeset(nodes_of(view.news)) - parse_told(notice.nodes)).empty();
    if (more && told < channel_->pauses.size()) look_at(now_ + channel_->pauses[told]);
    if (channel_->repeat) look_at(now_ + *channel_->repeat);
  }

  bool has_room() {
    if (waiting_ < channel_->most_waiting) return true;
    look_at(now_ + kFull);
    return false;
  }

  void write(Notice notice) { plan_.changes.written.push_back(std::move(notice)); }
  void forget(const Notice& notice) {
    plan_.changes.forgotten.emplace_back(notice.channel, notice.cause);
  }
  void look_at(WallTime time) {
    if (time > now_ && (!plan_.next || time < *plan_.next)) plan_.next = time;
  }

  const NoticeBook& book_;
  const Policy& policy_;
  const WallTime now_;
  const std::span<const AlertRecord> unseen_;
  const Causes causes_;
  const std::vector<Maintenance> windows_;
  const ChannelPolicy* channel_ = nullptr;
  std::size_t waiting_ = 0;
  Plan plan_;
};

}  // namespace

Plan plan(const NoticeBook& book, const Policy& policy, WallTime now,
          std::span<const AlertRecord> unseen) {
  return Planner(book, policy, now, unseen).run();
}

}  // namespace lockstep::notify
