/* What the scan's XDP programs (bpf/scan.bpf.c) and this program share: memory that both map. Plain
 * C for both. Numbers are in host order unless a comment says otherwise.
 *
 * Answers are two bits a probe, as the result table's, but laid out port by port: word
 * port * words_per_port + target / 32 holds 32 neighbouring targets. A pass walks its ports outside
 * and its targets inside, so the words of one round lie together; by target, every probe would be a
 * cache miss. */

#pragma once

#include <linux/types.h>

enum {
  LOCKSTEP_XDP_TARGETS = 4096, /* of one run; a slot's number has to fit 16 bits */
  LOCKSTEP_XDP_SLOTS = 16384,  /* of the table of addresses: a power of two */
  LOCKSTEP_XDP_STEPS = 8,      /* slots that one look-up may try */
  LOCKSTEP_XDP_PORTS = 65536,
  LOCKSTEP_XDP_WALKERS = 64, /* generators */
  LOCKSTEP_XDP_CPUS = 1024,  /* a power of two */
  LOCKSTEP_XDP_FRAME = 80,
  LOCKSTEP_XDP_FRAME_V4 = 58, /* bytes of a SYN with a maximum segment size */
  LOCKSTEP_XDP_FRAME_V6 = 78,
  LOCKSTEP_XDP_SLACK = 2, /* that a generator's frame is longer than the probe that goes into it */
};

/* One address that is asked. */
struct lockstep_xdp_target {
  __u64 destination[2]; /* IPv4: the number in the first; IPv6: the more significant half first */
  __u64 source[2];
  __u8 frame[LOCKSTEP_XDP_FRAME]; /* its SYN to port 0 with sequence 0, as the wire has it */
  __u16 sum;                      /* folded sum of what that SYN's TCP checksum covers */
  __u8 v6;
  /* Written by the receiver: the code of the latest ICMP error about it, and how its stack answers,
   * in the words of scan/stack_words.h. */
  __u8 icmp_code;
  __u32 rst;
  __u64 syn_ack;
};

/* Where a walker stands in one lane: targets that are asked at the same rate. */
struct lockstep_xdp_cursor {
  __u32 first; /* the lane's targets are order[first] to order[first + size - 1] */
  __u32 size;
  __u32 ports;     /* the lane asks the first so many ports of the pass */
  __u32 port;      /* of the round, an index into the pass's ports */
  __u32 position;  /* in the round */
  __u32 used;      /* whether the round has sent something */
  __u64 rounds;    /* that sent something, before this one */
  __u64 period_ns; /* between two probes of one target; 0: no limit */
  __u64 lag_ns;    /* a lateness that may be made up for; beyond it the schedule moves */
  __u64 start_ns;  /* CLOCK_MONOTONIC */
  __u64 due_ns;
};

/* One generator: a share of the rounds of each lane, on one CPU. */
struct lockstep_xdp_walker {
  __u32 slice; /* it takes the rounds slice, slice + slices, ... */
  __u32 slices;
  __u32 lanes;    /* its cursors are those from its number * targets on */
  __u32 lane;     /* to look at next */
  __u32 finished; /* lanes */
  __u32 done;     /* no lane is left, or it saw the stop flag */
  __u64 sent;
  __u64 skipped;
  __u64 spare[11]; /* a walker writes to cache lines of its own */
};

/* What the receiver counts, on one CPU. */
struct lockstep_xdp_counters {
  __u64 answers; /* first answers of a probe */
  __u64 strays;  /* segments and ICMP errors for us that carry no cookie of ours */
  __u64 resets;  /* RSTs sent */
  __u64 spare[13];
};

struct lockstep_xdp_shared {
  /* Set by us; any value but 0 ends the sending within one turn of each generator. */
  __u32 stop;
  __u32 ifindex;
  __u32 source_port;
  __u32 targets;
  __u64 key[2];
  __u64 slot_multiplier;
  __u64 spare[11];
  struct lockstep_xdp_walker walkers[LOCKSTEP_XDP_WALKERS];
  struct lockstep_xdp_counters counters[LOCKSTEP_XDP_CPUS];
  struct lockstep_xdp_target target[LOCKSTEP_XDP_TARGETS];
  __u32 order[LOCKSTEP_XDP_TARGETS];
  __u16 slots[LOCKSTEP_XDP_SLOTS];       /* number of the target plus one; 0: free */
  __u16 ports[LOCKSTEP_XDP_PORTS];       /* of the pass, in the order in which they are asked */
  __u8 left[LOCKSTEP_XDP_TARGETS];       /* not 0: gets no probe any more; set by us */
  __u8 walker_of_cpu[LOCKSTEP_XDP_CPUS]; /* LOCKSTEP_XDP_WALKERS: none */
};

/* The first slot of an address, given as in lockstep_xdp_target.destination; later ones follow. */
static inline __u32 lockstep_xdp_slot(__u64 multiplier, __u64 high, __u64 low) {
  return (__u32)(((high ^ (low << 7) ^ low) * multiplier) >> 50); /* 64 - log2(SLOTS) */
}
