#include "scan/kept_table.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <tuple>

#include "scan/address_half.h"

namespace lockstep::scan {
namespace {

namespace fs = std::filesystem;

/// Its last character is the version of the layout, also that of the counters of a target.
constexpr std::uint64_t kMagic = 0x33656c6261746b6c;  // "lktable3"
constexpr const char* kExtension = ".scan";

/// The table begins on a page of its own.
constexpr std::size_t kHeaderBytes = 4096;

std::int64_t seconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

/// What makes two plans the same work: whom they ask what. Not how fast.
std::uint64_t identity_of(const Plan& plan) {
  std::vector<lockstep_u64> words{static_cast<lockstep_u64>(plan.protocol), plan.targets.size()};
  for (const PlanTarget& target : plan.targets) {
    words.push_back(target.address.is_v4() ? 4 : 6);
    words.push_back(half(target.address, 0));
    words.push_back(half(target.address, 8));
    // Plans without shares are what they always were.
    if (target.count == PlanTarget::kAllPorts) continue;
    words.push_back(lockstep_u64{target.first} << 32 | target.count);
  }
  words.insert(words.end(), plan.ports.begin(), plan.ports.end());
  const lockstep_cookie_key no_secret{};
  return lockstep_siphash_words(&no_secret, words.data(), static_cast<unsigned>(words.size()));
}

/// The file at `path`, locked.
Result<UniqueFd> open_locked(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return std::unexpected(system_error(errno, path));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::unavailable,
                fmt::format("{}: another process is at the same work", path));
  }
  return file;
}

}  // namespace

struct KeptTable::Header {
  std::uint64_t magic;
  std::uint64_t identity;
  std::uint64_t targets;
  std::atomic<std::int64_t> alive;  // seconds since the epoch
  std::atomic<std::uint32_t> complete;
};

bool KeptTable::fits(const Header& header, const Plan& plan, std::chrono::seconds horizon) {
  const std::int64_t age = seconds_now() - header.alive.load();
  return header.magic == kMagic && header.identity == identity_of(plan) &&
         header.targets == plan.targets.size() && age >= 0 && age <= horizon.count();
}

Result<KeptTable> KeptTable::open(const KeepPlace& place, const Plan& plan) {
  static_assert(sizeof(Header) <= kHeaderBytes);
  std::error_code problem;
  fs::create_directories(place.folder, problem);
  if (problem) return std::unexpected(system_error(problem.value(), place.folder));
  const std::uint64_t identity = identity_of(plan);
  std::string path = fmt::format("{}/{:016x}{}", place.folder, identity, kExtension);
  LOCKSTEP_TRY(UniqueFd file, open_locked(path));
  const std::size_t bytes = kHeaderBytes + ResultTable::bytes(plan.targets.size());
  struct stat before {};
  const bool sized =
      ::fstat(file.get(), &before) == 0 && before.st_size == static_cast<off_t>(bytes);
  // A mapped page that finds no room on the disk would end the process.
  if (!sized && ::ftruncate(file.get(), 0) != 0) return std::unexpected(system_error(errno, path));
  if (const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes)); error != 0) {
    ::unlink(path.c_str());
    return std::unexpected(system_error(error, path));
  }
  void* const mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) return std::unexpected(system_error(errno, path));
  std::unique_ptr<void, Unmap> memory(mapped, Unmap{bytes});
  auto* const header = static_cast<Header*>(mapped);
  void* const body = static_cast<std::byte*>(mapped) + kHeaderBytes;
  const bool goes_on = sized && fits(*header, plan, place.horizon);
  if (!goes_on) {
    std::memset(mapped, 0, bytes);
    new (header) Header{kMagic, identity, plan.targets.size(), {seconds_now()}, {0}};
  }
  ResultTable table = ResultTable::in(body, plan.targets.size(),
                                      {.descriptor = file.get(), .offset = kHeaderBytes});
  std::uint64_t answers = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    answers += table.target(i).answered;
    if (header->complete == 0) table.target(i).status = TargetStatus::waiting;
  }
  return KeptTable(std::move(path), std::move(file), std::move(memory), std::move(table), answers);
}

bool KeptTable::complete() const {
  return header().complete != 0;
}

void KeptTable::note_complete() {
  header().complete = 1;
}

void KeptTable::note_alive() {
  header().alive = seconds_now();
}

void remove_old_tables(const KeepPlace& place) {
  std::error_code problem;
  for (const fs::directory_entry& entry : fs::directory_iterator(place.folder, problem)) {
    if (entry.path().extension() != kExtension) continue;
    const auto file = open_locked(entry.path());
    if (!file) continue;
    // What the kernel writes back late has no exact time; the table itself says it to the second.
    const auto written = fs::last_write_time(entry.path(), problem);
    const auto age = fs::file_time_type::clock::now() - written;
    if (!problem && age > place.horizon + std::chrono::hours(1)) ::unlink(entry.path().c_str());
  }
}

}  // namespace lockstep::scan
