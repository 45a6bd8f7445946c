#include "services/signature_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>

namespace lockstep::services {
namespace {

unsigned flags_of(const Signature& signature) {
  unsigned flags = HS_FLAG_PREFILTER | HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY;
  if (signature.ignore_case) flags |= HS_FLAG_CASELESS;
  if (signature.dot_all) flags |= HS_FLAG_DOTALL;
  return flags;
}

/// Larger bounds of repeats cost the library seconds and megabytes each.
constexpr unsigned kMostRepeats = 32;

/// Goes up with each change of what is made of a pattern here: filters that were kept are then
/// those of others.
constexpr unsigned char kRules = 1;

/// "{3,1500}" as it is, or nothing. `pattern` begins with the brace.
struct Repeat {
  unsigned least = 0;
  unsigned most = 0;  // as `least` where there is no comma; kNoBound where nothing follows it
  std::size_t length = 0;
};
constexpr unsigned kNoBound = 0xffffffff;

std::optional<Repeat> parse_repeat(std::string_view pattern) {
  const std::size_t close = pattern.find('}');
  if (close == pattern.npos) return {};
  const std::string_view inside = pattern.substr(1, close - 1);
  Repeat repeat{.least = 0, .most = kNoBound, .length = close + 1};
  const char* const end = inside.data() + inside.size();
  const auto [rest, error] =
      std::from_chars(inside.data(), inside.data() + inside.size(), repeat.least);
  if (error != std::errc()) return {};
  if (rest == end) {
    repeat.most = repeat.least;
    return repeat;
  }
  if (*rest != ',') return {};
  if (rest + 1 == end) return repeat;
  const auto upper = std::from_chars(rest + 1, end, repeat.most);
  return upper.ec == std::errc() && upper.ptr == end ? std::optional(repeat) : std::nullopt;
}

/// Where the character class that begins at `first` ends, or the end of the pattern.
std::size_t end_of_class(std::string_view pattern, std::size_t first) {
  std::size_t i = first + 1;
  if (i < pattern.size() && pattern[i] == '^') ++i;
  if (i < pattern.size() && pattern[i] == ']') ++i;
  for (; i < pattern.size() && pattern[i] != ']'; ++i) {
    if (pattern[i] == '\\') ++i;
    if (pattern.substr(i).starts_with("[:"))
      i = std::min(pattern.find(":]", i), pattern.size() - 2) + 1;
  }
  return std::min(i + 1, pattern.size());
}

/// A pattern that fits whatever `pattern` does, and perhaps more: large bounds of repeats are none.
/// And without zero bytes, at which the library's patterns end.
std::string relaxed(std::string_view pattern) {
  std::string result;
  const auto copy = [&](std::string_view part) {
    for (const char c : part) {
      if (c == '\0') {
        result += "\\x00";
      } else {
        result += c;
      }
    }
  };
  for (std::size_t i = 0; i < pattern.size();) {
    std::size_t length = 1;
    if (pattern[i] == '\\') {
      length = 2;
    } else if (pattern[i] == '[') {
      length = end_of_class(pattern, i) - i;
    } else if (pattern[i] == '{') {
      if (const auto repeat = parse_repeat(pattern.substr(i));
          repeat && (repeat->most > kMostRepeats || repeat->least > kMostRepeats)) {
        result += fmt::format("{{{},}}", std::min(repeat->least, kMostRepeats));
        i += repeat->length;
        continue;
      }
    }
    copy(pattern.substr(i, length));
    i += length;
  }
  return result;
}

bool is_accepted(const std::string& pattern, unsigned flags) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  const bool accepted = hs_expression_info(pattern.c_str(), flags, &info, &error) == HS_SUCCESS;
  // The library's own allocator, which is the standard one as long as nobody sets another.
  std::free(info);
  hs_free_compile_error(error);
  return accepted;
}

/// In front of a serialised database.
struct Head {
  std::uint64_t key = 0;
  std::uint64_t unfiltered = 0;  // how many indices of 32 bits follow
};

int note(unsigned id, unsigned long long /*from*/, unsigned long long /*to*/, unsigned /*flags*/,
         void* found) {
  static_cast<std::vector<std::uint32_t>*>(found)->push_back(id);
  return 0;
}

}  // namespace

SignatureFilter::SignatureFilter(std::span<const Signature* const> signatures,
                                 std::span<const std::byte> serialized)
    : count_(signatures.size()), key_(key_of(signatures)) {
  from_serialized_ = take_serialized(serialized);
  if (!from_serialized_) compile(signatures);
  make_scratch();
}

/// FNV-1a over what decides how a database comes out.
std::uint64_t SignatureFilter::key_of(std::span<const Signature* const> signatures) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](std::string_view bytes) {
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  };
  add(hs_version());
  const char rules[] = {'\0', static_cast<char>(kRules)};
  add({rules, sizeof rules});
  for (const Signature* signature : signatures) {
    const char head[] = {'\0', static_cast<char>(signature->ignore_case),
                         static_cast<char>(signature->dot_all)};
    add({head, sizeof head});
    add(signature->pattern);
  }
  return hash;
}

bool SignatureFilter::take_serialized(std::span<const std::byte> serialized) {
  Head head;
  if (serialized.size() < sizeof head) return false;
  std::memcpy(&head, serialized.data(), sizeof head);
  serialized = serialized.subspan(sizeof head);
  if (head.key != key_ || head.unfiltered > count_ ||
      serialized.size() < head.unfiltered * sizeof(std::uint32_t)) {
    return false;
  }
  std::vector<std::uint32_t> unfiltered(head.unfiltered);
  const auto indices = serialized.first(unfiltered.size() * sizeof(std::uint32_t));
  std::ranges::copy(indices, std::as_writable_bytes(std::span(unfiltered)).begin());
  if (!std::ranges::all_of(unfiltered, [this](std::uint32_t i) { return i < count_; }))
    return false;
  serialized = serialized.subspan(indices.size());
  hs_database_t* database = nullptr;
  if (hs_deserialize_database(reinterpret_cast<const char*>(serialized.data()), serialized.size(),
                              &database) != HS_SUCCESS) {
    return false;
  }
  database_.reset(database);
  unfiltered_ = std::move(unfiltered);
  return true;
}

void SignatureFilter::compile(std::span<const Signature* const> signatures) {
  std::vector<std::string> patterns;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (std::uint32_t i = 0; i < signatures.size(); ++i) {
    std::string pattern = relaxed(signatures[i]->pattern);
    if (!is_accepted(pattern, flags_of(*signatures[i]))) {
      unfiltered_.push_back(i);
      continue;
    }
    patterns.push_back(std::move(pattern));
    flags.push_back(flags_of(*signatures[i]));
    ids.push_back(i);
  }
  // What is well formed may still be too much for it. A compilation ends at the first such pattern.
  while (!patterns.empty()) {
    std::vector<const char*> texts;
    texts.reserve(patterns.size());
    for (const std::string& pattern : patterns) texts.push_back(pattern.c_str());
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    const hs_platform_info_t generic{};
    const auto status = hs_compile_multi(texts.data(), flags.data(), ids.data(),
                                         static_cast<unsigned>(texts.size()), HS_MODE_BLOCK,
                                         &generic, &database, &error);
    database_.reset(database);
    if (status == HS_SUCCESS) break;
    const int refused = error != nullptr ? error->expression : -1;
    hs_free_compile_error(error);
    if (refused < 0) return filter_nothing();
    unfiltered_.push_back(ids[static_cast<std::size_t>(refused)]);
    patterns.erase(patterns.begin() + refused);
    flags.erase(flags.begin() + refused);
    ids.erase(ids.begin() + refused);
  }
  std::ranges::sort(unfiltered_);
}

void SignatureFilter::make_scratch() {
  hs_scratch_t* scratch = nullptr;
  if (database_ && hs_alloc_scratch(database_.get(), &scratch) != HS_SUCCESS) filter_nothing();
  scratch_.reset(scratch);
}

void SignatureFilter::filter_nothing() {
  database_.reset();
  unfiltered_.resize(count_);
  std::iota(unfiltered_.begin(), unfiltered_.end(), 0U);
}

std::span<const std::uint32_t> SignatureFilter::candidates(std::string_view bytes) {
  found_ = unfiltered_;
  if (database_ && hs_scan(database_.get(), bytes.data(), static_cast<unsigned>(bytes.size()), 0,
                           scratch_.get(), note, &found_) != HS_SUCCESS) {
    found_.resize(count_);
    std::iota(found_.begin(), found_.end(), 0U);
    return found_;
  }
  std::ranges::sort(found_);
  return found_;
}

Result<std::vector<std::byte>> SignatureFilter::serialize() const {
  if (!database_) return fail(ErrorKind::unsupported, "no pattern that Vectorscan takes");
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(database_.get(), &bytes, &size) != HS_SUCCESS) {
    return fail(ErrorKind::unavailable, "Vectorscan cannot serialise its database");
  }
  const Head head{.key = key_, .unfiltered = unfiltered_.size()};
  std::vector<std::byte> result;
  const auto add = [&result](const void* from, std::size_t count) {
    const auto* const first = static_cast<const std::byte*>(from);
    result.insert(result.end(), first, first + count);
  };
  add(&head, sizeof head);
  add(unfiltered_.data(), unfiltered_.size() * sizeof(std::uint32_t));
  add(bytes, size);
  std::free(bytes);
  return result;
}

}  // namespace lockstep::services
