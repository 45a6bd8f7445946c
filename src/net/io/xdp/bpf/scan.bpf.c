/* The scan inside XDP: lockstep_generate writes the next due probe into the frame that the kernel
 * hands it and redirects it out of the interface; lockstep_receive, on that interface, checks each
 * answer's cookie, notes it, and turns a SYN-ACK into the RST that ends the half-open connection.
 * Whatever answers no probe of ours goes on to the kernel untouched.
 *
 * The schedule is that of scan/walk.h: an address is asked once a round of its lane, ports outside,
 * addresses inside, and a schedule that is late moves on instead of catching up. A generator sends
 * at most one probe a turn. Each turn looks at a few lanes, beginning after the one that the turn
 * before looked at, and takes the first that is due; so no lane starves another, and with fewer
 * than a few thousand lanes all are looked at within some ten microseconds. Where none is due the
 * turn drops its frame, which costs a core its time but nobody else anything.
 *
 * Frames come back from the page pool as the far end left them: every byte is written every time.
 *
 * Kernel documentation: Documentation/bpf/bpf_prog_run.rst (live frames). RFC 791, 792, 4443, 8200,
 * 9293. */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "net/io/xdp/layout.h"

#define INLINE static inline __attribute__((always_inline))

/* Calls between functions cost as much as a few rounds of the cookie. */
#define inline inline __attribute__((always_inline))
#include "scan/stack_words.h"
#undef inline

enum {
  PROTOCOL_ICMP = 1,
  PROTOCOL_TCP = 6,
  PROTOCOL_ICMPV6 = 58,
  FLAG_SYN = 2,
  FLAG_RST = 4,
  FLAG_ACK = 16,
  LANES_A_TURN = 8,
  SKIPS_A_TURN = 64,
  TRIES_TO_NOTE = 8,
  TRIES_TO_NOTE_STACK = 4,
  OPTION_SEGMENT_SIZE = 2,
};

enum answer { ANSWER_CLOSED = 1, ANSWER_OPEN = 2, ANSWER_UNREACHABLE = 3 };

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} answers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct lockstep_xdp_cursor);
} cursors SEC(".maps");

struct lockstep_xdp_shared shared;
const volatile __u32 words_per_port = 1;
const volatile __u32 cursors_per_walker = 1;

struct ipv4 {
  __u8 version_length;
  __u8 service;
  __u16 length;
  __u16 id;
  __u16 fragment;
  __u8 ttl;
  __u8 protocol;
  __u16 checksum;
  __u32 source;
  __u32 destination;
};

struct ipv6 {
  __u32 version_flow;
  __u16 length;
  __u8 protocol;
  __u8 hop_limit;
  __u32 source[4];
  __u32 destination[4];
};

struct tcp {
  __u16 source;
  __u16 destination;
  __u32 sequence;
  __u32 acknowledgement;
  __u8 offset;
  __u8 flags;
  __u16 window;
  __u16 checksum;
  __u16 urgent;
};

/* --- Shared by both programs. --- */

INLINE __u16 fold(__u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (__u16)~sum;
}

/* Cuts the frame to `size` bytes; not 0 where that fails. */
INLINE long resize(struct xdp_md* ctx, int size) {
  long bytes = (long)ctx->data_end - (long)ctx->data;
  /* The verifier wants the difference of pointers whole, and the compiler would halve it. */
  asm volatile("" : "+r"(bytes));
  return bpf_xdp_adjust_tail(ctx, size - (int)bytes);
}

INLINE __u64* answer_word(__u32 target, __u32 port) {
  __u32 word = port * words_per_port + target / 32;
  return bpf_map_lookup_elem(&answers, &word);
}

INLINE __u32 cookie_of(const struct lockstep_xdp_target* target, __u32 port, __u32 v6) {
  struct lockstep_cookie_key key = {shared.key[0], shared.key[1]};
  if (v6) {
    return lockstep_cookie_v6(&key, target->destination, target->source, port, shared.source_port);
  }
  return lockstep_cookie_v4(&key, (__u32)target->destination[0], (__u32)target->source[0], port,
                            shared.source_port);
}

/* --- The generator. --- */

/* The time that the round's place asks for; see Walk::schedule. */
INLINE void schedule(struct lockstep_xdp_cursor* cursor, const struct lockstep_xdp_walker* walker) {
  __u64 rounds = cursor->rounds * walker->slices + walker->slice;
  __u32 size = cursor->size ? cursor->size : 1;
  if (cursor->period_ns == 0) return;
  cursor->due_ns = cursor->start_ns + rounds * cursor->period_ns +
                   cursor->position * cursor->period_ns / size;
}

/* Writes the SYN of `target` into the frame. Returns 0 where the frame has no room for it. */
INLINE int write_syn(struct xdp_md* ctx, const struct lockstep_xdp_target* target, __u16 port) {
  __u32 sequence = cookie_of(target, port, target->v6);
  __u64 sum = (__u64)target->sum + port + (sequence >> 16) + (sequence & 0xffff);
  int size = target->v6 ? LOCKSTEP_XDP_FRAME_V6 : LOCKSTEP_XDP_FRAME_V4;
  void* data;
  void* end;
  const __u64* from = (const void*)target->frame;
  __u64* to;
  struct tcp* tcp;
  /* The kernel looks at the length of a frame that comes back from the pool only where the program
   * changes it. One that the far end has cut would stay so; hence frames are always cut here. */
  if (resize(ctx, size)) return 0;
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
  if (target->v6) {
    if (data + LOCKSTEP_XDP_FRAME_V6 > end) return 0;
    to = data;
#pragma unroll
    for (int i = 0; i < 9; ++i) to[i] = from[i];
    *(__u32*)(data + 72) = *(const __u32*)(const void*)&target->frame[72];
    *(__u16*)(data + 76) = *(const __u16*)(const void*)&target->frame[76];
    tcp = data + 54;
  } else {
    if (data + LOCKSTEP_XDP_FRAME_V4 > end) return 0;
    to = data;
#pragma unroll
    for (int i = 0; i < 7; ++i) to[i] = from[i];
    *(__u16*)(data + 56) = *(const __u16*)(const void*)&target->frame[56];
    tcp = data + 34;
  }
  tcp->destination = bpf_htons(port);
  tcp->sequence = bpf_htonl(sequence);
  tcp->checksum = bpf_htons(fold(sum));
  return 1;
}

/* The first of the next few lanes of `walker` that is due, or none. Time is asked for only where a
 * lane has a rate, since asking costs as much as half a cookie. */
INLINE struct lockstep_xdp_cursor* due_lane(struct lockstep_xdp_walker* walker, __u32 number,
                                            __u64* now) {
  for (int i = 0; i < LANES_A_TURN; ++i) {
    __u32 lane = walker->lane;
    __u32 at = number * cursors_per_walker + lane;
    struct lockstep_xdp_cursor* cursor = bpf_map_lookup_elem(&cursors, &at);
    if (!cursor) return 0;
    walker->lane = lane + 1 < walker->lanes ? lane + 1 : 0;
    if (cursor->port >= cursor->ports) continue;
    if (cursor->period_ns == 0) return cursor;
    if (*now == 0) *now = bpf_ktime_get_ns();
    if (cursor->due_ns <= *now) return cursor;
    if (walker->lanes == 1) return 0;
  }
  return 0;
}

/* Moves to the next unanswered probe; 0 where the turn ends before there is one. */
INLINE int settle(struct lockstep_xdp_cursor* cursor, struct lockstep_xdp_walker* walker,
                  __u32* target, __u32* port) {
  for (int i = 0; i < SKIPS_A_TURN; ++i) {
    __u64* word;
    if (cursor->position >= cursor->size) {
      cursor->position = 0;
      cursor->port += walker->slices;
      cursor->rounds += cursor->used;
      cursor->used = 0;
      if (cursor->port >= cursor->ports) {
        walker->finished += 1;
        if (walker->finished >= walker->lanes) walker->done = 1;
        return 0;
      }
    }
    *target = shared.order[(cursor->first + cursor->position) & (LOCKSTEP_XDP_TARGETS - 1)] &
              (LOCKSTEP_XDP_TARGETS - 1);
    *port = shared.ports[cursor->port & (LOCKSTEP_XDP_PORTS - 1)];
    word = answer_word(*target, *port);
    if (!word) return 0;
    if (((*word >> (*target % 32 * 2)) & 3) == 0 && !*(volatile __u8*)&shared.left[*target]) return 1;
    cursor->position += 1;
    walker->skipped += 1;
  }
  return 0;
}

SEC("xdp")
int lockstep_generate(struct xdp_md* ctx) {
  __u32 cpu = bpf_get_smp_processor_id() & (LOCKSTEP_XDP_CPUS - 1);
  __u32 number = shared.walker_of_cpu[cpu];
  struct lockstep_xdp_walker* walker;
  struct lockstep_xdp_cursor* cursor;
  __u32 target = 0, port = 0;
  __u64 now = 0;
  if (number >= LOCKSTEP_XDP_WALKERS) return XDP_DROP;
  walker = &shared.walkers[number & (LOCKSTEP_XDP_WALKERS - 1)];
  if (walker->done) return XDP_DROP;
  if (*(volatile __u32*)&shared.stop) {
    walker->done = 1;
    return XDP_DROP;
  }
  cursor = due_lane(walker, number, &now);
  if (!cursor) return XDP_DROP;
  if (!settle(cursor, walker, &target, &port)) {
    schedule(cursor, walker);
    return XDP_DROP;
  }
  if (cursor->period_ns != 0) {
    schedule(cursor, walker);
    if (cursor->due_ns > now) return XDP_DROP;
    if (now - cursor->due_ns > cursor->lag_ns) cursor->start_ns += now - cursor->due_ns;
  }
  if (!write_syn(ctx, &shared.target[target & (LOCKSTEP_XDP_TARGETS - 1)], port)) return XDP_DROP;
  cursor->used = 1;
  cursor->position += 1;
  schedule(cursor, walker);
  walker->sent += 1;
  return bpf_redirect(shared.ifindex, 0);
}

/* --- The receiver. --- */

/* The target of an address, or none. */
INLINE struct lockstep_xdp_target* find_target(__u64 high, __u64 low, __u32 v6, __u32* index) {
  __u32 slot = lockstep_xdp_slot(shared.slot_multiplier, high, low);
#pragma unroll
  for (int i = 0; i < LOCKSTEP_XDP_STEPS; ++i) {
    __u32 number = shared.slots[(slot + i) & (LOCKSTEP_XDP_SLOTS - 1)];
    struct lockstep_xdp_target* target;
    if (number == 0) return 0;
    number = (number - 1) & (LOCKSTEP_XDP_TARGETS - 1);
    target = &shared.target[number];
    if (target->destination[0] == high && target->destination[1] == low && target->v6 == v6) {
      *index = number;
      return target;
    }
  }
  return 0;
}

INLINE __u64 half(const __u32* words) {
  return ((__u64)bpf_ntohl(words[0]) << 32) | bpf_ntohl(words[1]);
}

INLINE struct lockstep_xdp_counters* mine(void) {
  return &shared.counters[bpf_get_smp_processor_id() & (LOCKSTEP_XDP_CPUS - 1)];
}

INLINE int stray(void) {
  mine()->strays += 1;
  return XDP_PASS;
}

/* Only the first answer of a probe counts. Where other CPUs get in between each time, the answer is
 * lost, and a later pass asks again. Not 0 where it counts. */
INLINE int note(__u32 target, __u32 port, __u64 answer) {
  __u64* word = answer_word(target, port);
  __u32 shift = target % 32 * 2;
  if (!word) return 0;
#pragma unroll
  for (int i = 0; i < TRIES_TO_NOTE; ++i) {
    __u64 before = *(volatile __u64*)word;
    if ((before >> shift) & 3) return 0;
    if (__sync_val_compare_and_swap(word, before, before | (answer << shift)) == before) {
      mine()->answers += 1;
      return 1;
    }
  }
  return 0;
}

/* All RSTs of a stack are alike, so that nearly every one ends at the first comparison. Where other
 * CPUs get in between each time, they bring the same. */
INLINE void note_rst(struct lockstep_xdp_target* target, __u32 ttl, const struct tcp* tcp) {
  __u32 word = lockstep_rst_word(ttl, bpf_ntohs(tcp->window));
#pragma unroll
  for (int i = 0; i < TRIES_TO_NOTE_STACK; ++i) {
    __u32 before = *(volatile __u32*)&target->rst;
    if (!lockstep_stack_word_wins(word, before)) return;
    if (__sync_val_compare_and_swap(&target->rst, before, word) == before) return;
  }
}

/* An option that does not lie within what the segment says of its header, or not within the frame,
 * does not count; as in net/frame.cpp. */
INLINE void note_syn_ack(struct lockstep_xdp_target* target, __u32 ttl, const struct tcp* tcp,
                         const void* end) {
  const __u8* option = (const void*)(tcp + 1);
  __u32 port = bpf_ntohs(tcp->source);
  __u32 kind = 0, segment_size = 0;
  __u64 word;
  /* The port decides nearly always. */
  if (target->syn_ack != 0 && port > target->syn_ack >> 48) return;
  if ((tcp->offset >> 4) > 5 && (const void*)(option + 4) <= end) {
    kind = option[0];
    if (kind == OPTION_SEGMENT_SIZE && option[1] == 4) {
      segment_size = ((__u32)option[2] << 8) | option[3];
    }
  }
  word = lockstep_syn_ack_word(port, ttl, kind, bpf_ntohs(tcp->window), segment_size);
#pragma unroll
  for (int i = 0; i < TRIES_TO_NOTE_STACK; ++i) {
    __u64 before = *(volatile __u64*)&target->syn_ack;
    if (!lockstep_stack_word_wins(word, before)) return;
    if (__sync_val_compare_and_swap(&target->syn_ack, before, word) == before) return;
  }
}

/* Writes the RST that ends what `target` half opened, over its own SYN-ACK, and sends it back. By
 * redirect and not by XDP_TX, which on a veth would need an XDP program at the far end. */
INLINE int reset(struct xdp_md* ctx, const struct lockstep_xdp_target* target, __u16 port,
                 __u32 sequence) {
  int size = target->v6 ? 74 : 54;
  void* data;
  void* end;
  const __u16* template = (const void*)target->frame;
  struct tcp* tcp;
  __u64 sum = 0;
  if (resize(ctx, size)) return XDP_DROP;
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
  if (target->v6) {
    __u16* to = data;
    if (data + 74 > end) return XDP_DROP;
#pragma unroll
    for (int i = 0; i < 27; ++i) to[i] = template[i];
    to[9] = bpf_htons(20); /* payload length */
#pragma unroll
    for (int i = 11; i < 27; ++i) sum += to[i]; /* both addresses */
    tcp = data + 54;
  } else {
    __u16* to = data;
    __u64 header = 0;
    if (data + 54 > end) return XDP_DROP;
#pragma unroll
    for (int i = 0; i < 17; ++i) to[i] = template[i];
    to[8] = bpf_htons(40); /* total length */
    to[12] = 0;
#pragma unroll
    for (int i = 7; i < 17; ++i) header += to[i];
    to[12] = fold(header);
#pragma unroll
    for (int i = 13; i < 17; ++i) sum += to[i];
    tcp = data + 34;
  }
  tcp->source = bpf_htons(shared.source_port);
  tcp->destination = bpf_htons(port);
  tcp->sequence = sequence;
  tcp->acknowledgement = 0;
  tcp->offset = 5 << 4;
  tcp->flags = FLAG_RST;
  tcp->window = 0;
  tcp->checksum = 0;
  tcp->urgent = 0;
  sum += bpf_htons(PROTOCOL_TCP) + (__u64)bpf_htons(20) + tcp->source + tcp->destination +
         (sequence & 0xffff) + (sequence >> 16) + bpf_htons((5 << 12) | FLAG_RST);
  tcp->checksum = fold(sum);
  mine()->resets += 1;
  return bpf_redirect(shared.ifindex, 0);
}

/* A segment to our port from `high`, `low` to `own_high`, `own_low`; `ttl` is IPv6's hop limit. */
INLINE int judge_segment(struct xdp_md* ctx, const struct tcp* tcp, __u64 high, __u64 low,
                         __u64 own_high, __u64 own_low, __u32 v6, __u32 ttl) {
  __u32 index = 0;
  struct lockstep_xdp_target* target = find_target(high, low, v6, &index);
  __u16 port = bpf_ntohs(tcp->source);
  __u32 acknowledgement = bpf_ntohl(tcp->acknowledgement);
  __u32 sequence;
  int rst = (tcp->flags & FLAG_RST) != 0;
  if (!target || target->source[0] != own_high || target->source[1] != own_low) return stray();
  if (!rst && (tcp->flags & (FLAG_SYN | FLAG_ACK)) != (FLAG_SYN | FLAG_ACK)) return stray();
  sequence = cookie_of(target, port, v6);
  /* Some filters acknowledge what they reset without counting the SYN. */
  if (acknowledgement != sequence + 1 && !(rst && acknowledgement == sequence)) return stray();
  if (note(index, port, rst ? ANSWER_CLOSED : ANSWER_OPEN)) {
    if (rst) {
      note_rst(target, ttl, tcp);
    } else {
      note_syn_ack(target, ttl, tcp, (const void*)(long)ctx->data_end);
    }
  }
  if (rst) return XDP_DROP;
  return reset(ctx, target, port, tcp->acknowledgement);
}

/* "Destination unreachable" that quotes a segment to `high`, `low`. */
INLINE int judge_unreachable(const struct tcp* quoted, __u64 high, __u64 low, __u32 v6,
                             __u8 code) {
  __u32 index = 0;
  struct lockstep_xdp_target* target = find_target(high, low, v6, &index);
  __u16 port = bpf_ntohs(quoted->destination);
  if (!target || bpf_ntohl(quoted->sequence) != cookie_of(target, port, v6)) return stray();
  target->icmp_code = code;
  note(index, port, ANSWER_UNREACHABLE);
  return XDP_DROP;
}

INLINE int receive_v4(struct xdp_md* ctx, void* data, void* end) {
  const struct ipv4* ip = data + 14;
  const void* inside;
  __u32 header;
  if ((void*)(ip + 1) > end) return XDP_PASS;
  header = (ip->version_length & 15) * 4;
  if ((ip->version_length >> 4) != 4 || header < 20 || (ip->fragment & bpf_htons(0x3fff))) {
    return XDP_PASS;
  }
  inside = (const void*)ip + header;
  if (ip->protocol == PROTOCOL_TCP) {
    const struct tcp* tcp = inside;
    if ((void*)(tcp + 1) > end || tcp->destination != bpf_htons(shared.source_port)) {
      return XDP_PASS;
    }
    return judge_segment(ctx, tcp, bpf_ntohl(ip->source), 0, bpf_ntohl(ip->destination), 0, 0,
                         ip->ttl);
  }
  if (ip->protocol == PROTOCOL_ICMP) {
    const __u8* icmp = inside;
    const struct ipv4* about = inside + 8;
    const struct tcp* quoted;
    if ((void*)(about + 1) > end || icmp[0] != 3 || about->protocol != PROTOCOL_TCP) {
      return XDP_PASS;
    }
    header = (about->version_length & 15) * 4;
    if (header < 20) return XDP_PASS;
    quoted = (const void*)about + header;
    if ((void*)quoted + 8 > end || quoted->source != bpf_htons(shared.source_port)) return XDP_PASS;
    return judge_unreachable(quoted, bpf_ntohl(about->destination), 0, 0, icmp[1]);
  }
  return XDP_PASS;
}

/* Extension headers are not followed: no answer to a SYN of ours carries them. */
INLINE int receive_v6(struct xdp_md* ctx, void* data, void* end) {
  const struct ipv6* ip = data + 14;
  const void* inside = ip + 1;
  if (inside > end) return XDP_PASS;
  if (ip->protocol == PROTOCOL_TCP) {
    const struct tcp* tcp = inside;
    if ((void*)(tcp + 1) > end || tcp->destination != bpf_htons(shared.source_port)) {
      return XDP_PASS;
    }
    return judge_segment(ctx, tcp, half(ip->source), half(ip->source + 2), half(ip->destination),
                         half(ip->destination + 2), 1, ip->hop_limit);
  }
  if (ip->protocol == PROTOCOL_ICMPV6) {
    const __u8* icmp = inside;
    const struct ipv6* about = inside + 8;
    const struct tcp* quoted = (const void*)(about + 1);
    if ((void*)quoted + 8 > end || icmp[0] != 1 || about->protocol != PROTOCOL_TCP ||
        quoted->source != bpf_htons(shared.source_port)) {
      return XDP_PASS;
    }
    return judge_unreachable(quoted, half(about->destination), half(about->destination + 2), 1,
                             icmp[1]);
  }
  return XDP_PASS;
}

SEC("xdp")
int lockstep_receive(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u16 type;
  if (data + 14 > end || shared.source_port == 0) return XDP_PASS;
  type = *(__u16*)(data + 12);
  if (type == bpf_htons(ETH_P_IP)) return receive_v4(ctx, data, end);
  if (type == bpf_htons(ETH_P_IPV6)) return receive_v6(ctx, data, end);
  return XDP_PASS;
}

/* Sends the frame that it is given: the canary takes the way of the probes. */
SEC("xdp")
int lockstep_send(struct xdp_md* ctx __attribute__((unused))) {
  return bpf_redirect(shared.ifindex, 0);
}

char _license[] SEC("license") = "Apache-2.0";
