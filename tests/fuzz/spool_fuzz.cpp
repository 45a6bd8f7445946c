// What a daemon finds in its spool after a crash, or after a disk that lied: whatever the bytes,
// the file is opened, gives what is whole and takes more; and a record that is read can be written
// and read again. The first byte says which: 0 a record, 1 a file, other: a good file of which
// bytes were changed.

#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "control/spooled.h"
#include "store/spool/spool_file.h"

namespace {

using namespace lockstep;

constexpr std::uint64_t kMostBytes = 1 << 20;
constexpr std::size_t kChange = 3;  // where, in two bytes, and what it is then
const WallTime kAt = WallTime(std::chrono::seconds(1'782'907'200));

/// A spool in memory where there is such a folder: thousands a second are synced.
class Place {
 public:
  Place() {
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    std::string pattern = memory ? "/dev/shm/lockstep-fuzz-XXXXXX" : "/tmp/lockstep-fuzz-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ~Place() { std::filesystem::remove_all(folder_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string path() const { return folder_ / "spool"; }
  void write(std::string_view bytes) const {
    std::ofstream(path(), std::ios::binary).write(bytes.data(), static_cast<long>(bytes.size()));
  }
  std::string read() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path folder_;
};

const Place& place() {
  static const Place one;
  return one;
}

/// What it gives, to its end; by number.
std::map<std::int64_t, std::string> drained(SpoolFile& spool) {
  std::map<std::int64_t, std::string> records;
  for (std::size_t left = spool.size(); left > 0; --left) {
    const auto record = spool.front();
    if (!record || !*record || spool.size() != left) std::abort();
    records[(*record)->number] = (*record)->bytes;
    if (!spool.pop()) std::abort();
  }
  if (!spool.empty()) std::abort();
  return records;
}

/// Opens what is there, and keeps one more, which is there afterwards with the others.
std::map<std::int64_t, std::string> try_spool() {
  std::size_t before = 0;
  {
    auto spool = SpoolFile::open(place().path(), kMostBytes);
    if (!spool) std::abort();
    before = spool->size();
    if (!spool->append("last", kAt, false)) std::abort();
  }
  auto spool = SpoolFile::open(place().path(), kMostBytes);
  // What was mended once is whole.
  if (!spool || spool->size() != before + 1) std::abort();
  auto records = drained(*spool);
  const auto last = std::prev(records.end());
  if (last->first < 1 || last->second != "last") std::abort();
  records.erase(last);
  return records;
}

void try_file(std::string_view bytes) {
  place().write(bytes);
  std::ignore = try_spool();
}

/// Changed bytes cost the records that they are in, and never make one that nobody wrote.
void try_changes(std::string_view bytes, std::size_t records) {
  std::filesystem::remove(place().path());
  const std::size_t each = bytes.size() / (2 * records);
  std::map<std::int64_t, std::string> kept;
  {
    auto spool = SpoolFile::open(place().path(), kMostBytes);
    if (!spool) std::abort();
    for (std::size_t i = 0; i < records; ++i) {
      kept[static_cast<std::int64_t>(i) + 1] = bytes.substr(i * each, each);
      if (!spool->append(bytes.substr(i * each, each), kAt, i % 2 == 0)) std::abort();
    }
  }
  std::string file = place().read();
  for (bytes.remove_prefix(records * each); bytes.size() >= kChange; bytes.remove_prefix(kChange)) {
    const auto low = static_cast<unsigned char>(bytes[0]);
    const auto high = static_cast<unsigned char>(bytes[1]);
    file[(low + high * std::size_t{256}) % file.size()] = bytes[2];
  }
  place().write(file);
  for (const auto& [number, payload] : try_spool()) {
    const auto known = kept.find(number);
    if (known == kept.end() || known->second != payload) std::abort();
  }
}

void try_record(std::string_view bytes) {
  const auto write = [](const auto& each) { return control::to_bytes(each); };
  const auto seen = control::read_spooled(bytes);
  if (!seen) return;
  const std::string once = std::visit(write, *seen);
  const auto again = control::read_spooled(once);
  if (!again || std::visit(write, *again) != once) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  // A copy of the exact size, so that a read beyond the end is seen.
  const std::string copy(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] == 0) {
    try_record(copy);
  } else if (data[0] == 1) {
    try_file(copy);
  } else {
    try_changes(copy, data[0] % 8 + 1);
  }
  return 0;
}
