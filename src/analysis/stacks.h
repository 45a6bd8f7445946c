// Whether a node's TCP/IP stack answers as those of its clones do.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "analysis/views.h"
#include "model/observation.h"

namespace lockstep {

/// From so few nodes on, clones tell what is usual.
inline constexpr std::size_t kFewestStacks = 4;
/// As large a part of them has to agree, in per cent.
inline constexpr std::size_t kStackAgreement = 80;

class Stacks {
 public:
  /// `views` must outlive the object.
  explicit Stacks(const Views& views);

  enum class Verdict : std::uint8_t { not_compared, as_clones, differs };
  /// How one address of a node of `view` compares. A half that it or the clones lack says nothing.
  Verdict of(const View& view, const Coverage& coverage) const;
  /// For a person, of one that differs: "answers with TTL 128, ..., its clones with TTL 64, ...".
  std::string difference(const View& view, const Coverage& coverage) const;

 private:
  /// Clones on one network, by one version of IP; and the port, where services set the window.
  using Group = std::tuple<std::set<std::string>, std::string_view, bool, Port>;
  struct Half {
    std::map<std::string_view, std::size_t> looks;
    std::size_t nodes = 0;

    /// Empty where there is none.
    std::string_view usual() const;
  };

  static Group group_of(const View& view, const Coverage& coverage, Port port);

  std::map<Group, Half> syn_acks_;
  std::map<Group, Half> resets_;
};

}  // namespace lockstep
