// Which of many patterns may fit some bytes, in one pass over them (Vectorscan). For matcher.h.

#pragma once

#include <hs/hs.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/probe.h"

namespace lockstep::services {

/// Moves; one thread at a time.
class SignatureFilter {
 public:
  /// Over `signatures`, none of them null. `serialized`: what serialize() gave for the same ones,
  /// or empty; that of others, or of another version of the library, is not used.
  explicit SignatureFilter(std::span<const Signature* const> signatures,
                           std::span<const std::byte> serialized = {});

  /// Of which signatures a filter is, and of which version of the library and of our own rules.
  static std::uint64_t key_of(std::span<const Signature* const> signatures);

  /// The indices of the signatures that may fit, ascending; those that do not fit may be among
  /// them. Valid until the next call.
  std::span<const std::uint32_t> candidates(std::string_view bytes);

  /// How many signatures the library refuses, so that they are always candidates.
  std::size_t unfiltered() const { return unfiltered_.size(); }
  bool from_serialized() const { return from_serialized_; }

  /// For any machine of this architecture.
  Result<std::vector<std::byte>> serialize() const;

 private:
  struct FreeDatabase {
    void operator()(hs_database_t* database) const { hs_free_database(database); }
  };
  struct FreeScratch {
    void operator()(hs_scratch_t* scratch) const { hs_free_scratch(scratch); }
  };

  bool take_serialized(std::span<const std::byte> serialized);
  void compile(std::span<const Signature* const> signatures);
  void make_scratch();
  void filter_nothing();

  std::size_t count_ = 0;
  std::uint64_t key_ = 0;
  std::unique_ptr<hs_database_t, FreeDatabase> database_;  // null: nothing is filtered
  std::unique_ptr<hs_scratch_t, FreeScratch> scratch_;
  std::vector<std::uint32_t> unfiltered_;  // ascending
  std::vector<std::uint32_t> found_;
  bool from_serialized_ = false;
};

}  // namespace lockstep::services
