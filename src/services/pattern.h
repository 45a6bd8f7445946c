// A pattern as PCRE2 runs it, with limits to its steps, depth and memory. For matcher.h and recog/.
//
// It is interpreted (no JIT, which wants memory that is both written and executed).

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "services/field_template.h"
#include "services/probe.h"

struct pcre2_real_code_8;
struct pcre2_real_match_context_8;
struct pcre2_real_match_data_8;

namespace lockstep::services {

/// Groups that are told apart, the whole match among them.
inline constexpr std::size_t kMostGroups = 16;

class Pattern {
 public:
  /// Errors: `invalid`; what PCRE2 says of it, and where in the pattern.
  static Result<Pattern> compile(const Signature& signature);

 private:
  friend class PatternRunner;
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
  };
  using Code = std::unique_ptr<pcre2_real_code_8, Free>;
  explicit Pattern(Code code) : code_(std::move(code)) {}

  Code code_;
};

enum class Fit : std::uint8_t {
  yes,
  no,
  given_up,  ///< it ran into a limit
};

/// One thread at a time.
class PatternRunner {
 public:
  PatternRunner();

  Fit run(const Pattern& pattern, std::string_view text);
  /// Of the last text that fitted; views into it.
  Captures captures() const { return {captures_.data(), groups_}; }
  /// How often run() was called.
  std::uint64_t runs() const { return runs_; }

 private:
  struct Free {
    void operator()(pcre2_real_match_data_8* found) const;
    void operator()(pcre2_real_match_context_8* limits) const;
  };

  std::unique_ptr<pcre2_real_match_data_8, Free> found_;
  std::unique_ptr<pcre2_real_match_context_8, Free> limits_;
  std::array<std::string_view, kMostGroups> captures_{};
  std::size_t groups_ = 0;
  std::uint64_t runs_ = 0;
};

}  // namespace lockstep::services
