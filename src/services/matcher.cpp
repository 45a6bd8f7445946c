#define PCRE2_CODE_UNIT_WIDTH 8

#include "services/matcher.h"

#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/text.h"
#include "services/signature_filter.h"

namespace lockstep::services {
namespace {

// Of one try at one place of the answer; an honest answer needs some thousands of steps.
constexpr std::uint32_t kMostSteps = 200'000;
constexpr std::uint32_t kMostDepth = 1'000;
constexpr std::uint32_t kMostHeapKib = 4'096;
constexpr std::uint32_t kMostGroups = 10;  // $0 to $9

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
using Code = std::unique_ptr<pcre2_code, FreeCode>;

Result<Code> compile_pattern(const Signature& signature) {
  std::uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C;
  if (signature.ignore_case) options |= PCRE2_CASELESS;
  if (signature.dot_all) options |= PCRE2_DOTALL;
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(signature.pattern.data()),
                          signature.pattern.size(), options, &error, &offset, nullptr));
  if (code) return code;
  std::array<PCRE2_UCHAR, 160> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return fail(ErrorKind::invalid, fmt::format("line {}: pattern {}: {} at its byte {}",
                                              signature.line, quoted(signature.pattern),
                                              reinterpret_cast<const char*>(text.data()), offset));
}

Service fill(const Signature& signature, Captures captures) {
  const FieldTemplates& fields = signature.fields;
  return {.name = signature.service,
          .match = signature.soft ? ServiceMatch::soft : ServiceMatch::hard,
          .product = fields.product.fill(captures),
          .version = fields.version.fill(captures),
          .info = fields.info.fill(captures),
          .hostname = fields.hostname.fill(captures),
          .system = fields.system.fill(captures),
          .device = fields.device.fill(captures),
          .hostkeys = {},
          .certificate_sha256 = {},
          .public_key_sha256 = {},
          .banner = {}};
}

}  // namespace

struct Matcher::Compiled {
  /// Indices into `signatures`.
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t end = 0;
  };

  static Result<std::unique_ptr<Compiled>> create(ProbeSet given,
                                                  std::span<const std::byte> serialized) {
    auto result = std::make_unique<Compiled>();
    result->set = std::move(given);
    for (const ServiceProbe& probe : result->set.probes) {
      const auto first = static_cast<std::uint32_t>(result->signatures.size());
      for (const Signature& signature : probe.signatures) {
        LOCKSTEP_TRY(Code code, compile_pattern(signature));
        result->signatures.push_back(&signature);
        result->codes.push_back(std::move(code));
      }
      result->own.push_back({first, static_cast<std::uint32_t>(result->signatures.size())});
    }
    result->filter.emplace(result->signatures, serialized);
    for (const ServiceProbe& probe : result->set.probes) {
      result->tried.push_back(result->ranges_of(probe));
    }
    pcre2_set_match_limit(result->limits.get(), kMostSteps);
    pcre2_set_depth_limit(result->limits.get(), kMostDepth);
    pcre2_set_heap_limit(result->limits.get(), kMostHeapKib);
    return result;
  }

  /// Whose signatures an answer to `probe` is tried with, in order.
  std::vector<Range> ranges_of(const ServiceProbe& probe) const {
    std::vector<Range> ranges;
    const auto add = [&](const ServiceProbe* other) {
      if (other != nullptr) {
        ranges.push_back(own[static_cast<std::size_t>(other - set.probes.data())]);
      }
    };
    add(&probe);
    for (const std::string& name : probe.fallbacks) add(set.find(probe.protocol, name));
    if (!probe.listens() && probe.protocol == Protocol::tcp) {
      add(set.find(Protocol::tcp, kListening));
    }
    return ranges;
  }

  const std::vector<Range>& ranges_for(const ServiceProbe& probe) const {
    return tried[static_cast<std::size_t>(&probe - set.probes.data())];
  }

  /// Whether signature `index` fits; then `match` is filled.
  bool fits(std::uint32_t index, std::string_view answer, Match& match) {
    const int count = pcre2_match(codes[index].get(), reinterpret_cast<PCRE2_SPTR>(answer.data()),
                                  answer.size(), 0, 0, found.get(), limits.get());
    if (count < 0) {
      match.limited = match.limited || count != PCRE2_ERROR_NOMATCH;
      return false;
    }
    // 0: more groups than there are places for.
    const auto groups = count == 0 ? kMostGroups : static_cast<std::uint32_t>(count);
    const PCRE2_SIZE* const places = pcre2_get_ovector_pointer(found.get());
    std::array<std::string_view, kMostGroups> captures{};
    for (std::size_t i = 0; i < groups; ++i) {
      const PCRE2_SIZE first = places[2 * i];
      const PCRE2_SIZE end = places[2 * i + 1];
      // With \K a match may begin behind its end.
      if (first != PCRE2_UNSET && first <= end) captures[i] = answer.substr(first, end - first);
    }
    match.service = fill(*signatures[index], captures);
    return true;
  }

  ProbeSet set;
  std::vector<const Signature*> signatures;  // of all probes, one after the other
  std::vector<Code> codes;                   // of each
  std::vector<Range> own;                    // of each probe
  std::vector<std::vector<Range>> tried;     // of each probe, in order: its own and those of others
  std::optional<SignatureFilter> filter;
  std::unique_ptr<pcre2_match_data, FreeMatch> found{pcre2_match_data_create(kMostGroups, nullptr)};
  std::unique_ptr<pcre2_match_context, FreeContext> limits{pcre2_match_context_create(nullptr)};
};

Matcher::Matcher(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;
Matcher::~Matcher() = default;

Result<Matcher> Matcher::create(ProbeSet set, std::span<const std::byte> filter) {
  LOCKSTEP_TRY(auto compiled, Compiled::create(std::move(set), filter));
  return Matcher(std::move(compiled));
}

const ProbeSet& Matcher::probes() const {
  return compiled_->set;
}

Match Matcher::match(const ServiceProbe& probe, std::string_view answer) {
  answer = answer.substr(0, kMostMatchedBytes);
  Match match;
  const auto candidates = compiled_->filter->candidates(answer);
  for (const Compiled::Range range : compiled_->ranges_for(probe)) {
    for (auto at = std::ranges::lower_bound(candidates, range.first);
         at != candidates.end() && *at < range.end; ++at) {
      if (compiled_->fits(*at, answer, match)) return match;
    }
  }
  return match;
}

Match Matcher::match_one_by_one(const ServiceProbe& probe, std::string_view answer) {
  answer = answer.substr(0, kMostMatchedBytes);
  Match match;
  for (const Compiled::Range range : compiled_->ranges_for(probe)) {
    for (std::uint32_t i = range.first; i < range.end; ++i) {
      if (compiled_->fits(i, answer, match)) return match;
    }
  }
  return match;
}

std::size_t Matcher::unfiltered() const {
  return compiled_->filter->unfiltered();
}

bool Matcher::took_filter() const {
  return compiled_->filter->from_serialized();
}

Result<std::vector<std::byte>> Matcher::serialize_filter() const {
  return compiled_->filter->serialize();
}

}  // namespace lockstep::services
