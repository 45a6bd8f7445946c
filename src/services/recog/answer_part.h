// Which part of an answer the fingerprints of a file are about: the attribute `matches` of it.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::services {

class AnswerPart {
 public:
  /// "ssh.banner", "http_header.server" and so on; nothing for what Lockstep does not ask for.
  static std::optional<AnswerPart> named(std::string_view matches);

  /// Whether answers of the service of this name have it.
  bool is_of(std::string_view service) const;
  /// The texts that fingerprints are tried on: none, one, or several (cookies). At most
  /// kMostPartBytes each.
  std::vector<std::string> of(std::string_view answer) const;

 private:
  using Take = std::vector<std::string> (*)(std::string_view answer, std::string_view what);
  struct Kind;

  AnswerPart(const Kind& kind, std::string what) : kind_(&kind), what_(std::move(what)) {}
  static const Kind* kind_of(std::string_view matches);

  const Kind* kind_;
  std::string what_;  // the name of a header, where it is one
};

inline constexpr std::size_t kMostPartBytes = 4096;

}  // namespace lockstep::services
