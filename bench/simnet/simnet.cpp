// A simulated cluster behind one interface: loads simnet.bpf.c, says how each node behaves, and
// writes the truth down. `simnet --help` lists the options; README.md says how to use it.
//
// It speaks on standard output ("ready" once it answers) and listens on standard input:
//   counters    one line of JSON, the sums over all CPUs since the start
//   log FILE    writes the arrivals so far, 16 bytes each (layout.h), and begins anew
// It ends at the end of its input, by SIGTERM, or after --seconds; a bpf_link that the process owns
// detaches the program however it ends.

#include "layout.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <simnet.skel.h>

namespace {

struct Options {
  std::string interface;
  std::string truth;
  bool pass = false;
  bool verify = false;
  std::uint32_t nodes = 64;
  std::string first = "198.18.0.0";
  std::string prefix = "fd00:18::";
  std::uint64_t seed = 1;
  unsigned seconds = 600;
  std::uint32_t classes = 4;
  unsigned open_tcp = 8;
  unsigned open_udp = 3;
  // Shares of the nodes, and what they do.
  double rogue = 0, silent = 0, absent = 0, filtering = 0, rejecting = 0;
  double lossy = 0, loss_in = 0.01, loss_out = 0.01;
  double bursty = 0, burst_in = 0.02, burst_out = 0.02;
  double limited = 0;
  std::uint32_t rst_rate = 1000;
  std::uint32_t icmp_rate = 1;
  std::uint32_t log = 0;
};

[[noreturn]] void die(const std::string& message) {
  fmt::print(stderr, "simnet: {}\n", message);
  std::exit(1);
}

Options parse(int argc, char** argv) {
  Options o;
  CLI::App app("A simulated cluster in XDP, behind one interface of this network namespace.");
  const auto share = CLI::Range(0.0, 1.0);
  app.add_option("--interface", o.interface, "where the nodes answer")->required();
  app.add_flag("--pass", o.pass, "only let everything pass (for the near end of a veth)");
  app.add_option("--truth", o.truth, "JSON lines: each node's address, ports and behaviour");
  app.add_option("--nodes", o.nodes)->check(CLI::Range(1, int{SIMNET_MOST_NODES}));
  app.add_option("--first", o.first, "IPv4 address of the first node, in 198.18.0.0/15");
  app.add_option("--prefix", o.prefix, "IPv6 /96 of the nodes, in fd00::/8");
  app.add_option("--seed", o.seed);
  app.add_option("--seconds", o.seconds, "how long at most")->check(CLI::Range(1, 86400));
  app.add_option("--classes", o.classes)->check(CLI::Range(1, 1024));
  app.add_option("--open-tcp", o.open_tcp, "ports of a class")->check(CLI::Range(0, 10000));
  app.add_option("--open-udp", o.open_udp)->check(CLI::Range(0, 10000));
  app.add_option("--rogue", o.rogue, "share of nodes with ports of their own")->check(share);
  app.add_option("--silent", o.silent, "that answer ARP only")->check(share);
  app.add_option("--absent", o.absent, "that answer nothing")->check(share);
  app.add_option("--filtering", o.filtering, "that drop what is not open")->check(share);
  app.add_option("--rejecting", o.rejecting, "that prohibit it by ICMP")->check(share);
  app.add_option("--lossy", o.lossy, "that lose single packets")->check(share);
  app.add_option("--loss-in", o.loss_in, "share of packets to them")->check(share);
  app.add_option("--loss-out", o.loss_out)->check(share);
  app.add_option("--bursty", o.bursty, "that lose all of some 4 ms")->check(share);
  app.add_option("--burst-in", o.burst_in, "share of such windows")->check(share);
  app.add_option("--burst-out", o.burst_out)->check(share);
  app.add_option("--limited", o.limited, "that limit their RSTs")->check(share);
  app.add_option("--rst-rate", o.rst_rate, "RSTs a second of those")
      ->check(CLI::Range(1, 100000000));
  app.add_option("--icmp-rate", o.icmp_rate, "ICMP errors a second of each node");
  app.add_option("--log", o.log, "arrivals to keep")->check(CLI::Range(0, 1 << 26));
  app.add_flag("--verify", o.verify, "drop SYNs with a wrong checksum, and count them");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return o;
}

std::uint32_t of_2_32(double share) {
  return static_cast<std::uint32_t>(std::min(share * 4294967296.0, 4294967295.0));
}

/// The classes and nodes of one cluster, by the seed alone.
struct Cluster {
  std::vector<std::vector<std::uint16_t>> tcp, udp;  // by class
  std::vector<simnet_node> nodes;
};

std::vector<std::uint16_t> draw_ports(std::mt19937_64& random, unsigned count, bool ssh) {
  std::set<std::uint16_t> ports;
  if (ssh && count > 0) ports.insert(22);
  while (ports.size() < count) ports.insert(static_cast<std::uint16_t>(1 + random() % 65535));
  return {ports.begin(), ports.end()};
}

Cluster make_cluster(const Options& o) {
  std::mt19937_64 random(o.seed);
  const auto chance = [&](double share) {
    return static_cast<double>(random() >> 11) * 0x1p-53 < share;
  };
  Cluster cluster;
  for (std::uint32_t i = 0; i < o.classes; ++i) {
    cluster.tcp.push_back(draw_ports(random, o.open_tcp, true));
    cluster.udp.push_back(draw_ports(random, o.open_udp, false));
  }
  for (std::uint32_t i = 0; i < o.nodes; ++i) {
    simnet_node node{};
    node.class_index = static_cast<std::uint32_t>(random() % o.classes);
    if (chance(o.rogue)) {
      node.rogue_tcp[0] = static_cast<std::uint16_t>(1 + random() % 65535);
      node.rogue_udp[0] = static_cast<std::uint16_t>(1 + random() % 65535);
    }
    if (chance(o.silent)) node.flags |= SIMNET_SILENT;
    if (chance(o.absent)) node.flags |= SIMNET_ABSENT;
    if (chance(o.filtering)) node.flags |= SIMNET_FILTERS;
    if (chance(o.rejecting)) node.flags |= SIMNET_REJECTS;
    if (chance(o.lossy)) {
      node.loss_in = of_2_32(o.loss_in);
      node.loss_out = of_2_32(o.loss_out);
    }
    if (chance(o.bursty)) {
      node.burst_in = of_2_32(o.burst_in);
      node.burst_out = of_2_32(o.burst_out);
    }
    if (chance(o.limited)) node.rst_per_s = o.rst_rate;
    node.icmp_per_s = o.icmp_rate;
    cluster.nodes.push_back(node);
  }
  return cluster;
}

std::string v4_text(std::uint32_t number) {
  return fmt::format("{}.{}.{}.{}", number >> 24, (number >> 16) & 255, (number >> 8) & 255,
                     number & 255);
}

std::string v6_text(const in6_addr& prefix, std::uint32_t index) {
  in6_addr address = prefix;
  const std::uint32_t low = htonl(index);
  std::memcpy(&address.s6_addr[12], &low, sizeof low);
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, &address, text, sizeof text);
}

std::string ports_text(std::vector<std::uint16_t> ports, const __u16 (&rogues)[SIMNET_ROGUES]) {
  for (const std::uint16_t rogue : rogues) {
    if (rogue != 0) ports.push_back(rogue);
  }
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return fmt::format("[{}]", fmt::join(ports, ","));
}

void write_truth(const Options& o, const Cluster& cluster, std::uint32_t first,
                 const in6_addr& prefix) {
  std::FILE* const file = std::fopen(o.truth.c_str(), "w");
  if (file == nullptr) die(fmt::format("{}: {}", o.truth, std::strerror(errno)));
  for (std::uint32_t i = 0; i < cluster.nodes.size(); ++i) {
    const simnet_node& node = cluster.nodes[i];
    fmt::print(file,
               "{{\"address\":\"{}\",\"address6\":\"{}\",\"class\":{},\"tcp\":{},\"udp\":{},"
               "\"silent\":{},\"absent\":{},\"filters\":{},\"rejects\":{},\"loses\":{},"
               "\"rst_per_s\":{}}}\n",
               v4_text(first + i), v6_text(prefix, i), node.class_index,
               ports_text(cluster.tcp[node.class_index], node.rogue_tcp),
               ports_text(cluster.udp[node.class_index], node.rogue_udp),
               (node.flags & SIMNET_SILENT) != 0, (node.flags & SIMNET_ABSENT) != 0,
               (node.flags & SIMNET_FILTERS) != 0, (node.flags & SIMNET_REJECTS) != 0,
               node.loss_in + node.loss_out + node.burst_in + node.burst_out != 0, node.rst_per_s);
  }
  std::fclose(file);
}

void set_bits(__u64 (&words)[1024], const std::vector<std::uint16_t>& ports) {
  for (const std::uint16_t port : ports) words[port / 64] |= __u64{1} << (port % 64);
}

void check(int result, std::string_view what) {
  if (result < 0) die(fmt::format("{}: {}", what, std::strerror(-result)));
}

void fill(simnet_bpf* skeleton, const Cluster& cluster) {
  for (std::uint32_t i = 0; i < cluster.tcp.size(); ++i) {
    simnet_class ports{};
    set_bits(ports.tcp, cluster.tcp[i]);
    set_bits(ports.udp, cluster.udp[i]);
    check(bpf_map_update_elem(bpf_map__fd(skeleton->maps.classes), &i, &ports, BPF_ANY), "classes");
  }
  for (std::uint32_t i = 0; i < cluster.nodes.size(); ++i) {
    check(bpf_map_update_elem(bpf_map__fd(skeleton->maps.nodes), &i, &cluster.nodes[i], BPF_ANY),
          "nodes");
  }
}

void read_mac(const std::string& interface, __u8 (&mac)[6]) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (::ioctl(socket, SIOCGIFHWADDR, &request) != 0) die(interface + ": " + std::strerror(errno));
  ::close(socket);
  std::memcpy(mac, request.ifr_hwaddr.sa_data, sizeof mac);
}

void print_counters(const simnet_bpf* skeleton) {
  simnet_counters sum{};
  for (const auto& cpu : skeleton->bss->counters) {
    sum.syns += cpu.syns;
    sum.syn_acks += cpu.syn_acks;
    sum.rsts += cpu.rsts;
    sum.resets += cpu.resets;
    sum.datagrams += cpu.datagrams;
    sum.udp_replies += cpu.udp_replies;
    sum.icmp_errors += cpu.icmp_errors;
    sum.limited += cpu.limited;
    sum.lost_in += cpu.lost_in;
    sum.lost_out += cpu.lost_out;
    sum.unanswered += cpu.unanswered;
    sum.neighbours += cpu.neighbours;
    sum.wrong_mac += cpu.wrong_mac;
    sum.bad_checksum += cpu.bad_checksum;
  }
  fmt::print(
      "{{\"syns\":{},\"syn_acks\":{},\"rsts\":{},\"resets\":{},\"datagrams\":{},"
      "\"udp_replies\":{},\"icmp_errors\":{},\"limited\":{},\"lost_in\":{},\"lost_out\":{},"
      "\"unanswered\":{},\"neighbours\":{},\"wrong_mac\":{},\"bad_checksum\":{}}}\n",
      sum.syns, sum.syn_acks, sum.rsts, sum.resets, sum.datagrams, sum.udp_replies, sum.icmp_errors,
      sum.limited, sum.lost_in, sum.lost_out, sum.unanswered, sum.neighbours, sum.wrong_mac,
      sum.bad_checksum);
  std::fflush(stdout);
}

void write_log(simnet_bpf* skeleton, std::uint32_t entries, const std::string& path) {
  const std::uint64_t count = std::min<std::uint64_t>(skeleton->bss->arrived, entries);
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) die(fmt::format("{}: {}", path, std::strerror(errno)));
  std::vector<simnet_arrival> chunk;
  for (std::uint32_t i = 0; i < count; ++i) {
    simnet_arrival entry{};
    bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.arrivals), &i, &entry);
    chunk.push_back(entry);
    if (chunk.size() == 65536 || i + 1 == count) {
      std::fwrite(chunk.data(), sizeof entry, chunk.size(), file);
      chunk.clear();
    }
  }
  std::fclose(file);
  skeleton->bss->arrived = 0;
  fmt::print("{{\"arrivals\":{}}}\n", count);
  std::fflush(stdout);
}

void serve(simnet_bpf* skeleton, const Options& o) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(o.seconds);
  std::string line;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = left.count() > 0 ? ::poll(&input, 1, static_cast<int>(left.count())) : 0;
    if (ready <= 0) return;  // the time is up, or a signal came
    char byte = 0;
    if (::read(STDIN_FILENO, &byte, 1) != 1) return;
    if (byte != '\n') {
      line += byte;
      continue;
    }
    if (line == "counters") print_counters(skeleton);
    if (line.starts_with("log ")) write_log(skeleton, o.log, line.substr(4));
    line.clear();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options o = parse(argc, argv);
  const unsigned index = if_nametoindex(o.interface.c_str());
  if (index == 0) die(fmt::format("no interface {}", o.interface));
  in_addr first{};
  in6_addr prefix{};
  if (inet_pton(AF_INET, o.first.c_str(), &first) != 1) die("--first is no IPv4 address");
  if (inet_pton(AF_INET6, o.prefix.c_str(), &prefix) != 1) die("--prefix is no IPv6 address");
  const std::uint32_t first_number = ntohl(first.s_addr);
  const bool inside = first_number >> 17 == 0xc6120000 >> 17 && prefix.s6_addr[0] == 0xfd;
  if (!inside) die("nodes live in 198.18.0.0/15 and fd00::/8 only");

  libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
  simnet_bpf* const skeleton = simnet_bpf__open();
  if (skeleton == nullptr) die("cannot open the program");
  skeleton->rodata->settings.seed = o.seed;
  skeleton->rodata->settings.nodes = o.nodes;
  skeleton->rodata->settings.first_v4 = first_number;
  std::memcpy(skeleton->rodata->settings.prefix_v6, prefix.s6_addr, 12);
  skeleton->rodata->settings.log_entries = o.log;
  skeleton->rodata->settings.verify = o.verify;
  read_mac(o.interface, skeleton->rodata->settings.mac);
  check(bpf_map__set_max_entries(skeleton->maps.nodes, o.nodes), "nodes");
  check(bpf_map__set_max_entries(skeleton->maps.states, o.nodes), "states");
  check(bpf_map__set_max_entries(skeleton->maps.classes, o.classes), "classes");
  check(bpf_map__set_max_entries(skeleton->maps.arrivals, std::max(1U, o.log)), "arrivals");
  check(simnet_bpf__load(skeleton), "load");
  const Cluster cluster = make_cluster(o);
  fill(skeleton, cluster);
  if (!o.truth.empty()) write_truth(o, cluster, first_number, prefix);

  const bpf_program* const program =
      o.pass ? skeleton->progs.simnet_pass : skeleton->progs.simnet_answer;
  bpf_link_create_opts how{};
  how.sz = sizeof how;
  how.flags = XDP_FLAGS_DRV_MODE;
  const int link =
      bpf_link_create(bpf_program__fd(program), static_cast<int>(index), BPF_XDP, &how);
  check(link, "attach to " + o.interface);
  // Without SA_RESTART, so that it ends the wait for input; what is held is given back at exit.
  struct sigaction quiet {};
  quiet.sa_handler = [](int) {};
  sigaction(SIGTERM, &quiet, nullptr);
  sigaction(SIGINT, &quiet, nullptr);
  fmt::print("ready\n");
  std::fflush(stdout);
  serve(skeleton, o);
  ::close(link);
  simnet_bpf__destroy(skeleton);
  return 0;
}
