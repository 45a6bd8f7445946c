/* The keyed cookie of a probe: SipHash-2-4 over (destination, source, ports), truncated to the 32
 * bits of a TCP sequence number. An answer counts only if it acknowledges the cookie of the probe
 * that it claims to answer, so a stray or forged packet is wrong with 1 - 2^-32, and no state is
 * kept for a probe. Plain C that a BPF program can include as well.
 *
 * Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012. */

#pragma once

#ifdef __cplusplus
#include <cstdint>
typedef std::uint32_t lockstep_u32;
typedef std::uint64_t lockstep_u64;
#else
typedef unsigned int lockstep_u32;
typedef unsigned long long lockstep_u64;
#endif

struct lockstep_cookie_key {
  lockstep_u64 k0;
  lockstep_u64 k1;
};

struct lockstep_siphash {
  lockstep_u64 v0, v1, v2, v3;
};

static inline lockstep_u64 lockstep_rotate(lockstep_u64 value, int bits) {
  return (value << bits) | (value >> (64 - bits));
}

static inline void lockstep_sipround(struct lockstep_siphash* s) {
  s->v0 += s->v1;
  s->v1 = lockstep_rotate(s->v1, 13) ^ s->v0;
  s->v0 = lockstep_rotate(s->v0, 32);
  s->v2 += s->v3;
  s->v3 = lockstep_rotate(s->v3, 16) ^ s->v2;
  s->v0 += s->v3;
  s->v3 = lockstep_rotate(s->v3, 21) ^ s->v0;
  s->v2 += s->v1;
  s->v1 = lockstep_rotate(s->v1, 17) ^ s->v2;
  s->v2 = lockstep_rotate(s->v2, 32);
}

static inline void lockstep_siphash_word(struct lockstep_siphash* s, lockstep_u64 word) {
  s->v3 ^= word;
  lockstep_sipround(s);
  lockstep_sipround(s);
  s->v0 ^= word;
}

/* SipHash-2-4 of `count` 64-bit words (little-endian bytes, as in the paper's test vectors). */
static inline lockstep_u64 lockstep_siphash_words(const struct lockstep_cookie_key* key,
                                                  const lockstep_u64* words, unsigned count) {
  struct lockstep_siphash s;
  unsigned i;
  s.v0 = key->k0 ^ 0x736f6d6570736575ULL;
  s.v1 = key->k1 ^ 0x646f72616e646f6dULL;
  s.v2 = key->k0 ^ 0x6c7967656e657261ULL;
  s.v3 = key->k1 ^ 0x7465646279746573ULL;
  for (i = 0; i < count; ++i) lockstep_siphash_word(&s, words[i]);
  lockstep_siphash_word(&s, (lockstep_u64)count << 59); /* the length in bytes, in the top byte */
  s.v2 ^= 0xff;
  for (i = 0; i < 4; ++i) lockstep_sipround(&s);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* For IPv4, host order. */
static inline lockstep_u32 lockstep_cookie_v4(const struct lockstep_cookie_key* key,
                                              lockstep_u32 destination, lockstep_u32 source,
                                              lockstep_u32 destination_port,
                                              lockstep_u32 source_port) {
  lockstep_u64 words[2];
  words[0] = ((lockstep_u64)destination << 32) | source;
  words[1] = ((lockstep_u64)destination_port << 16) | source_port;
  return (lockstep_u32)lockstep_siphash_words(key, words, 2);
}

/* For IPv6: addresses as two words each, the more significant first. */
static inline lockstep_u32 lockstep_cookie_v6(const struct lockstep_cookie_key* key,
                                              const lockstep_u64* destination,
                                              const lockstep_u64* source,
                                              lockstep_u32 destination_port,
                                              lockstep_u32 source_port) {
  lockstep_u64 words[5];
  words[0] = destination[0];
  words[1] = destination[1];
  words[2] = source[0];
  words[3] = source[1];
  words[4] = ((lockstep_u64)destination_port << 16) | source_port;
  return (lockstep_u32)lockstep_siphash_words(key, words, 5);
}
