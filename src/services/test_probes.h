// Sets of probes for tests.

#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "services/matcher.h"
#include "services/probe_file.h"

namespace lockstep::services {

/// What `text` says; the test fails where it is not well formed.
inline ProbeSet probes_of(std::string_view text) {
  ProbeSet set;
  const auto parsed = parse_probe_file(text, set);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message());
  return set;
}

inline Matcher matcher_of(std::string_view text, std::span<const std::byte> filter = {}) {
  auto matcher = Matcher::create(probes_of(text), filter);
  EXPECT_TRUE(matcher) << (matcher ? "" : matcher.error().message());
  return std::move(*matcher);
}

}  // namespace lockstep::services
