#include "services/users/user_set.h"

#include <memory>
#include <optional>
#include <string_view>

#include "services/own/own_matcher.h"
#include "services/probe_file.h"
#include "services/recog/recog_file.h"
#include "services/recog/recognizer.h"

namespace lockstep::services {
namespace {

constexpr std::string_view kKind = "lockstep services 1\n";

/// Ours, with the user's in front; the first file is the strongest, and so the last that is added.
Result<ProbeSet> probes_of(const std::vector<UserFile>& files) {
  LOCKSTEP_TRY(ProbeSet set, own_probes());
  for (std::size_t i = files.size(); i > 0; --i) {
    LOCKSTEP_CHECK(parse_own_probe_file(files[i - 1].text, files[i - 1].name, set));
  }
  LOCKSTEP_CHECK(check_fallbacks(set));
  return set;
}

/// Null without files. It has no filter yet.
Result<std::unique_ptr<Recognizer>> recognizer_of(const std::vector<UserFile>& files) {
  if (files.empty()) return nullptr;
  std::vector<RecogFile> parsed;
  for (const UserFile& file : files) {
    LOCKSTEP_TRY(RecogFile one, parse_recog_file(file.text, file.name));
    parsed.push_back(std::move(one));
  }
  return std::make_unique<Recognizer>(std::move(parsed));
}

std::size_t signatures_in(const ProbeSet& set) {
  std::size_t count = 0;
  for (const ServiceProbe& probe : set.probes) count += probe.signatures.size();
  return count;
}

/// Of a filter that was kept: nothing where it was taken, else what was compiled instead.
using Compiled = std::optional<Result<std::vector<std::byte>>>;

/// Filters from the cache, else compiled, and then kept.
class Filters {
 public:
  Filters(const FilterCache& cache, const Compiling& compiling)
      : cache_(cache), compiling_(compiling) {}

  /// `make`(what the cache has) -> Compiled. Where nothing can be serialised, it is empty.
  template <typename Make>
  std::vector<std::byte> filter(std::uint64_t key, std::size_t patterns, Make make) {
    auto kept = cache_.read(key).value_or(std::vector<std::byte>());
    if (kept.empty() && compiling_) compiling_(patterns);
    Compiled made = make(kept);
    if (!made) return kept;
    compiled_ = true;
    if (!*made) return {};
    cache_.write(key, **made);
    return std::move(**made);
  }
  bool compiled() const { return compiled_; }

 private:
  const FilterCache& cache_;
  const Compiling& compiling_;
  bool compiled_ = false;
};

// --- Bytes. ---

class Writer {
 public:
  void put(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      bytes_.push_back(static_cast<std::byte>(number >> shift & 0xff));
    }
  }
  void put(std::span<const std::byte> bytes) {
    put(bytes.size());
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void put(std::string_view text) { put(std::as_bytes(std::span(text))); }
  void put(const std::vector<UserFile>& files) {
    put(files.size());
    for (const UserFile& file : files) {
      put(file.name);
      put(file.text);
    }
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// After something that is missing, nothing more is there.
class BytesReader {
 public:
  explicit BytesReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::uint64_t number() {
    const auto bytes = take(8);
    std::uint64_t number = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
      number = number << 8 | static_cast<std::uint64_t>(bytes[i - 1]);
    }
    return number;
  }
  std::span<const std::byte> bytes() { return take(number()); }
  std::string text() {
    const auto all = bytes();
    return std::string(reinterpret_cast<const char*>(all.data()), all.size());
  }
  std::vector<UserFile> files() {
    std::vector<UserFile> result;
    const std::uint64_t count = number();
    for (std::uint64_t i = 0; i < count && good_ && i < kMostUserFiles; ++i) {
      std::string name = text();
      result.push_back({.name = std::move(name), .text = text()});
    }
    good_ = good_ && result.size() == count;
    return result;
  }
  bool finished() const { return good_ && rest_.empty(); }

 private:
  std::span<const std::byte> take(std::uint64_t count) {
    if (!good_ || count > rest_.size()) {
      good_ = false;
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::span<const std::byte> rest_;
  bool good_ = true;
};

}  // namespace

Result<UserSet> prepare(UserFiles files, const FilterCache& cache, UserSetNotes* notes,
                        const Compiling& compiling) {
  UserSet result{.files = std::move(files), .filter = {}, .recog_filter = {}};
  UserSetNotes told;
  LOCKSTEP_TRY(const std::unique_ptr<Recognizer> recognizer, recognizer_of(result.files.recog));
  LOCKSTEP_TRY(ProbeSet set, probes_of(result.files.probes));
  told.signatures = signatures_in(set);
  Filters filters(cache, compiling);
  if (!result.files.probes.empty()) {
    const std::uint64_t key = filter_key(set);
    Result<void> good;
    result.filter =
        filters.filter(key, told.signatures, [&](std::span<const std::byte> kept) -> Compiled {
          const auto matcher = Matcher::create(std::move(set), kept);
          if (!matcher) good = std::unexpected(matcher.error());
          if (!matcher || matcher->took_filter()) return std::nullopt;
          return matcher->serialize_filter();
        });
    LOCKSTEP_CHECK(good);
  }
  if (recognizer) {
    result.recog_filter = filters.filter(recognizer->filter_key(), recognizer->fingerprints(),
                                         [&](std::span<const std::byte> kept) -> Compiled {
                                           recognizer->make_filter(kept);
                                           if (recognizer->took_filter()) return std::nullopt;
                                           return recognizer->serialize_filter();
                                         });
    told.fingerprints = recognizer->fingerprints();
    told.left_out = recognizer->left_out();
    told.unused_files = recognizer->unused_files();
  }
  told.compiled = filters.compiled();
  if (notes != nullptr) *notes = std::move(told);
  return result;
}

Result<Matcher> matcher_of(const UserSet& set) {
  LOCKSTEP_TRY(std::unique_ptr<Recognizer> recognizer, recognizer_of(set.files.recog));
  if (recognizer) recognizer->make_filter(set.recog_filter);
  if (set.files.probes.empty()) return own_matcher(std::move(recognizer));
  LOCKSTEP_TRY(ProbeSet probes, probes_of(set.files.probes));
  return Matcher::create(std::move(probes), set.filter, std::move(recognizer));
}

std::vector<std::byte> encode(const UserSet& set) {
  Writer writer;
  writer.put(kKind);
  writer.put(set.files.probes);
  writer.put(set.files.recog);
  writer.put(set.filter);
  writer.put(set.recog_filter);
  return writer.take();
}

Result<UserSet> decode(std::span<const std::byte> bytes) {
  BytesReader reader(bytes);
  const bool known = reader.text() == kKind;
  UserSet set;
  set.files.probes = reader.files();
  set.files.recog = reader.files();
  const auto filter = reader.bytes();
  const auto recog_filter = reader.bytes();
  if (!known || !reader.finished()) {
    return fail(ErrorKind::corrupt, "what was handed over is no set of probes");
  }
  set.filter.assign(filter.begin(), filter.end());
  set.recog_filter.assign(recog_filter.begin(), recog_filter.end());
  return set;
}

}  // namespace lockstep::services
