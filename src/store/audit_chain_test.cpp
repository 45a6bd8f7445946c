#include "store/audit_chain.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace lockstep {
namespace {

std::vector<AuditEntry> sound() {
  std::vector<AuditEntry> entries;
  for (int i = 1; i <= 4; ++i) {
    AuditEntry entry = {.id = i,
                        .at = WallTime(std::chrono::seconds(1'700'000'000 + i)),
                        .person = "kim",
                        .action = "alert ack",
                        .subject = "A-1",
                        .detail = "x"};
    // The first two are of a time without a chain.
    if (i > 2) entry.chain = audit_link(entries.back().chain, entry);
    entries.push_back(entry);
  }
  return entries;
}

TEST(AuditChain, ASoundOneHolds) {
  const auto entries = sound();
  EXPECT_EQ(check_chain(entries),
            (AuditChain{.entries = 4, .tied = 2, .latest = entries.back().chain}));
  EXPECT_EQ(check_chain({}), AuditChain{});
  // The oldest went with their time.
  EXPECT_FALSE(check_chain(std::span(entries).subspan(3)).broken);
  EXPECT_EQ(entries.back().chain.size(), 64U);
}

TEST(AuditChain, WhatIsChangedShows) {
  using Entries = std::vector<AuditEntry>;
  const std::pair<const char*, std::function<void(Entries&)>> cases[] = {
      {"a word", [](Entries& e) { e[3].detail = "y"; }},
      {"a person", [](Entries& e) { e[3].person = "eve"; }},
      {"a time", [](Entries& e) { e[3].at += std::chrono::seconds(1); }},
      {"one gone", [](Entries& e) { e.erase(e.begin() + 2); }},
      {"words moved between fields",
       [](Entries& e) {
         e[3].action = "alert ackA-1";
         e[3].subject = "";
       }},
      {"one without a link", [](Entries& e) { e[3].chain.clear(); }},
      {"links taken away and made anew in part",
       [](Entries& e) {
         e[2].detail = "y";
         e[2].chain = audit_link("", e[2]);
       }},
  };
  for (const auto& [what, change] : cases) {
    SCOPED_TRACE(what);
    auto entries = sound();
    change(entries);
    EXPECT_TRUE(check_chain(entries).broken);
  }
}

}  // namespace
}  // namespace lockstep
