/* How the signature of a TCP/IP stack is packed: in C, as the receiver inside XDP does it too.
 * stack_signature.h says what it is. 0 is none. */

#pragma once

#include <linux/types.h>

/* The TTL or hop limit that a packet most likely began with: 32, 64, 128 or 255, as 0 to 3. Hosts
 * of one kind may be a different number of hops away. */
static inline __u32 lockstep_stack_ttl(__u32 ttl) {
  return ttl <= 32 ? 0 : ttl <= 64 ? 1 : ttl <= 128 ? 2 : 3;
}

/* Of a SYN-ACK. The port stands highest, so that the least of several is that of the lowest port.
 * `kind` is that of the first TCP option, 0 where there is none; `size` its value where it is the
 * maximum segment size, else 0. */
static inline __u64 lockstep_stack_syn_ack(__u32 port, __u32 ttl, __u32 window, __u32 kind,
                                           __u32 size) {
  return (__u64)port << 48 | (__u64)(kind & 63) << 42 | (__u64)lockstep_stack_ttl(ttl) << 40 |
         (__u64)size << 16 | window;
}

/* Of a RST. */
static inline __u32 lockstep_stack_rst(__u32 ttl, __u32 window) {
  return 1U << 31 | lockstep_stack_ttl(ttl) << 16 | window;
}
