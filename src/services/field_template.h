// What a signature says of a service, with places for what its pattern captured: "p/OpenSSH/
// v/$1/".

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace lockstep::services {

/// What a pattern captured; [0] is all that it matched, and a group without a part has no data().
using Captures = std::span<const std::string_view>;

/// The text of one field.
class FieldTemplate {
 public:
  /// "$1" to "$9" are groups; "$P(1)" one without what is not printable; "$SUBST(1,"_",".")" one
  /// with each "_" replaced; "$I(1,">")" one as a number, its most significant byte first (">") or
  /// last
  /// ("<"), of at most eight bytes. All else stands for itself. Errors: `invalid`.
  static Result<FieldTemplate> parse(std::string_view text);

  bool empty() const { return pieces_.empty(); }
  /// Empty where a group that it names has captured nothing. Of the bytes of a stranger nothing but
  /// printable ASCII gets through, and of the whole at most kMostFieldBytes.
  std::string fill(Captures captures) const;

 private:
  struct Group {
    enum class How : std::uint8_t { plain, printable, substitute, big_endian, little_endian };
    How how = How::plain;
    std::size_t number = 0;
    std::string from{};
    std::string to{};
  };
  using Piece = std::variant<std::string, Group>;

  static Result<Group> parse_call(std::string_view name, std::string_view arguments);
  static std::string fill_group(const Group& group, std::string_view captured);

  std::vector<Piece> pieces_;
};

inline constexpr std::size_t kMostFieldBytes = 160;

/// The fields of a signature, by their letters in the file.
struct FieldTemplates {
  FieldTemplate product;   // p
  FieldTemplate version;   // v
  FieldTemplate info;      // i
  FieldTemplate hostname;  // h
  FieldTemplate system;    // o
  FieldTemplate device;    // d
  std::vector<FieldTemplate> cpes;
};

}  // namespace lockstep::services
