#define PCRE2_CODE_UNIT_WIDTH 8

#include "services/pattern.h"

#include <fmt/format.h>
#include <pcre2.h>

#include "base/text.h"

namespace lockstep::services {
namespace {

// Of one try at one place of the answer; an honest answer needs some thousands of steps.
constexpr std::uint32_t kMostSteps = 200'000;
constexpr std::uint32_t kMostDepth = 1'000;
constexpr std::uint32_t kMostHeapKib = 4'096;

}  // namespace

void Pattern::Free::operator()(pcre2_real_code_8* code) const {
  pcre2_code_free(code);
}

Result<Pattern> Pattern::compile(const Signature& signature) {
  std::uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C;
  if (signature.ignore_case) options |= PCRE2_CASELESS;
  if (signature.dot_all) options |= PCRE2_DOTALL;
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(signature.pattern.data()),
                          signature.pattern.size(), options, &error, &offset, nullptr));
  if (code) return Pattern(std::move(code));
  std::array<PCRE2_UCHAR, 160> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return fail(ErrorKind::invalid,
              fmt::format("pattern {}: {} at its byte {}", quoted(signature.pattern),
                          reinterpret_cast<const char*>(text.data()), offset));
}

void PatternRunner::Free::operator()(pcre2_real_match_data_8* found) const {
  pcre2_match_data_free(found);
}

void PatternRunner::Free::operator()(pcre2_real_match_context_8* limits) const {
  pcre2_match_context_free(limits);
}

PatternRunner::PatternRunner()
    : found_(pcre2_match_data_create(kMostGroups, nullptr)),
      limits_(pcre2_match_context_create(nullptr)) {
  pcre2_set_match_limit(limits_.get(), kMostSteps);
  pcre2_set_depth_limit(limits_.get(), kMostDepth);
  pcre2_set_heap_limit(limits_.get(), kMostHeapKib);
}

Fit PatternRunner::run(const Pattern& pattern, std::string_view text) {
  ++runs_;
  groups_ = 0;
  const int count = pcre2_match(pattern.code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                                text.size(), 0, 0, found_.get(), limits_.get());
  if (count < 0) return count == PCRE2_ERROR_NOMATCH ? Fit::no : Fit::given_up;
  // 0: more groups than there are places for.
  const auto groups = count == 0 ? kMostGroups : static_cast<std::size_t>(count);
  const PCRE2_SIZE* const places = pcre2_get_ovector_pointer(found_.get());
  captures_ = {};
  for (std::size_t i = 0; i < groups; ++i) {
    const PCRE2_SIZE first = places[2 * i];
    const PCRE2_SIZE end = places[2 * i + 1];
    // With \K a match may begin behind its end.
    if (first != PCRE2_UNSET && first <= end) captures_[i] = text.substr(first, end - first);
  }
  groups_ = groups;
  return Fit::yes;
}

}  // namespace lockstep::services
