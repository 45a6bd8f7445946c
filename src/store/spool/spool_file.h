// What a daemon could not give to its store, on disk until it can: records in order, each
// checksummed and synced. The file:
//
//   header   "lkspool1", 32 hexadecimal digits that name this spool, the next number
//   record   "lkrc", u32 bytes of the payload, u64 number, i64 time, u8 1 where it may be left out,
//            the first 8 bytes of the SHA-256 of number, time, that byte and the payload; the
//            payload
//
// Numbers are little-endian. A record that a crash tore is the last one, and is dropped: nobody was
// told that it was kept. One whose checksum is wrong although others follow is left out.
//
// What was replayed stays in the file until all of it was: the store knows how far it is
// (Store::replayed()), since it learns that together with what is replayed.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/observation.h"

namespace lockstep {

struct SpoolRecord {
  std::int64_t number = 0;  ///< from 1; ascending, with gaps where some were left out
  WallTime at{};            ///< whole seconds
  std::string bytes;
};

/// One thread at a time, and one process: the file is locked.
class SpoolFile {
 public:
  /// Makes it where there is none. `most_bytes` bounds the whole file. Errors: `unavailable` where
  /// another process has it; `denied`, `not_found` as the system says.
  static Result<SpoolFile> open(const std::string& path, std::uint64_t most_bytes);

  /// Keeps one, at the latest when this returns. Where there is no room, the oldest that are
  /// `expendable` go; returns how many. Errors: `unavailable` where there is none all the same, or
  /// the disk is full: then nothing has changed but that.
  Result<std::size_t> append(std::string_view bytes, WallTime at, bool expendable);

  /// The first that is left; none: it is empty. Errors: of the disk.
  Result<std::optional<SpoolRecord>> front() const;
  /// The first was replayed. With the last one the file is empty again.
  Result<void> pop();

  const std::string& id() const { return id_; }
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  std::uint64_t bytes() const { return end_; }
  /// The number of the first that is left; 0: it is empty.
  std::int64_t first() const { return entries_.empty() ? 0 : entries_.front().number; }
  /// When the first that is left was kept; only where there is one.
  WallTime since() const { return entries_.front().at; }
  /// What was wrong when it was opened, for a person; empty: nothing.
  const std::string& notice() const { return notice_; }
  /// Numbers up to this one are taken, whoever says so.
  void begin_after(std::int64_t number) { next_ = std::max(next_, number + 1); }

 private:
  struct Entry {
    std::int64_t number = 0;
    WallTime at{};
    bool expendable = false;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // with its head
  };

  SpoolFile() = default;
  Result<void> read_all();
  Result<void> write_head(int file) const;
  Result<void> clear();
  Result<std::size_t> make_room(std::uint64_t wanted);
  Result<void> rewrite(const std::deque<Entry>& kept);

  std::string path_;
  std::uint64_t most_ = 0;
  UniqueFd lock_;
  UniqueFd file_;
  std::string id_;
  std::int64_t next_ = 1;
  std::uint64_t end_ = 0;
  std::deque<Entry> entries_;
  std::string notice_;
};

}  // namespace lockstep
