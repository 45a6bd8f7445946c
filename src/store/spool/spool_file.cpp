#include "store/spool/spool_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>
#include <vector>

namespace lockstep {
namespace {

constexpr std::string_view kMagic = "lkspool1";
constexpr std::string_view kRecordMagic = "lkrc";
constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kHeadBytes = 8 + kIdDigits + 8;
constexpr std::size_t kSumBytes = 8;
constexpr std::size_t kRecordHeadBytes = 4 + 4 + 8 + 8 + 1 + kSumBytes;
/// After making room, so much of the file is free: it is not rewritten with each record.
constexpr std::uint64_t kFreeShare = 8;
/// Numbers and times beyond these are damage: nothing is reckoned with them.
constexpr std::uint64_t kGreatestNumber = std::uint64_t{1} << 62;
constexpr std::uint64_t kLatestSecond = std::uint64_t{1} << 33;

void put(std::string& bytes, std::uint64_t number, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(number >> (8 * i)));
}

std::uint64_t get(std::string_view bytes, std::size_t offset, int size) {
  std::uint64_t number = 0;
  for (int i = size - 1; i >= 0; --i) {
    number = number << 8 | static_cast<unsigned char>(bytes[offset + static_cast<std::size_t>(i)]);
  }
  return number;
}

std::uint64_t seconds_of(WallTime time) {
  const auto since = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  return std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(0, since)), kLatestSecond);
}

/// Of what stands between the size and the sum of a record's head, and of its payload.
std::string sum_of(std::string_view middle, std::string_view payload) {
  std::string all(middle);
  all += payload;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), kSumBytes};
}

std::string record_of(std::int64_t number, WallTime at, bool expendable, std::string_view payload) {
  std::string middle;
  put(middle, static_cast<std::uint64_t>(number), 8);
  put(middle, seconds_of(at), 8);
  put(middle, expendable ? 1 : 0, 1);
  std::string bytes(kRecordMagic);
  put(bytes, payload.size(), 4);
  bytes += middle;
  bytes += sum_of(middle, payload);
  bytes += payload;
  return bytes;
}

/// Whether a record's head makes sense beside its checksum.
bool is_plausible(std::string_view top) {
  const std::uint64_t number = get(top, 8, 8);
  return number > 0 && number <= kGreatestNumber && get(top, 16, 8) <= kLatestSecond;
}

Result<void> write_at(int file, std::string_view bytes, std::uint64_t offset,
                      const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return std::unexpected(system_error(written == 0 ? EIO : errno, path));
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

/// Fewer where the file ends.
Result<std::string> read_at(int file, std::uint64_t offset, std::size_t size,
                            const std::string& path) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got =
        ::pread(file, bytes.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error(errno, path));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

Result<void> sync(int file, const std::string& path) {
  if (::fdatasync(file) == 0) return {};
  return std::unexpected(system_error(errno, path));
}

std::string random_id() {
  std::array<unsigned char, kIdDigits / 2> bytes{};
  // Where it fails, the spool of another folder has the same name: the time tells them apart.
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    return fmt::format("{:032x}", static_cast<std::uint64_t>(now));
  }
  std::string id;
  for (const unsigned char byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

Result<UniqueFd> open_file(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return std::unexpected(system_error(errno, path));
  return file;
}

void sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  const UniqueFd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened) std::ignore = ::fsync(opened.get());
}

}  // namespace

Result<SpoolFile> SpoolFile::open(const std::string& path, std::uint64_t most_bytes) {
  std::error_code problem;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), problem);
  SpoolFile spool;
  spool.path_ = path;
  spool.most_ = most_bytes;
  // A file of its own, since the spool itself is replaced now and then.
  const std::string lock = path + ".lock";
  LOCKSTEP_TRY(spool.lock_, open_file(lock));
  if (::flock(spool.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::unavailable, fmt::format("{}: another daemon has this spool", path));
  }
  LOCKSTEP_TRY(spool.file_, open_file(path));
  LOCKSTEP_CHECK(spool.read_all());
  return spool;
}

Result<void> SpoolFile::write_head(int file) const {
  std::string head(kMagic);
  head += id_;
  put(head, static_cast<std::uint64_t>(next_), 8);
  LOCKSTEP_CHECK(write_at(file, head, 0, path_));
  return sync(file, path_);
}

Result<void> SpoolFile::read_all() {
  LOCKSTEP_TRY(const std::string head, read_at(file_.get(), 0, kHeadBytes, path_));
  if (head.size() < kHeadBytes || !head.starts_with(kMagic)) {
    if (!head.empty()) {
      notice_ = fmt::format("{} was no spool, and is put aside as {}.bad", path_, path_);
      std::error_code problem;
      std::filesystem::rename(path_, path_ + ".bad", problem);
      LOCKSTEP_TRY(file_, open_file(path_));
    }
    id_ = random_id();
    LOCKSTEP_CHECK(write_head(file_.get()));
    sync_folder_of(path_);
    end_ = kHeadBytes;
    return {};
  }
  id_ = head.substr(kMagic.size(), kIdDigits);
  // Damage of it is no reason to begin a new spool: the store says too what is taken.
  const std::uint64_t next = get(head, kMagic.size() + kIdDigits, 8);
  next_ = next > kGreatestNumber ? 1 : std::max<std::int64_t>(1, static_cast<std::int64_t>(next));
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0) return std::unexpected(system_error(errno, path_));
  const auto all = static_cast<std::uint64_t>(info.st_size);
  std::size_t bad = 0;
  end_ = kHeadBytes;
  while (end_ < all) {
    LOCKSTEP_TRY(const std::string top, read_at(file_.get(), end_, kRecordHeadBytes, path_));
    if (top.size() < kRecordHeadBytes || !top.starts_with(kRecordMagic)) break;
    const std::uint64_t size = kRecordHeadBytes + get(top, 4, 4);
    if (size > all - end_) break;
    LOCKSTEP_TRY(const std::string payload,
                 read_at(file_.get(), end_ + kRecordHeadBytes, size - kRecordHeadBytes, path_));
    const std::string_view middle = std::string_view(top).substr(8, 17);
    if (is_plausible(top) && sum_of(middle, payload) == std::string_view(top).substr(25)) {
      const Entry entry{.number = static_cast<std::int64_t>(get(top, 8, 8)),
                        .at = WallTime(std::chrono::seconds(get(top, 16, 8))),
                        .expendable = top[24] != 0,
                        .offset = end_,
                        .size = size};
      next_ = std::max(next_, entry.number + 1);
      entries_.push_back(entry);
    } else if (end_ + size == all) {
      break;
    } else {
      ++bad;
    }
    end_ += size;
  }
  if (bad > 0) notice_ = fmt::format("{}: {} records are damaged, and left out", path_, bad);
  if (end_ == all) return {};
  notice_ += fmt::format("{}{}: the last {} bytes were torn by a crash, and are dropped",
                         notice_.empty() ? "" : "; ", path_, all - end_);
  if (::ftruncate(file_.get(), static_cast<off_t>(end_)) != 0) {
    return std::unexpected(system_error(errno, path_));
  }
  return sync(file_.get(), path_);
}

Result<std::size_t> SpoolFile::append(std::string_view bytes, WallTime at, bool expendable) {
  const std::string record = record_of(next_, at, expendable, bytes);
  std::size_t dropped = 0;
  if (end_ + record.size() > most_) {
    LOCKSTEP_TRY(dropped, make_room(record.size()));
  }
  auto written = write_at(file_.get(), record, end_, path_);
  if (written) written = sync(file_.get(), path_);
  if (!written) {
    // A part of it may be there, which nobody may take for whole.
    std::ignore = ::ftruncate(file_.get(), static_cast<off_t>(end_));
    return std::unexpected(written.error());
  }
  entries_.push_back(
      {.number = next_, .at = at, .expendable = expendable, .offset = end_, .size = record.size()});
  end_ += record.size();
  ++next_;
  return dropped;
}

Result<std::size_t> SpoolFile::make_room(std::uint64_t wanted) {
  const std::uint64_t goal = most_ - most_ / kFreeShare;
  std::deque<Entry> kept;
  std::uint64_t left = end_;
  for (const Entry& entry : entries_) {
    if (entry.expendable && left + wanted > goal) {
      left -= entry.size;
    } else {
      kept.push_back(entry);
    }
  }
  if (left + wanted > most_) {
    return fail(ErrorKind::unavailable, fmt::format("{}: the spool is full: {} records of {} bytes",
                                                    path_, entries_.size(), end_));
  }
  const std::size_t dropped = entries_.size() - kept.size();
  LOCKSTEP_CHECK(rewrite(kept));
  return dropped;
}

Result<void> SpoolFile::rewrite(const std::deque<Entry>& kept) {
  const std::string fresh = path_ + ".new";
  std::ignore = ::unlink(fresh.c_str());
  LOCKSTEP_TRY(UniqueFd file, open_file(fresh));
  LOCKSTEP_CHECK(write_head(file.get()));
  std::deque<Entry> moved;
  std::uint64_t end = kHeadBytes;
  for (Entry entry : kept) {
    LOCKSTEP_TRY(const std::string record, read_at(file_.get(), entry.offset, entry.size, path_));
    LOCKSTEP_CHECK(write_at(file.get(), record, end, fresh));
    entry.offset = end;
    end += entry.size;
    moved.push_back(entry);
  }
  LOCKSTEP_CHECK(sync(file.get(), fresh));
  if (::rename(fresh.c_str(), path_.c_str()) != 0) {
    return std::unexpected(system_error(errno, path_));
  }
  sync_folder_of(path_);
  file_ = std::move(file);
  entries_ = std::move(moved);
  end_ = end;
  return {};
}

Result<std::optional<SpoolRecord>> SpoolFile::front() const {
  if (entries_.empty()) return std::optional<SpoolRecord>();
  const Entry& entry = entries_.front();
  LOCKSTEP_TRY(std::string bytes, read_at(file_.get(), entry.offset + kRecordHeadBytes,
                                          entry.size - kRecordHeadBytes, path_));
  return SpoolRecord{.number = entry.number, .at = entry.at, .bytes = std::move(bytes)};
}

Result<void> SpoolFile::pop() {
  entries_.pop_front();
  return entries_.empty() ? clear() : Result<void>();
}

/// The next number first: a record with one that was replayed would never be.
Result<void> SpoolFile::clear() {
  LOCKSTEP_CHECK(write_head(file_.get()));
  if (::ftruncate(file_.get(), static_cast<off_t>(kHeadBytes)) != 0) {
    return std::unexpected(system_error(errno, path_));
  }
  end_ = kHeadBytes;
  return sync(file_.get(), path_);
}

}  // namespace lockstep
