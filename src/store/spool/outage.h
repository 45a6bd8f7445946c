// The store, as it is for a daemon that must go on while it is away: because its server is gone,
// its disk is full, or somebody holds its lock. Once one call has failed so, everything that the
// daemon sees goes to the spool, and everything that it reads comes from what is known, until the
// store is back and the spool replayed, in order. Decision 38 says why it is so.
//
//   Outage outage({.open = ..., .now = ..., .tell = ...});
//   outage.keep_in(SpoolFile::open(...));
//   const auto store = outage.store();              // one a thread
//   ...
//   if (outage.away()) outage.come_back(replay);    // each few seconds, of one thread

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/spool/known.h"
#include "store/spool/spool_file.h"
#include "store/store.h"

namespace lockstep {

/// What the outside world is to it; for several threads.
struct OutageWorld {
  std::function<Result<std::unique_ptr<Store>>()> open;  ///< the store itself
  std::function<WallTime()> now;                         ///< whole seconds
  std::function<void(const std::string&)> tell;          ///< a line for the log
};

/// What happened, for an alert.
struct OutageStory {
  WallTime since{};
  std::string problem;         ///< why it was away
  std::size_t kept = 0;        ///< records that went to the spool
  std::size_t left_out = 0;    ///< of them, that brought nothing new, for room
  std::size_t not_kept = 0;    ///< that found no room at all
  std::size_t unreadable = 0;  ///< that could not be replayed
};

struct OutageSpan {
  WallTime since{};
  bool over = false;  ///< all of it was replayed
};

/// How what was kept gets into the store.
struct Replay {
  /// Errors: `unavailable` and `denied`: the store is away again; others: it never will.
  std::function<Result<void>(const SpoolRecord& record, Store& store, const SpoolMark& mark)>
      record;
  /// Raises the alert, before anything is replayed.
  std::function<Result<void>(Store& store, const OutageStory& story)> begin;
  /// Ends it.
  std::function<Result<void>(Store& store, const OutageStory& story)> end;
  std::function<bool()> stopped;
};

/// For several threads at once.
class Outage {
 public:
  explicit Outage(OutageWorld world) : world_(std::move(world)) {}

  /// Where it keeps what it cannot give to the store; before there are other threads. What an
  /// earlier process left there waits to be replayed.
  void keep_in(SpoolFile spool);

  /// For one thread; the outage outlives it. Reads do not fail while the store is away, but for
  /// those of services, values, users, events and what people did; nor do what sweeps and runs note
  /// of themselves. What sweeps and rounds bring fails with `unavailable`: see keep_sweep().
  std::unique_ptr<Store> store();

  bool away() const;
  /// The latest; nothing: there was none.
  std::optional<OutageSpan> latest() const;
  /// Keeps what a sweep brings, as `bytes`, and goes on as if the store had it; `decide` decides by
  /// the alerts that are known. Errors: those of decide; `unavailable` where it cannot be kept.
  Result<std::vector<AlertRecord>> keep_sweep(std::string_view bytes, const PortSets& ports,
                                              const SweepFacts& facts, const DecideAlerts& decide);
  /// The same of a round; `decide` sees its own values alone.
  Result<std::vector<AlertRecord>> keep_round(std::string_view bytes, const ValueHarvest& harvest,
                                              const DecideByValues& decide);

  /// Replays, where the store is there. Errors: it is still away. One thread at a time.
  Result<void> come_back(const Replay& replay);

  /// What is so now, a line each, for a person; none where the store is there.
  std::vector<std::string> lines() const;
  /// The first of what was found meanwhile: without numbers, they are no alerts yet.
  std::vector<AlertRecord> found() const;

  // --- For the stores that it makes ---

  Result<std::unique_ptr<Store>> open() const { return world_.open(); }
  void note_away(const Error& error);
  /// Grows with each outage: what was opened before it is to be opened again.
  std::uint64_t epoch() const;
  Error problem() const;
  void remember(const std::function<void(Known&)>& change);
  template <typename T>
  Result<T> recall(std::optional<T> Known::*slot) const {
    const std::scoped_lock lock(mutex_);
    if (known_.*slot) return *(known_.*slot);
    return fail(ErrorKind::unavailable, story_.problem);
  }
  Result<PortReports> recall_reports(const std::string& instance) const;
  std::int64_t temporary_id();
  /// What is to be told of a run when the store is back.
  void hold(const InstanceRun& run);
  /// The id in the store of one that began while it was away; 0: it has none.
  std::int64_t real_run(std::int64_t run) const;

 private:
  Result<void> append(std::string_view bytes, bool expendable);
  void note_news(const std::vector<AlertRecord>& news);
  Result<void> replay_all(const Replay& replay);
  Result<void> begin_again(Store& store, const Replay& replay);
  Result<void> tell_runs(Store& store);
  Result<void> replay_one(const SpoolRecord& record, Store& store, const Replay& replay);
  std::optional<OutageStory> be_back();
  void begin_story(const std::string& problem);
  void set_away(const std::string& problem, WallTime since);

  OutageWorld world_;
  mutable std::mutex mutex_;  // of what follows
  bool away_ = false;
  std::uint64_t epoch_ = 0;
  OutageStory story_;
  std::optional<SpoolFile> spool_;
  Known known_;
  std::vector<AlertRecord> news_;
  bool told_full_ = false;
  std::string latest_;  // why it is not back yet
  std::int64_t temporary_ = 0;
  std::map<std::int64_t, InstanceRun> held_;
  std::map<std::int64_t, std::int64_t> real_runs_;
};

}  // namespace lockstep
