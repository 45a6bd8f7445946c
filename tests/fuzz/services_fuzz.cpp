// What strangers say to a dialogue, and what a user's file of probes may hold: whatever the bytes,
// the parser of the grammar, the matcher and the reader of messages return. The first byte says
// which.
//
// An answer is matched against our own signatures by the filter and by PCRE2 alone: both tell the
// same, and what they tell is fit for a terminal.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "data/service_probes.h"
#include "dialogue/messages.h"
#include "services/matcher.h"
#include "services/probe_file.h"

namespace {

using namespace lockstep;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

services::Matcher own_matcher() {
  services::ProbeSet set;
  if (!services::parse_probe_file(data::service_probes(), set)) std::abort();
  auto matcher = services::Matcher::create(std::move(set));
  if (!matcher) std::abort();
  return std::move(*matcher);
}

bool is_sound(const Service& service) {
  return is_printable(service.product) && is_printable(service.version) &&
         is_printable(service.info) && is_printable(service.hostname) &&
         is_printable(service.system) && is_printable(service.device) &&
         service.product.size() <= services::kMostFieldBytes;
}

bool try_answer(std::string_view answer) {
  static services::Matcher matcher = own_matcher();
  if (answer.empty()) return true;
  const auto& probes = matcher.probes().probes;
  const auto& probe = probes[static_cast<unsigned char>(answer.front()) % probes.size()];
  answer.remove_prefix(1);
  const services::Match filtered = matcher.match(probe, answer);
  const services::Match each = matcher.match_one_by_one(probe, answer);
  return is_sound(filtered.service) && filtered.service == each.service;
}

bool try_file(std::string_view text) {
  services::ProbeSet set;
  const auto parsed = services::parse_probe_file(text, set);
  if (!parsed) return set.probes.empty() && !parsed.error().message().empty();
  // Patterns of a user are compiled too, but few, so that a run is quick.
  std::size_t signatures = 0;
  for (const services::ServiceProbe& probe : set.probes) signatures += probe.signatures.size();
  if (signatures > 8) return true;
  auto matcher = services::Matcher::create(std::move(set));
  if (!matcher || matcher->probes().probes.empty()) return true;
  const services::ServiceProbe& probe = matcher->probes().probes.front();
  return is_sound(matcher->match(probe, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n").service);
}

bool try_message(std::string_view bytes) {
  const auto decoded = dialogue::decode(std::as_bytes(std::span(bytes)));
  return !decoded || dialogue::decode(dialogue::encode(*decoded)) == decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLargest = 16384;
  if (size == 0 || size > kLargest) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool good = data[0] % 3 == 0   ? try_answer(rest)
                    : data[0] % 3 == 1 ? try_file(rest)
                                       : try_message(rest);
  if (!good) std::abort();
  return 0;
}
