#include "services/users/filter_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/unique_fd.h"

namespace lockstep::services {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "filter-";

struct Head {
  std::array<char, 16> kind{'l', 'o', 'c', 'k', 's', 't', 'e', 'p',
                            ' ', 'f', 'i', 'l', 't', 'e', 'r', '\n'};
  std::uint64_t key = 0;
  std::uint64_t size = 0;
  std::uint64_t hash = 0;

  friend bool operator==(const Head&, const Head&) = default;
};

/// FNV-1a, against damage. What is against malice is that nobody else may write.
std::uint64_t hash_of(std::span<const std::byte> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte b : bytes) hash = (hash ^ static_cast<unsigned char>(b)) * 0x100000001b3;
  return hash;
}

bool read_all(int fd, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

bool write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

std::string FilterCache::path_of(std::uint64_t key) const {
  return fmt::format("{}/{}{:016x}", folder_, kPrefix, key);
}

std::optional<std::vector<std::byte>> FilterCache::read(std::uint64_t key) const {
  if (folder_.empty()) return std::nullopt;
  const UniqueFd file(::open(path_of(key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return std::nullopt;
  struct stat status {};
  const bool ours = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
                    status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  Head head;
  if (!ours || !read_all(file.get(), std::as_writable_bytes(std::span(&head, 1)))) {
    return std::nullopt;
  }
  if (head.size > kMostFilterBytes ||
      static_cast<std::uint64_t>(status.st_size) != sizeof head + head.size) {
    return std::nullopt;
  }
  std::vector<std::byte> filter(head.size);
  if (!read_all(file.get(), filter)) return std::nullopt;
  if (head != Head{.key = key, .size = filter.size(), .hash = hash_of(filter)}) return std::nullopt;
  return filter;
}

bool FilterCache::write(std::uint64_t key, std::span<const std::byte> filter) const {
  if (folder_.empty() || filter.size() > kMostFilterBytes) return false;
  std::error_code problem;
  fs::create_directories(folder_, problem);
  std::string temporary = folder_ + "/new-XXXXXX";
  const UniqueFd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) return false;
  const Head head{.key = key, .size = filter.size(), .hash = hash_of(filter)};
  const bool kept = write_all(file.get(), std::as_bytes(std::span(&head, 1))) &&
                    write_all(file.get(), filter) && ::fsync(file.get()) == 0 &&
                    ::rename(temporary.c_str(), path_of(key).c_str()) == 0;
  if (!kept) ::unlink(temporary.c_str());
  remove_oldest();
  return kept;
}

void FilterCache::remove_oldest() const {
  std::vector<std::pair<fs::file_time_type, fs::path>> kept;
  std::error_code problem;
  fs::directory_iterator entry(folder_, problem);
  for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
    if (!entry->path().filename().string().starts_with(kPrefix)) continue;
    std::error_code gone;
    const auto written = entry->last_write_time(gone);
    if (!gone) kept.emplace_back(written, entry->path());
  }
  std::ranges::sort(kept);
  for (std::size_t i = 0; i + kMostKeptFilters < kept.size(); ++i)
    fs::remove(kept[i].second, problem);
}

}  // namespace lockstep::services
