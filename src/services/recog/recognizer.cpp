#include "services/recog/recognizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "services/recog/conclusions.h"

namespace lockstep::services {

Recognizer::Recognizer(std::vector<RecogFile> files) {
  std::vector<std::pair<double, std::size_t>> order;  // of equals the first
  for (std::size_t i = 0; i < files.size(); ++i) order.emplace_back(-files[i].preference, i);
  std::ranges::sort(order);
  for (const auto& [preference, i] : order) add(std::move(files[i]));
}

void Recognizer::add(RecogFile file) {
  left_out_.insert(left_out_.end(), file.left_out.begin(), file.left_out.end());
  auto part = AnswerPart::named(file.matches);
  if (!part) {
    unused_files_.push_back(fmt::format("{}: fingerprints of {}, which Lockstep does not ask for",
                                        file.name, quoted(file.matches)));
    return;
  }
  Database database{.part = std::move(*part),
                    .first = static_cast<std::uint32_t>(patterns_.size())};
  for (Fingerprint& fingerprint : file.fingerprints) {
    auto pattern = compile(fingerprint);
    if (!pattern) {
      left_out_.push_back(fmt::format("{}:{}: {}", file.name, fingerprint.signature.line,
                                      pattern.error().message()));
      continue;
    }
    fingerprint.examples.clear();
    patterns_.push_back(std::move(*pattern));
    fingerprints_.push_back(std::move(fingerprint));
  }
  database.end = static_cast<std::uint32_t>(patterns_.size());
  databases_.push_back(std::move(database));
}

Result<Pattern> Recognizer::compile(const Fingerprint& fingerprint) {
  LOCKSTEP_TRY(Pattern pattern, Pattern::compile(fingerprint.signature));
  for (const RecogExample& example : fingerprint.examples) {
    if (runner_.run(pattern, example.text) != Fit::yes) {
      return fail(ErrorKind::invalid,
                  fmt::format("the pattern does not fit its own example {}", quoted(example.text)));
    }
    const Conclusions conclusions(fingerprint, runner_.captures());
    for (const auto& [name, value] : example.expected) {
      if (conclusions.raw(name) == value) continue;
      return fail(ErrorKind::invalid, fmt::format("of its own example {} it tells {} {} and not {}",
                                                  quoted(example.text), quoted(name),
                                                  quoted(conclusions.raw(name)), quoted(value)));
    }
  }
  return pattern;
}

std::vector<const Signature*> Recognizer::signatures() const {
  std::vector<const Signature*> result;
  result.reserve(fingerprints_.size());
  for (const Fingerprint& fingerprint : fingerprints_) result.push_back(&fingerprint.signature);
  return result;
}

std::uint64_t Recognizer::filter_key() const {
  return SignatureFilter::key_of(signatures());
}

void Recognizer::make_filter(std::span<const std::byte> serialized) {
  filter_.emplace(signatures(), serialized);
}

void Recognizer::refine(std::string_view answer, Match& match) {
  for (const Database& database : databases_) {
    if (!database.part.is_of(match.service.name)) continue;
    for (const std::string& text : database.part.of(answer)) {
      if (try_text(database, text, match)) break;
    }
  }
}

bool Recognizer::try_text(const Database& database, std::string_view text, Match& match) {
  const auto candidates = filter_->candidates(text);
  for (auto at = std::ranges::lower_bound(candidates, database.first);
       at != candidates.end() && *at < database.end; ++at) {
    const Fit fit = runner_.run(patterns_[*at], text);
    match.limited = match.limited || fit == Fit::given_up;
    if (fit != Fit::yes) continue;
    Conclusions(fingerprints_[*at], runner_.captures()).refine(match.service);
    return true;
  }
  return false;
}

}  // namespace lockstep::services
