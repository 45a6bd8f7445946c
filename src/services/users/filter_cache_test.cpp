#include "services/users/filter_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "services/users/test_folder.h"

namespace lockstep::services {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string file_in(const TestFolder& folder) {
  return folder.path("cache/filter-000000000000002a");
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(FilterCache, KeepsWhatWasWritten) {
  const TestFolder folder;
  const FilterCache cache(folder.path("cache"));
  EXPECT_FALSE(cache.read(42));
  ASSERT_TRUE(cache.write(42, bytes_of("filter")));
  EXPECT_EQ(cache.read(42), bytes_of("filter"));
  EXPECT_FALSE(cache.read(43));
  ASSERT_TRUE(cache.write(42, bytes_of("another")));
  EXPECT_EQ(cache.read(42), bytes_of("another"));
  ASSERT_TRUE(cache.write(43, {}));
  EXPECT_EQ(cache.read(43), bytes_of(""));
}

TEST(FilterCache, DoesNotTakeWhatIsDamaged) {
  const TestFolder folder;
  const FilterCache cache(folder.path("cache"));
  ASSERT_TRUE(cache.write(42, bytes_of("filter")));
  const std::string path = file_in(folder);
  const std::string good = content_of(path);
  const auto with = [&](std::string text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    return cache.read(42).has_value();
  };
  ASSERT_TRUE(with(good));
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(with(good.substr(0, size)));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    EXPECT_FALSE(with(changed)) << i;
  }
  EXPECT_FALSE(with(good + "x"));
  EXPECT_FALSE(with(good + good));
  ASSERT_TRUE(cache.write(42, bytes_of("filter")));
  EXPECT_TRUE(cache.read(42));
}

TEST(FilterCache, DoesNotTakeWhatOthersMayWrite) {
  const TestFolder folder;
  const FilterCache cache(folder.path("cache"));
  for (const mode_t mode : {0620, 0602}) {
    ASSERT_TRUE(cache.write(42, bytes_of("filter")));
    ASSERT_EQ(::chmod(file_in(folder).c_str(), mode), 0);
    EXPECT_FALSE(cache.read(42));
  }
  const std::string elsewhere = folder.write("elsewhere", content_of(file_in(folder)));
  std::filesystem::remove(file_in(folder));
  std::filesystem::create_symlink(elsewhere, file_in(folder));
  EXPECT_FALSE(cache.read(42));
}

TEST(FilterCache, WithoutAPlaceNothingIsKept) {
  const TestFolder folder;
  const std::string file = folder.write("file", "x");
  for (const std::string& place :
       {std::string(), file, file + "/below", std::string("/proc/none")}) {
    const FilterCache cache(place);
    EXPECT_FALSE(cache.write(42, bytes_of("filter"))) << place;
    EXPECT_FALSE(cache.read(42)) << place;
  }
}

TEST(FilterCache, TheOldestGo) {
  const TestFolder folder;
  const FilterCache cache(folder.path("cache"));
  folder.write("cache/unrelated", "x");
  for (std::uint64_t key = 0; key < kMostKeptFilters + 5; ++key) {
    ASSERT_TRUE(cache.write(key, bytes_of("x")));
    const auto written = std::filesystem::file_time_type::clock::now() -
                         std::chrono::hours(kMostKeptFilters + 10 - key);
    std::filesystem::last_write_time(folder.path(fmt::format("cache/filter-{:016x}", key)),
                                     written);
  }
  std::size_t kept = 0;
  for (std::uint64_t key = 0; key < kMostKeptFilters + 5; ++key) kept += cache.read(key) ? 1 : 0;
  EXPECT_EQ(kept, kMostKeptFilters);
  EXPECT_FALSE(cache.read(0));
  EXPECT_TRUE(cache.read(kMostKeptFilters + 4));
  EXPECT_TRUE(std::filesystem::exists(folder.path("cache/unrelated")));
}

}  // namespace
}  // namespace lockstep::services
