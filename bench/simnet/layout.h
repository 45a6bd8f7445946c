/* What the simulated cluster's BPF program and its loader share. Plain C for both. */

#pragma once

#include <linux/types.h>

enum {
  SIMNET_MOST_NODES = 131072,
  SIMNET_ROGUES = 4,
  SIMNET_CPUS = 256,
};

/* How a node behaves. */
enum {
  SIMNET_SILENT = 1,  /* answers nothing but ARP and neighbour solicitations */
  SIMNET_FILTERS = 2, /* drops whatever is not for an open port */
  SIMNET_REJECTS = 4, /* answers it by ICMP "administratively prohibited" */
  SIMNET_ABSENT = 8,  /* answers nothing at all */
};

/* Shares are of 2^32. */
struct simnet_node {
  __u32 class_index;
  __u32 flags;
  __u32 loss_in;  /* of single packets to the node */
  __u32 loss_out; /* and from it */
  __u32 burst_in; /* share of windows of about 4 ms in which all packets are lost */
  __u32 burst_out;
  __u32 rst_per_s;                /* 0: no limit */
  __u32 icmp_per_s;               /* 0: none at all */
  __u16 rogue_tcp[SIMNET_ROGUES]; /* open beside those of the class; 0: none */
  __u16 rogue_udp[SIMNET_ROGUES];
};

/* What the program keeps of a node. */
struct simnet_state {
  __u64 rst_ns; /* when the bucket of RSTs is full again, plus its depth (GCRA) */
  __u64 icmp_ns;
  __u64 random; /* packets for which chance was asked */
  __u64 spare;
};

/* The open ports of a class: a bit a port. */
struct simnet_class {
  __u64 tcp[1024];
  __u64 udp[1024];
};

/* Of one CPU. */
struct simnet_counters {
  __u64 syns;
  __u64 syn_acks;
  __u64 rsts;
  __u64 resets; /* RSTs from the scanner */
  __u64 datagrams;
  __u64 udp_replies;
  __u64 icmp_errors;
  __u64 limited; /* RSTs and ICMP errors that a limit held back */
  __u64 lost_in;
  __u64 lost_out;
  __u64 unanswered; /* by a silent node or a filter */
  __u64 neighbours; /* ARP requests and neighbour solicitations answered */
  __u64 wrong_mac;
  __u64 bad_checksum;
  __u64 spare[2];
};

/* One SYN or datagram as it arrived. */
struct simnet_arrival {
  __u64 ns; /* CLOCK_MONOTONIC */
  __u32 node;
  __u16 port;
  __u16 spare;
};

struct simnet_settings {
  __u64 seed;
  __u32 nodes;
  __u32 first_v4;     /* host order */
  __u32 prefix_v6[3]; /* network order; the rest of the address is the node's index */
  __u32 log_entries;  /* 0: no log */
  __u32 verify;       /* whether checksums of SYNs are verified */
  __u8 mac[6];        /* of the interface, where it is the next hop */
  __u8 spare[2];
};
