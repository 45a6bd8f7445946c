// Says more of services by a user's fingerprints of recog: product, version, vendor, system,
// device.
//
// Fingerprints tell a part of an answer, such as the header Server, where the matcher's signatures
// tell the whole. So they never give a service its name, and never change what a signature has
// said: they fill what it leaves open.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/match.h"
#include "services/pattern.h"
#include "services/recog/answer_part.h"
#include "services/recog/recog_file.h"
#include "services/signature_filter.h"

namespace lockstep::services {

class Recognizer final : public Refiner {
 public:
  /// Of several files about the same part the one of the highest preference is tried first, of
  /// equals the first. What cannot be used is left out: files about what Lockstep does not ask for,
  /// patterns that PCRE2 refuses, and those that do not fit their own examples, so that they mean
  /// something else here than to whoever wrote them.
  explicit Recognizer(std::vector<RecogFile> files);

  /// Of which fingerprints a filter is.
  std::uint64_t filter_key() const;
  /// To be called once: `serialized` is what serialize_filter() gave, or empty; then it is
  /// compiled.
  void make_filter(std::span<const std::byte> serialized);
  /// Whether that was one of these fingerprints.
  bool took_filter() const { return filter_ && filter_->from_serialized(); }
  /// After make_filter().
  Result<std::vector<std::byte>> serialize_filter() const { return filter_->serialize(); }

  std::size_t fingerprints() const { return patterns_.size(); }
  /// "NAME:LINE: why", for each fingerprint that was left out.
  const std::vector<std::string>& left_out() const { return left_out_; }
  /// "NAME: why", for each file.
  const std::vector<std::string>& unused_files() const { return unused_files_; }

  void refine(std::string_view answer, Match& match) override;

 private:
  /// The fingerprints of a file that can be used: a range of all.
  struct Database {
    AnswerPart part;
    std::uint32_t first = 0;
    std::uint32_t end = 0;
  };

  void add(RecogFile file);
  Result<Pattern> compile(const Fingerprint& fingerprint);
  std::vector<const Signature*> signatures() const;
  /// Whether one of `database` fits `text`; then it has refined.
  bool try_text(const Database& database, std::string_view text, Match& match);

  std::vector<Database> databases_;
  std::vector<Fingerprint> fingerprints_;
  std::vector<Pattern> patterns_;  // of each
  std::vector<std::string> left_out_;
  std::vector<std::string> unused_files_;
  std::optional<SignatureFilter> filter_;
  PatternRunner runner_;
};

}  // namespace lockstep::services
