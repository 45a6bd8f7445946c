// udp_ask [--wait MILLISECONDS] ADDRESS PORT...
//
// Sends the payloads of each port to an IPv4 address, each once and each from a socket of its own,
// and prints a line a payload, as soon as it is known, with tabs between:
//
//   PORT  PROTOCOL  VERDICT  BYTES  SOURCE-PORT
//
// VERDICT is answer, forged or unknown as match() says (and "blind" if an answer would also be one
// to another cookie), closed for an ICMP port unreachable, or silent. Ends with 0, or with 2 if it
// could not ask.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

// After netinet: it uses its types.
#include <linux/errqueue.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "scan/udp_payloads.h"

namespace {

using namespace lockstep;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostAnswerBytes = 65536;

/// A datagram on its way.
struct Question {
  Port port;
  const scan::UdpPayload* payload;
  std::uint64_t cookie;
  UniqueFd socket;
};

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(2);
}

Question ask(const sockaddr_in& target, const scan::UdpPayload& payload, std::uint64_t cookie) {
  Question question{ntohs(target.sin_port), &payload, cookie,
                    UniqueFd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))};
  // Not connected, because a server may answer from another port; so errors need to be asked for.
  const int on = 1;
  if (question.socket.get() < 0 ||
      setsockopt(question.socket.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof on) != 0) {
    give_up("socket");
  }
  std::vector<std::byte> datagram(payload.bytes.size());
  scan::stamp(payload, cookie, datagram);
  if (sendto(question.socket.get(), datagram.data(), datagram.size(), 0,
             reinterpret_cast<const sockaddr*>(&target), sizeof target) < 0) {
    give_up("sendto");
  }
  return question;
}

void print(const Question& question, const char* verdict, std::size_t bytes, Port source) {
  std::printf("%u\t%s\t%s\t%zu\t%u\n", question.port, question.payload->protocol.c_str(), verdict,
              bytes, source);
  std::fflush(stdout);
}

/// Whether the socket's error queue holds a port unreachable.
bool is_closed(int socket) {
  std::array<char, 512> control{};
  msghdr message{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(socket, &message, MSG_ERRQUEUE) < 0) return false;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_RECVERR) continue;
    sock_extended_err error{};
    std::memcpy(&error, CMSG_DATA(header), sizeof error);
    if (error.ee_origin == SO_EE_ORIGIN_ICMP && error.ee_type == ICMP_DEST_UNREACH &&
        error.ee_code == ICMP_PORT_UNREACH) {
      return true;
    }
  }
  return false;
}

const char* judge(const Question& question, std::span<const std::byte> answer) {
  switch (scan::match(*question.payload, question.cookie, answer)) {
    case scan::UdpMatch::answer:
      return scan::match(*question.payload, ~question.cookie, answer) == scan::UdpMatch::answer
                 ? "blind"
                 : "answer";
    case scan::UdpMatch::forged: return "forged";
    case scan::UdpMatch::unknown: return "unknown";
  }
  std::abort();
}

/// Reads what has come; whether the question is settled.
bool settle(const Question& question, const sockaddr_in& target) {
  static std::vector<std::byte> buffer(kMostAnswerBytes);
  for (;;) {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(question.socket.get(), buffer.data(), buffer.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) {
      if (!is_closed(question.socket.get())) return false;
      print(question, "closed", 0, 0);
      return true;
    }
    const Port source = ntohs(from.sin_port);
    const bool right_port = source == question.port || question.payload->answers_from_other_port;
    if (from.sin_addr.s_addr != target.sin_addr.s_addr || !right_port) continue;
    const auto answer = std::span(buffer).first(static_cast<std::size_t>(got));
    print(question, judge(question, answer), answer.size(), source);
    return true;
  }
}

}  // namespace

int main(int argc, char** argv) {
  int first = 1;
  std::chrono::milliseconds wait{2000};
  if (argc > 3 && std::string_view(argv[1]) == "--wait") {
    wait = std::chrono::milliseconds(std::atoi(argv[2]));
    first = 3;
  }
  sockaddr_in target{};
  target.sin_family = AF_INET;
  if (argc < first + 2 || inet_pton(AF_INET, argv[first], &target.sin_addr) != 1) {
    std::fprintf(stderr, "usage: udp_ask [--wait MILLISECONDS] ADDRESS PORT...\n");
    return 2;
  }
  std::random_device entropy;
  std::vector<Question> open;
  for (int i = first + 1; i < argc; ++i) {
    const auto port = static_cast<Port>(std::atoi(argv[i]));
    target.sin_port = htons(port);
    for (const scan::UdpPayload& payload : scan::udp_payloads(port)) {
      const std::uint64_t cookie = std::uint64_t{entropy()} << 32 | entropy();
      open.push_back(ask(target, payload, cookie));
    }
  }
  const auto end = Clock::now() + wait;
  while (!open.empty()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) break;
    std::vector<pollfd> waiting;
    for (const Question& question : open) waiting.push_back({question.socket.get(), POLLIN, 0});
    if (poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0) continue;
    std::erase_if(open, [&](const Question& question) { return settle(question, target); });
  }
  for (const Question& question : open) print(question, "silent", 0, 0);
  return 0;
}
