#include "store/spool/outage.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "store/spool/patient_store.h"

namespace lockstep {
namespace {

/// What is told of an outage, and what is held of runs: the rest is told when it is over.
constexpr std::size_t kMostNews = 20;
constexpr std::size_t kMostFound = 1000;
constexpr std::size_t kMostHeld = 10'000;

std::string text_of(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

/// Of one run: what is told of it later is not what was told.
bool is_newer(const InstanceRun& run, const InstanceRun& told) {
  return run.steps_done != told.steps_done || run.state != told.state;
}

bool is_away(const Error& error) {
  return error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::denied;
}

}  // namespace

void Outage::keep_in(SpoolFile spool) {
  if (!spool.notice().empty()) world_.tell(spool.notice());
  const bool waits = !spool.empty();
  if (waits) {
    world_.tell(fmt::format("{} records of {} and later wait in the spool", spool.size(),
                            text_of(spool.since())));
    story_.kept = spool.size();
    set_away("the daemon ended while it was", spool.since());
  }
  spool_ = std::move(spool);
}

std::unique_ptr<Store> Outage::store() {
  return std::make_unique<PatientStore>(*this);
}

bool Outage::away() const {
  const std::scoped_lock lock(mutex_);
  return away_;
}

std::optional<OutageSpan> Outage::latest() const {
  const std::scoped_lock lock(mutex_);
  if (epoch_ == 0) return {};
  return OutageSpan{.since = story_.since, .over = !away_};
}

std::uint64_t Outage::epoch() const {
  const std::scoped_lock lock(mutex_);
  return epoch_;
}

Error Outage::problem() const {
  const std::scoped_lock lock(mutex_);
  return {ErrorKind::unavailable, story_.problem};
}

void Outage::set_away(const std::string& problem, WallTime since) {
  away_ = true;
  ++epoch_;
  story_.problem = problem;
  story_.since = since;
}

/// The lock is held.
void Outage::begin_story(const std::string& problem) {
  story_ = {};
  news_.clear();
  told_full_ = false;
  set_away(problem, world_.now());
}

void Outage::note_away(const Error& error) {
  {
    const std::scoped_lock lock(mutex_);
    if (away_) return;
    begin_story(error.message());
  }
  world_.tell(fmt::format("the store is away: {}; sweeps go on, and {}", error.message(),
                          spool_ ? "what they see is kept in the spool until it is back"
                                 : "what they see is lost, since there is no spool"));
}

void Outage::remember(const std::function<void(Known&)>& change) {
  const std::scoped_lock lock(mutex_);
  change(known_);
}

Result<PortReports> Outage::recall_reports(const std::string& instance) const {
  const std::scoped_lock lock(mutex_);
  const auto found = known_.port_reports.find(instance);
  if (found != known_.port_reports.end()) return found->second;
  return fail(ErrorKind::unavailable, story_.problem);
}

std::int64_t Outage::temporary_id() {
  const std::scoped_lock lock(mutex_);
  return --temporary_;
}

void Outage::hold(const InstanceRun& run) {
  const std::scoped_lock lock(mutex_);
  InstanceRun next = run;
  // The replay may have begun it in the store meanwhile.
  const auto real = real_runs_.find(run.id);
  if (real != real_runs_.end()) next.id = real->second;
  if (held_.size() >= kMostHeld && !held_.contains(next.id)) return;
  held_[next.id] = next;
}

std::int64_t Outage::real_run(std::int64_t run) const {
  const std::scoped_lock lock(mutex_);
  const auto found = real_runs_.find(run);
  return found == real_runs_.end() ? 0 : found->second;
}

/// The lock is held.
Result<void> Outage::append(std::string_view bytes, bool expendable) {
  // The store came back between what failed and now; nothing else would ever replay it.
  if (!away_ && spool_) begin_story("what was seen as it came back waits");
  if (!spool_) return fail(ErrorKind::unavailable, story_.problem + "; there is no spool");
  const auto dropped = spool_->append(bytes, world_.now(), expendable);
  if (dropped) {
    ++story_.kept;
    story_.left_out += *dropped;
    return {};
  }
  ++story_.not_kept;
  if (!std::exchange(told_full_, true)) {
    world_.tell(fmt::format("{}; what is seen from now on is lost until the store is back",
                            dropped.error().message()));
  }
  return fail(ErrorKind::unavailable,
              fmt::format("{}; {}", story_.problem, dropped.error().message()));
}

/// The lock is held.
void Outage::note_news(const std::vector<AlertRecord>& news) {
  for (const AlertRecord& record : news) {
    world_.tell("found while the store is away: " + line_of(record));
    if (news_.size() < kMostFound) news_.push_back(record);
  }
}

std::vector<AlertRecord> Outage::found() const {
  const std::scoped_lock lock(mutex_);
  return news_;
}

Result<std::vector<AlertRecord>> Outage::keep_sweep(std::string_view bytes, const PortSets& ports,
                                                    const SweepFacts& facts,
                                                    const DecideAlerts& decide) {
  const std::scoped_lock lock(mutex_);
  const std::vector<AlertRecord> book = known_.alerts.value_or(std::vector<AlertRecord>());
  LOCKSTEP_TRY(const AlertChanges changes, decide(book));
  const bool plain = !says_something(book, changes) && facts.keys.empty() && facts.tied.empty() &&
                     facts.job_gone.empty();
  LOCKSTEP_CHECK(append(bytes, plain));
  note_sweep(known_, ports, world_.now(), facts);
  note_news(news_of(book, changes));
  known_.alerts = applied(book, changes);
  return *known_.alerts;
}

Result<std::vector<AlertRecord>> Outage::keep_round(std::string_view bytes,
                                                    const ValueHarvest& harvest,
                                                    const DecideByValues& decide) {
  std::vector<ValueFact> facts;
  for (const ValueObservation& value : harvest.values) facts.push_back({value, harvest.now});
  std::ranges::sort(facts, {},
                    [](const ValueFact& fact) { return std::tie(fact.seen.node, fact.seen.name); });
  const std::scoped_lock lock(mutex_);
  const std::vector<AlertRecord> book = known_.alerts.value_or(std::vector<AlertRecord>());
  LOCKSTEP_TRY(const AlertChanges changes, decide(facts, book));
  const bool plain = !says_something(book, changes) && harvest.ports.empty() &&
                     harvest.ports_gone.empty() && harvest.tied.empty() && harvest.job_gone.empty();
  LOCKSTEP_CHECK(append(bytes, plain));
  note_round(known_, harvest);
  note_news(news_of(book, changes));
  known_.alerts = applied(book, changes);
  return *known_.alerts;
}

Result<void> Outage::come_back(const Replay& replay) {
  auto done = replay_all(replay);
  const std::scoped_lock lock(mutex_);
  latest_ = done ? "" : done.error().message();
  return done;
}

Result<void> Outage::replay_all(const Replay& replay) {
  LOCKSTEP_TRY(const std::unique_ptr<Store> store, world_.open());
  LOCKSTEP_CHECK(begin_again(*store, replay));
  while (!replay.stopped()) {
    std::optional<SpoolRecord> record;
    {
      const std::scoped_lock lock(mutex_);
      if (spool_) {
        LOCKSTEP_TRY(record, spool_->front());
      }
    }
    if (!record) {
      // Before nobody spools any more, so that a failure is tried again. Runs went on meanwhile.
      LOCKSTEP_CHECK(tell_runs(*store));
      OutageStory story;
      {
        const std::scoped_lock lock(mutex_);
        story = story_;
      }
      LOCKSTEP_CHECK(replay.end(*store, story));
      const auto over = be_back();
      if (!over) continue;  // a thread was faster, and there is more
      world_.tell(fmt::format("the store is back after {} s; {} records of the spool were replayed",
                              (world_.now() - over->since) / std::chrono::seconds(1),
                              over->kept - over->left_out - over->unreadable));
      return {};
    }
    LOCKSTEP_CHECK(replay_one(*record, *store, replay));
  }
  return fail(ErrorKind::unavailable, "stopped");
}

/// A write, so that a disk that is still full is found here.
Result<void> Outage::begin_again(Store& store, const Replay& replay) {
  OutageStory story;
  std::string id;
  {
    const std::scoped_lock lock(mutex_);
    story = story_;
    if (spool_) id = spool_->id();
  }
  if (!id.empty()) {
    LOCKSTEP_TRY(const std::int64_t number, store.replayed(id));
    LOCKSTEP_CHECK(store.note_replayed({.spool = id, .number = number}));
    const std::scoped_lock lock(mutex_);
    spool_->begin_after(number);
  }
  LOCKSTEP_CHECK(replay.begin(store, story));
  return tell_runs(store);
}

Result<void> Outage::tell_runs(Store& store) {
  while (true) {
    InstanceRun run;
    {
      const std::scoped_lock lock(mutex_);
      if (held_.empty()) return {};
      run = held_.begin()->second;
    }
    const std::int64_t id = run.id;
    if (id > 0) {
      LOCKSTEP_CHECK(store.save_run(run));
    } else {
      // What ended has an event, which only saving its end makes.
      InstanceRun begun = run;
      begun.state = SweepState::running;
      LOCKSTEP_TRY(run.id, store.begin_run(begun));
    }
    const std::scoped_lock lock(mutex_);
    if (id < 0) real_runs_[id] = run.id;
    const auto held = held_.find(id);
    const bool changed = held != held_.end() && is_newer(held->second, run);
    const bool is_over = run.state != SweepState::running;
    if (changed || (id < 0 && is_over)) {
      InstanceRun next = held->second;
      next.id = run.id;
      held_[run.id] = next;
    }
    if (id < 0 || !changed) held_.erase(id);
  }
}

Result<void> Outage::replay_one(const SpoolRecord& record, Store& store, const Replay& replay) {
  std::string id;
  {
    const std::scoped_lock lock(mutex_);
    id = spool_->id();
  }
  LOCKSTEP_TRY(const std::int64_t done, store.replayed(id));
  if (record.number > done) {
    const SpoolMark mark{.spool = id, .number = record.number};
    const auto result = replay.record(record, store, mark);
    if (!result && is_away(result.error())) return result;
    if (!result) {
      world_.tell(fmt::format("record {} of the spool cannot be replayed, and is left out: {}",
                              record.number, result.error().message()));
      const std::scoped_lock lock(mutex_);
      ++story_.unreadable;
    }
  }
  const std::scoped_lock lock(mutex_);
  // It may have been left out meanwhile, for room.
  return spool_->first() == record.number ? spool_->pop() : Result<void>();
}

std::optional<OutageStory> Outage::be_back() {
  const std::scoped_lock lock(mutex_);
  if ((spool_ && !spool_->empty()) || !held_.empty()) return {};
  away_ = false;
  ++epoch_;
  news_.clear();
  return story_;
}

std::vector<std::string> Outage::lines() const {
  const std::scoped_lock lock(mutex_);
  if (!away_) return {};
  std::string line = fmt::format("store-away since {}: {}; {} records wait in the spool ({} bytes)",
                                 text_of(story_.since), story_.problem, spool_ ? spool_->size() : 0,
                                 with_thousands(spool_ ? spool_->bytes() : 0));
  if (story_.left_out > 0) {
    line += fmt::format("; {} that brought nothing new were left out for room", story_.left_out);
  }
  if (story_.not_kept > 0) line += fmt::format("; {} found no room, and are lost", story_.not_kept);
  if (!latest_.empty() && latest_ != story_.problem) line += "; it is not back yet: " + latest_;
  std::vector<std::string> lines = {line};
  for (std::size_t i = 0; i < std::min(news_.size(), kMostNews); ++i) {
    lines.push_back("found while the store is away: " + line_of(news_[i]));
  }
  return lines;
}

}  // namespace lockstep
