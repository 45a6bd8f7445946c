#include "scan/cookie.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

namespace lockstep::scan {
namespace {

// The key and messages of the reference vectors: bytes 00, 01, 02 ... as little-endian words.
constexpr lockstep_cookie_key kReferenceKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::vector<lockstep_u64> counting_words(unsigned count) {
  std::vector<lockstep_u64> words;
  for (unsigned i = 0; i < count; ++i) {
    words.push_back(0x0706050403020100 + i * 0x0808080808080808);
  }
  return words;
}

TEST(SipHash, AgreesWithTheReferenceVectors) {
  const struct {
    const char* description;
    unsigned words;
    lockstep_u64 expected;
  } kRows[] = {
      {"nothing", 0, 0x726fdb47dd0e0e31},
      {"00 to 07", 1, 0x93f5f5799a932462},
      {"00 to 0f", 2, 0x3f2acc7f57c29bdb},
      {"00 to 27", 5, 0x0e3ea96b5304a7d0},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto words = counting_words(row.words);
    EXPECT_EQ(lockstep_siphash_words(&kReferenceKey, words.data(), row.words), row.expected);
  }
}

TEST(CookieV4, IsTheHashOfItsFieldsInOrder) {
  // 0x0706050403020100 and, ports being 16 bits each, a second word whose upper half is 0.
  const lockstep_u64 words[2] = {0x0706050403020100, 0x0b0a0908};
  EXPECT_EQ(lockstep_cookie_v4(&kReferenceKey, 0x07060504, 0x03020100, 0x0b0a, 0x0908),
            static_cast<lockstep_u32>(lockstep_siphash_words(&kReferenceKey, words, 2)));
}

RC_GTEST_PROP(CookieV4, DependsOnEveryField,
              (std::uint32_t destination, std::uint32_t source, std::uint16_t to,
               std::uint16_t from)) {
  const lockstep_cookie_key other{kReferenceKey.k0 ^ 1, kReferenceKey.k1};
  const lockstep_cookie_key another{kReferenceKey.k0, kReferenceKey.k1 ^ (1ULL << 63)};
  const std::set<lockstep_u32> cookies{
      lockstep_cookie_v4(&kReferenceKey, destination, source, to, from),
      lockstep_cookie_v4(&kReferenceKey, destination ^ 1, source, to, from),
      lockstep_cookie_v4(&kReferenceKey, destination, source ^ 1, to, from),
      lockstep_cookie_v4(&kReferenceKey, destination, source, to ^ 1U, from),
      lockstep_cookie_v4(&kReferenceKey, destination, source, to, from ^ 1U),
      lockstep_cookie_v4(&other, destination, source, to, from),
      lockstep_cookie_v4(&another, destination, source, to, from),
  };
  RC_ASSERT(cookies.size() == 7U);
}

RC_GTEST_PROP(CookieV6, DependsOnEveryField, ()) {
  using Words = std::array<lockstep_u64, 4>;
  const auto words = *rc::gen::arbitrary<Words>();
  const auto cookie = [](const Words& w, unsigned to, unsigned from) {
    return lockstep_cookie_v6(&kReferenceKey, w.data(), w.data() + 2, to, from);
  };
  std::set<lockstep_u32> cookies{cookie(words, 22, 40000), cookie(words, 23, 40000),
                                 cookie(words, 22, 40001)};
  for (std::size_t i = 0; i < words.size(); ++i) {
    Words changed = words;
    changed[i] ^= 1;
    cookies.insert(cookie(changed, 22, 40000));
  }
  RC_ASSERT(cookies.size() == 7U);
}

}  // namespace
}  // namespace lockstep::scan
