#include "services/matcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "services/answer_cache.h"
#include "services/pattern.h"
#include "services/signature_filter.h"

namespace lockstep::services {
namespace {

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

std::vector<const Signature*> signatures_of(const ProbeSet& set) {
  std::vector<const Signature*> signatures;
  for (const ServiceProbe& probe : set.probes) {
    for (const Signature& signature : probe.signatures) signatures.push_back(&signature);
  }
  return signatures;
}

}  // namespace

struct Matcher::Compiled {
  /// Indices into `signatures`.
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t end = 0;
  };

  static Result<std::unique_ptr<Compiled>> create(ProbeSet given,
                                                  std::span<const std::byte> serialized,
                                                  std::unique_ptr<Refiner> refiner) {
    auto result = std::make_unique<Compiled>();
    result->set = std::move(given);
    result->refiner = std::move(refiner);
    result->signatures = signatures_of(result->set);
    for (const ServiceProbe& probe : result->set.probes) {
      const auto first = static_cast<std::uint32_t>(result->patterns.size());
      for (const Signature& signature : probe.signatures) {
        auto pattern = Pattern::compile(signature);
        if (!pattern)
          return std::unexpected(pattern.error().within(result->set.place_of(signature)));
        result->patterns.push_back(std::move(*pattern));
      }
      result->own.push_back({first, static_cast<std::uint32_t>(result->patterns.size())});
    }
    result->filter.emplace(result->signatures, serialized);
    for (const ServiceProbe& probe : result->set.probes) {
      result->tried.push_back(result->ranges_of(probe));
    }
    return result;
  }

  /// Whose signatures an answer to `probe` is tried with, in order.
  std::vector<Range> ranges_of(const ServiceProbe& probe) const {
    std::vector<Range> ranges;
    const auto add = [&](const ServiceProbe* other) {
      if (other != nullptr) {
        ranges.push_back(own[number_of(*other)]);
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
    return tried[number_of(probe)];
  }

  /// Whether signature `index` fits; then `match` is filled.
  bool fits(std::uint32_t index, std::string_view answer, Match& match) {
    switch (runner.run(patterns[index], answer)) {
      case Fit::no: return false;
      case Fit::given_up: match.limited = true; return false;
      case Fit::yes: break;
    }
    match.service = fill(*signatures[index], runner.captures());
    if (refiner) refiner->refine(answer, match);
    return true;
  }

  std::size_t number_of(const ServiceProbe& probe) const {
    return static_cast<std::size_t>(&probe - set.probes.data());
  }

  ProbeSet set;
  std::vector<const Signature*> signatures;  // of all probes, one after the other
  std::vector<Pattern> patterns;             // of each
  std::vector<Range> own;                    // of each probe
  std::vector<std::vector<Range>> tried;     // of each probe, in order: its own and those of others
  std::optional<SignatureFilter> filter;
  PatternRunner runner;
  std::unique_ptr<Refiner> refiner;  // or null
  AnswerCache answers{kMostKeptAnswers, kMostKeptBytes};
};

std::uint64_t filter_key(const ProbeSet& set) {
  return SignatureFilter::key_of(signatures_of(set));
}

Matcher::Matcher(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;
Matcher::~Matcher() = default;

Result<Matcher> Matcher::create(ProbeSet set, std::span<const std::byte> filter,
                                std::unique_ptr<Refiner> refiner) {
  LOCKSTEP_TRY(auto compiled, Compiled::create(std::move(set), filter, std::move(refiner)));
  return Matcher(std::move(compiled));
}

const ProbeSet& Matcher::probes() const {
  return compiled_->set;
}

Match Matcher::match(const ServiceProbe& probe, std::string_view answer) {
  answer = answer.substr(0, kMostMatchedBytes);
  const std::size_t number = compiled_->number_of(probe);
  if (const Match* const kept = compiled_->answers.find(number, answer)) return *kept;
  Match match = match_anew(probe, answer);
  compiled_->answers.add(number, answer, match);
  return match;
}

Match Matcher::match_anew(const ServiceProbe& probe, std::string_view answer) {
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

std::uint64_t Matcher::patterns_tried() const {
  return compiled_->runner.runs();
}

bool Matcher::took_filter() const {
  return compiled_->filter->from_serialized();
}

Result<std::vector<std::byte>> Matcher::serialize_filter() const {
  return compiled_->filter->serialize();
}

}  // namespace lockstep::services
