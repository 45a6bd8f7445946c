/* A simulated cluster on one end of a veth pair: answers ARP, neighbour solicitations, TCP and UDP
 * for up to 131,072 nodes in place (XDP_TX). Whatever is not for a node of its goes on to the
 * kernel of the namespace. simnet.cpp loads it and says how the nodes behave.
 *
 * RFC 826, 791, 792, 4443, 4861, 9293. */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "layout.h"

#define INLINE static inline __attribute__((always_inline))

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct simnet_node);
} nodes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct simnet_state);
} states SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct simnet_class);
} classes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct simnet_arrival);
} arrivals SEC(".maps");

const volatile struct simnet_settings settings;
struct simnet_counters counters[SIMNET_CPUS];
__u64 arrived; /* entries of the log that were taken */

struct ipv4 {
  __u32 version_service_length; /* version, header length, service, total length */
  __u32 id_fragment;
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
  __u32 checksum_urgent;
};

struct arp {
  __u32 types;
  __u16 sizes;
  __u16 operation;
  __u8 sender_mac[6];
  __u8 sender[4];
  __u8 target_mac[6];
  __u8 target[4];
} __attribute__((packed));

struct solicitation {
  __u8 type;
  __u8 code;
  __u16 checksum;
  __u32 flags;
  __u32 target[4];
  __u8 option;
  __u8 option_words;
  __u8 mac[6];
};

enum { SYN = 2, RST = 4, ACK = 16, IPPROTO_ICMPV6 = 58 };

INLINE struct simnet_counters* mine(void) {
  return &counters[bpf_get_smp_processor_id() & (SIMNET_CPUS - 1)];
}

INLINE __u16 fold(__u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (__u16)~sum;
}

/* splitmix64's finaliser. */
INLINE __u64 mix(__u64 x) {
  x += settings.seed + 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

INLINE int lost(__u32 index, struct simnet_state* state, __u32 single, __u32 burst, __u64 way) {
  if (single != 0) {
    __u64 number = state->random++;
    if ((__u32)mix(((__u64)index << 40) ^ (number << 1) ^ way) < single) return 1;
  }
  if (burst == 0) return 0;
  return (__u32)mix(((__u64)index << 40) ^ ((bpf_ktime_get_ns() >> 22) << 1) ^ way) < burst;
}

/* A token bucket 8 deep, as the generic cell rate algorithm. */
INLINE int limited(__u64* full_ns, __u32 per_s) {
  __u64 now = bpf_ktime_get_ns();
  __u64 step = 1000000000ULL / per_s;
  __u64 full = *full_ns < now ? now : *full_ns;
  if (full + step > now + 8 * step) return 1;
  *full_ns = full + step;
  return 0;
}

INLINE int is_open(const struct simnet_node* node, __u16 port, int udp) {
  __u32 key = node->class_index;
  const struct simnet_class* of = bpf_map_lookup_elem(&classes, &key);
  const __u16* rogue = udp ? node->rogue_udp : node->rogue_tcp;
  __u64 word;
  if (!of) return 0;
  word = udp ? of->udp[port >> 6] : of->tcp[port >> 6];
  if ((word >> (port & 63)) & 1) return 1;
  if (port == 0) return 0;
  return rogue[0] == port || rogue[1] == port || rogue[2] == port || rogue[3] == port;
}

INLINE void note_arrival(__u32 index, __u16 port) {
  struct simnet_arrival* entry;
  __u32 at;
  if (settings.log_entries == 0) return;
  at = (__u32)__sync_fetch_and_add(&arrived, 1);
  entry = bpf_map_lookup_elem(&arrivals, &at);
  if (!entry) return;
  entry->ns = bpf_ktime_get_ns();
  entry->node = index;
  entry->port = port;
}

INLINE void swap_macs(void* data) {
  __u16* mac = data;
  __u16 a = mac[0], b = mac[1], c = mac[2];
  mac[0] = mac[3];
  mac[1] = mac[4];
  mac[2] = mac[5];
  mac[3] = a;
  mac[4] = b;
  mac[5] = c;
}

INLINE void node_mac(__u8* mac, __u32 index) {
  mac[0] = 0x02;
  mac[1] = 0x53;
  mac[2] = index >> 24;
  mac[3] = index >> 16;
  mac[4] = index >> 8;
  mac[5] = index;
}

/* Whether a frame went to the node's own address or to the interface's, as a router's would. */
INLINE int reaches(const __u8* mac, __u32 index) {
  if (mac[0] == 0x02 && mac[1] == 0x53) {
    return mac[2] == (__u8)(index >> 24) && mac[3] == (__u8)(index >> 16) &&
           mac[4] == (__u8)(index >> 8) && mac[5] == (__u8)index;
  }
  return mac[0] == settings.mac[0] && mac[1] == settings.mac[1] && mac[2] == settings.mac[2] &&
         mac[3] == settings.mac[3] && mac[4] == settings.mac[4] && mac[5] == settings.mac[5];
}

INLINE __u64 pseudo_sum_v6(const struct ipv6* ip) {
  __u64 sum = 0;
#pragma unroll
  for (int i = 0; i < 4; ++i) sum += (__u64)ip->source[i] + ip->destination[i];
  return sum;
}

INLINE void finish_v4(struct ipv4* ip, __u16 length, __u8 protocol) {
  ip->version_service_length = bpf_htonl(0x45000000 | length);
  ip->id_fragment = bpf_htonl(0x4000);
  ip->ttl = 64;
  ip->protocol = protocol;
  ip->checksum = 0;
  ip->checksum = fold((__u64)ip->version_service_length + ip->id_fragment +
                      *(__u32*)(void*)&ip->ttl + ip->source + ip->destination);
}

/* What becomes of a probe, before the answer is written. */
enum verdict { DROP, OPEN, CLOSED, PROHIBITED };

INLINE enum verdict judge(const struct simnet_node* node, struct simnet_state* state, __u32 index,
                          __u16 port, int udp) {
  enum verdict verdict;
  if (lost(index, state, node->loss_in, node->burst_in, 0)) {
    ++mine()->lost_in;
    return DROP;
  }
  if (node->flags & SIMNET_SILENT) {
    ++mine()->unanswered;
    return DROP;
  }
  verdict = is_open(node, port, udp) ? OPEN : CLOSED;
  if (verdict == CLOSED && (node->flags & SIMNET_FILTERS)) {
    ++mine()->unanswered;
    return DROP;
  }
  if (verdict == CLOSED && (node->flags & SIMNET_REJECTS)) verdict = PROHIBITED;
  if (verdict == CLOSED && !udp && node->rst_per_s != 0 &&
      limited(&state->rst_ns, node->rst_per_s)) {
    ++mine()->limited;
    return DROP;
  }
  if (verdict == PROHIBITED || (verdict == CLOSED && udp)) {
    if (node->icmp_per_s == 0 || limited(&state->icmp_ns, node->icmp_per_s)) {
      ++mine()->limited;
      return DROP;
    }
  }
  if (lost(index, state, node->loss_out, node->burst_out, 1)) {
    ++mine()->lost_out;
    return DROP;
  }
  return verdict;
}

/* Writes the SYN-ACK or RST; `sum` is that of the addresses, `option` whether the frame has room
 * for a maximum segment size. Returns the TCP bytes that count; the rest of the frame is padding. */
INLINE __u32 write_tcp(struct tcp* tcp, __u64 sum, int open, int option, __u32 index) {
  __u32* words = (void*)tcp;
  __u32 acknowledgement = bpf_htonl(bpf_ntohl(tcp->sequence) + 1);
  __u32 ports = ((__u32)tcp->source << 16) | tcp->destination;
  __u32 length = open && option ? 24 : 20;
  words[0] = ports;
  words[1] = open ? (__u32)mix(((__u64)index << 32) ^ ports) : 0;
  words[2] = acknowledgement;
  words[3] = bpf_htonl((length << 26) | ((open ? SYN | ACK : RST | ACK) << 16) | (open ? 64240 : 0));
  words[4] = 0;
  sum += (__u64)words[0] + words[1] + words[2] + words[3];
  if (length == 24) {
    words[5] = bpf_htonl(0x020405b4);
    sum += words[5];
  }
  sum += bpf_htons(IPPROTO_TCP) + (__u64)bpf_htons(length);
  words[4] = fold(sum);
  return length;
}

/* Puts an ICMP error about the packet at `outer` bytes of IP header in front of it. */
INLINE int unreachable_v4(struct xdp_md* ctx, __u8 code) {
  struct ipv4 *ip, *about;
  __u32* words;
  __u64 sum = 0;
  __u8 macs[12];
  void *data, *end;
  long surplus;
  if (bpf_xdp_adjust_head(ctx, -28)) return XDP_DROP;
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
  surplus = (end - data) - (14 + 28 + 28);
  if (surplus > 0 && bpf_xdp_adjust_tail(ctx, -(int)surplus)) return XDP_DROP;
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
  if (data + 14 + 28 + 28 > end) return XDP_DROP;
  __builtin_memcpy(macs, data + 28, 12);
  __builtin_memcpy(data, macs + 6, 6);
  __builtin_memcpy(data + 6, macs, 6);
  *(__u16*)(data + 12) = bpf_htons(ETH_P_IP);
  ip = data + 14;
  about = data + 14 + 28;
  words = data + 14 + 20;
  ip->source = about->destination;
  ip->destination = about->source;
  finish_v4(ip, 56, IPPROTO_ICMP);
  words[0] = bpf_htonl(0x03000000 | ((__u32)code << 16));
  words[1] = 0;
#pragma unroll
  for (int i = 0; i < 9; ++i) sum += words[i];
  words[0] |= (__u32)fold(sum) << 16;
  ++mine()->icmp_errors;
  return XDP_TX;
}

INLINE int unreachable_v6(struct xdp_md* ctx, __u8 code) {
  struct ipv6 *ip, *about;
  __u32* words;
  __u64 sum;
  __u8 macs[12];
  void *data, *end;
  long surplus;
  if (bpf_xdp_adjust_head(ctx, -48)) return XDP_DROP;
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
  surplus = (end - data) - (14 + 48 + 48);
  if (surplus > 0 && bpf_xdp_adjust_tail(ctx, -(int)surplus)) return XDP_DROP;
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
  if (data + 14 + 48 + 48 > end) return XDP_DROP;
  __builtin_memcpy(macs, data + 48, 12);
  __builtin_memcpy(data, macs + 6, 6);
  __builtin_memcpy(data + 6, macs, 6);
  *(__u16*)(data + 12) = bpf_htons(ETH_P_IPV6);
  ip = data + 14;
  about = data + 14 + 48;
  words = data + 14 + 40;
  ip->version_flow = bpf_htonl(0x60000000);
  ip->length = bpf_htons(56);
  ip->protocol = IPPROTO_ICMPV6;
  ip->hop_limit = 64;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    ip->source[i] = about->destination[i];
    ip->destination[i] = about->source[i];
  }
  words[0] = bpf_htonl(0x01000000 | ((__u32)code << 16));
  words[1] = 0;
  sum = pseudo_sum_v6(ip) + bpf_htons(56) + (__u64)bpf_htons(IPPROTO_ICMPV6);
#pragma unroll
  for (int i = 0; i < 14; ++i) sum += words[i];
  words[0] |= (__u32)fold(sum) << 16;
  ++mine()->icmp_errors;
  return XDP_TX;
}

INLINE int answer_v4(struct xdp_md* ctx, void* data, void* end) {
  struct ipv4* ip = data + 14;
  struct simnet_node* node;
  struct simnet_state* state;
  enum verdict verdict;
  __u32 index, address;
  __u16 port;
  int udp;
  if ((void*)(ip + 1) + 8 > end) return XDP_PASS;
  index = bpf_ntohl(ip->destination) - settings.first_v4;
  if (index >= settings.nodes) return XDP_PASS;
  node = bpf_map_lookup_elem(&nodes, &index);
  state = bpf_map_lookup_elem(&states, &index);
  if (!node || !state || (node->flags & SIMNET_ABSENT)) return XDP_DROP;
  if (*(__u8*)ip != 0x45 || (ip->id_fragment & bpf_htonl(0x3fff))) return XDP_DROP;
  if (!reaches(data, index)) {
    ++mine()->wrong_mac;
    return XDP_DROP;
  }
  udp = ip->protocol == IPPROTO_UDP;
  if (!udp && ip->protocol != IPPROTO_TCP) return XDP_DROP;
  port = bpf_ntohs(*(__u16*)((void*)(ip + 1) + 2));
  if (udp) {
    ++mine()->datagrams;
  } else {
    struct tcp* tcp = (void*)(ip + 1);
    if ((void*)(tcp + 1) > end) return XDP_DROP;
    if (tcp->flags & RST) ++mine()->resets;
    if ((tcp->flags & (SYN | ACK | RST)) != SYN) return XDP_DROP;
    if (settings.verify) {
      __u32* words = (void*)tcp;
      __u64 sum = (__u64)ip->source + ip->destination + bpf_htons(IPPROTO_TCP);
      __u32 length = (tcp->offset >> 4) * 4;
      sum += (__u64)bpf_htons(length) + words[0] + words[1] + words[2] + words[3] + words[4];
      if (length == 24 && (void*)(words + 6) <= end) sum += words[5];
      __u64 header = 0;
#pragma unroll
      for (int i = 0; i < 5; ++i) header += ((__u32*)(void*)ip)[i];
      if ((length <= 24 && fold(sum) != 0) || fold(header) != 0) {
        ++mine()->bad_checksum;
        return XDP_DROP;
      }
    }
    ++mine()->syns;
  }
  note_arrival(index, port);
  verdict = judge(node, state, index, port, udp);
  if (verdict == DROP) return XDP_DROP;
  if (verdict == PROHIBITED) return unreachable_v4(ctx, 13);
  if (verdict == CLOSED && udp) return unreachable_v4(ctx, 3);
  swap_macs(data);
  address = ip->source;
  ip->source = ip->destination;
  ip->destination = address;
  if (udp) {
    __u32* ports = (void*)(ip + 1); /* a swap changes no checksum */
    *ports = (*ports >> 16) | (*ports << 16);
    ++mine()->udp_replies;
  } else {
    struct tcp* tcp = (void*)(ip + 1);
    __u32 length;
    if ((void*)(tcp + 1) > end) return XDP_DROP;
    if ((void*)(tcp + 1) + 4 <= end) {
      length = write_tcp(tcp, (__u64)ip->source + ip->destination, verdict == OPEN, 1, index);
    } else {
      length = write_tcp(tcp, (__u64)ip->source + ip->destination, verdict == OPEN, 0, index);
    }
    finish_v4(ip, 20 + length, IPPROTO_TCP);
    if (verdict == OPEN) {
      ++mine()->syn_acks;
    } else {
      ++mine()->rsts;
    }
  }
  return XDP_TX;
}

INLINE int answer_solicitation(void* data, struct ipv6* ip, struct solicitation* asked,
                               void* end) {
  const struct simnet_node* node;
  __u32* words = (void*)asked;
  __u32 index;
  __u64 sum;
  if ((void*)(asked + 1) > end || asked->option != 1) return XDP_PASS;
  if (asked->target[0] != settings.prefix_v6[0] || asked->target[1] != settings.prefix_v6[1] ||
      asked->target[2] != settings.prefix_v6[2]) {
    return XDP_PASS;
  }
  index = bpf_ntohl(asked->target[3]);
  if (index >= settings.nodes) return XDP_PASS;
  node = bpf_map_lookup_elem(&nodes, &index);
  if (!node || (node->flags & SIMNET_ABSENT)) return XDP_DROP;
  __builtin_memcpy(data, data + 6, 6);
  node_mac(data + 6, index);
  ip->hop_limit = 255;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    ip->destination[i] = ip->source[i];
    ip->source[i] = asked->target[i];
  }
  asked->type = 136;
  asked->code = 0;
  asked->checksum = 0;
  asked->flags = bpf_htonl(0x60000000); /* solicited, override */
  asked->option = 2;
  node_mac(asked->mac, index);
  ip->length = bpf_htons(32);
  sum = pseudo_sum_v6(ip) + bpf_htons(32) + (__u64)bpf_htons(IPPROTO_ICMPV6);
#pragma unroll
  for (int i = 0; i < 8; ++i) sum += words[i];
  asked->checksum = fold(sum);
  ++mine()->neighbours;
  return XDP_TX;
}

INLINE int answer_v6(struct xdp_md* ctx, void* data, void* end) {
  struct ipv6* ip = data + 14;
  struct simnet_node* node;
  struct simnet_state* state;
  enum verdict verdict;
  __u32 index;
  __u16 port;
  int udp;
  if ((void*)(ip + 1) + 8 > end) return XDP_PASS;
  if (ip->protocol == IPPROTO_ICMPV6 && *(__u8*)(ip + 1) == 135) {
    return answer_solicitation(data, ip, (void*)(ip + 1), end);
  }
  if (ip->destination[0] != settings.prefix_v6[0] || ip->destination[1] != settings.prefix_v6[1] ||
      ip->destination[2] != settings.prefix_v6[2]) {
    return XDP_PASS;
  }
  index = bpf_ntohl(ip->destination[3]);
  if (index >= settings.nodes) return XDP_PASS;
  node = bpf_map_lookup_elem(&nodes, &index);
  state = bpf_map_lookup_elem(&states, &index);
  if (!node || !state || (node->flags & SIMNET_ABSENT)) return XDP_DROP;
  if (!reaches(data, index)) {
    ++mine()->wrong_mac;
    return XDP_DROP;
  }
  udp = ip->protocol == IPPROTO_UDP;
  if (!udp && ip->protocol != IPPROTO_TCP) return XDP_DROP;
  port = bpf_ntohs(*(__u16*)((void*)(ip + 1) + 2));
  if (udp) {
    ++mine()->datagrams;
  } else {
    struct tcp* tcp = (void*)(ip + 1);
    if ((void*)(tcp + 1) > end) return XDP_DROP;
    if (tcp->flags & RST) ++mine()->resets;
    if ((tcp->flags & (SYN | ACK | RST)) != SYN) return XDP_DROP;
    if (settings.verify) {
      __u32* words = (void*)tcp;
      __u32 length = (tcp->offset >> 4) * 4;
      __u64 sum = pseudo_sum_v6(ip) + bpf_htons(IPPROTO_TCP) + (__u64)bpf_htons(length);
      sum += (__u64)words[0] + words[1] + words[2] + words[3] + words[4];
      if (length == 24 && (void*)(words + 6) <= end) sum += words[5];
      if (length <= 24 && fold(sum) != 0) {
        ++mine()->bad_checksum;
        return XDP_DROP;
      }
    }
    ++mine()->syns;
  }
  note_arrival(index, port);
  verdict = judge(node, state, index, port, udp);
  if (verdict == DROP) return XDP_DROP;
  if (verdict == PROHIBITED) return unreachable_v6(ctx, 1);
  if (verdict == CLOSED && udp) return unreachable_v6(ctx, 4);
  swap_macs(data);
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    __u32 word = ip->source[i];
    ip->source[i] = ip->destination[i];
    ip->destination[i] = word;
  }
  ip->hop_limit = 64;
  if (udp) {
    __u32* ports = (void*)(ip + 1);
    *ports = (*ports >> 16) | (*ports << 16);
    ++mine()->udp_replies;
  } else {
    struct tcp* tcp = (void*)(ip + 1);
    __u32 length;
    if ((void*)(tcp + 1) > end) return XDP_DROP;
    if ((void*)(tcp + 1) + 4 <= end) {
      length = write_tcp(tcp, pseudo_sum_v6(ip), verdict == OPEN, 1, index);
    } else {
      length = write_tcp(tcp, pseudo_sum_v6(ip), verdict == OPEN, 0, index);
    }
    ip->version_flow = bpf_htonl(0x60000000);
    ip->length = bpf_htons(length);
    if (verdict == OPEN) {
      ++mine()->syn_acks;
    } else {
      ++mine()->rsts;
    }
  }
  return XDP_TX;
}

INLINE int answer_arp(void* data, void* end) {
  struct arp* arp = data + 14;
  const struct simnet_node* node;
  __u32 index, sender, target;
  if ((void*)(arp + 1) > end) return XDP_PASS;
  if (arp->operation != bpf_htons(1)) return XDP_PASS;
  __builtin_memcpy(&target, arp->target, 4);
  __builtin_memcpy(&sender, arp->sender, 4);
  index = bpf_ntohl(target) - settings.first_v4;
  if (index >= settings.nodes) return XDP_PASS;
  node = bpf_map_lookup_elem(&nodes, &index);
  if (!node || (node->flags & SIMNET_ABSENT)) return XDP_DROP;
  __builtin_memcpy(data, data + 6, 6);
  node_mac(data + 6, index);
  arp->operation = bpf_htons(2);
  __builtin_memcpy(arp->target_mac, arp->sender_mac, 6);
  __builtin_memcpy(arp->target, &sender, 4);
  __builtin_memcpy(arp->sender, &target, 4);
  node_mac(arp->sender_mac, index);
  ++mine()->neighbours;
  return XDP_TX;
}

SEC("xdp")
int simnet_answer(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u16 type;
  if (data + 14 > end) return XDP_PASS;
  type = *(__u16*)(data + 12);
  if (type == bpf_htons(ETH_P_IP)) return answer_v4(ctx, data, end);
  if (type == bpf_htons(ETH_P_IPV6)) return answer_v6(ctx, data, end);
  if (type == bpf_htons(ETH_P_ARP)) return answer_arp(data, end);
  return XDP_PASS;
}

/* For the near end: on a veth, XDP_TX reaches only an interface with a program of its own. */
SEC("xdp")
int simnet_pass(struct xdp_md* ctx __attribute__((unused))) {
  return XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
