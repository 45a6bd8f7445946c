/* How a TCP stack answers a SYN, in words that an atomic holds: the same for all hosts with one
 * system and one configuration, however many hops away they are. 0: nothing has come.
 *
 * Of several answers the least word is kept, so that what is kept depends neither on the order in
 * which ports were asked nor on who was first. Of SYN-ACKs that is one of the lowest open port: a
 * daemon may have set a window or a TTL of its own, and clones run the same daemon there. Plain C
 * that a BPF program can include as well. */

#pragma once

#include "scan/cookie.h"

/* What a received TTL (IPv6: hop limit) was at the start, of the values that systems begin with:
 * 32, 64, 128 or 255. */
static inline lockstep_u32 lockstep_initial_ttl(lockstep_u32 ttl) {
  if (ttl <= 32) return 32;
  if (ttl <= 64) return 64;
  return ttl <= 128 ? 128 : 255;
}

/* Port, TTL, kind of the first option (0: none), window, and the maximum segment size if that is
 * the first option (else 0). Host order; `ttl` as received. */
static inline lockstep_u64 lockstep_syn_ack_word(lockstep_u32 port, lockstep_u32 ttl,
                                                 lockstep_u32 option, lockstep_u32 window,
                                                 lockstep_u32 segment_size) {
  return ((lockstep_u64)port << 48) | ((lockstep_u64)lockstep_initial_ttl(ttl) << 40) |
         ((lockstep_u64)option << 32) | (window << 16) | segment_size;
}

static inline lockstep_u32 lockstep_rst_word(lockstep_u32 ttl, lockstep_u32 window) {
  return (lockstep_initial_ttl(ttl) << 16) | window;
}

/* Whether `word` is to take the place of `known`. */
static inline int lockstep_stack_word_wins(lockstep_u64 word, lockstep_u64 known) {
  return known == 0 || word < known;
}
