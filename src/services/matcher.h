// Finds the signature that an answer fits.
//
// One pass over the answer tells which signatures may fit (signature_filter.h); PCRE2 tries these
// in the order of the file, and says what they capture. So an answer costs one pass and about one
// match, however many signatures there are.
//
// A pattern that runs into a limit (pattern.h) does not fit, and the result says so. What an answer
// has told is kept, so that the next clone that says the same costs no pattern at all.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/match.h"
#include "services/probe.h"

namespace lockstep::services {

/// Longer answers are cut to this: what tells a service stands at its front.
inline constexpr std::size_t kMostMatchedBytes = 65536;

/// What is kept of answers: so many of them, and so many bytes of all together.
inline constexpr std::size_t kMostKeptAnswers = 4096;
inline constexpr std::size_t kMostKeptBytes = 8 << 20;

/// Of which the filter of `set` is: of all patterns, and of what makes a filter of them.
std::uint64_t filter_key(const ProbeSet& set);

/// One thread at a time.
class Matcher {
 public:
  /// `filter`: what serialize_filter() gave of the same set, or empty: then it is compiled, which
  /// takes a second for a thousand signatures. `refiner` may be null. Errors: `invalid`, naming the
  /// line of a pattern that PCRE2 refuses.
  static Result<Matcher> create(ProbeSet set, std::span<const std::byte> filter = {},
                                std::unique_ptr<Refiner> refiner = nullptr);
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;
  ~Matcher();

  const ProbeSet& probes() const;

  /// What an answer to `probe`, one of probes(), tells: by the probe's own signatures, then by
  /// those of its fallbacks, then by those of the probe that only listens. The first that fits
  /// counts, and the refiner adds to it.
  Match match(const ServiceProbe& probe, std::string_view answer);

  /// The same without what is kept of earlier answers.
  Match match_anew(const ServiceProbe& probe, std::string_view answer);
  /// The same by PCRE2 alone, each pattern after the other: what match() is measured and tested
  /// against.
  Match match_one_by_one(const ServiceProbe& probe, std::string_view answer);

  /// How many signatures are tried each time, as the filter does not take them.
  std::size_t unfiltered() const;
  /// How often a pattern was tried at an answer, ever.
  std::uint64_t patterns_tried() const;
  /// Whether the filter given to create() was one of this set.
  bool took_filter() const;
  Result<std::vector<std::byte>> serialize_filter() const;

 private:
  struct Compiled;
  explicit Matcher(std::unique_ptr<Compiled> compiled);

  std::unique_ptr<Compiled> compiled_;
};

}  // namespace lockstep::services
