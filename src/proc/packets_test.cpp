#include "proc/packets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <string_view>

namespace lockstep {
namespace {

struct Ends {
  UniqueFd ours, theirs;
};

Ends two_ends() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(Packets, StayWholeAndCarryADescriptor) {
  const Ends ends = two_ends();
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(*send_packet(ends.ours.get(), bytes_of("one")));
  ASSERT_TRUE(*send_packet(ends.ours.get(), bytes_of("other"), file.get()));
  std::array<std::byte, 16> buffer;
  const auto one = receive_packet(ends.theirs.get(), buffer);
  ASSERT_TRUE(one && *one);
  EXPECT_EQ((*one)->bytes.size(), 3U);
  EXPECT_FALSE((*one)->descriptor);
  const auto other = receive_packet(ends.theirs.get(), buffer);
  ASSERT_TRUE(other && *other);
  EXPECT_EQ((*other)->bytes.size(), 5U);
  struct stat sent {};
  struct stat came {};
  ASSERT_EQ(::fstat(file.get(), &sent), 0);
  ASSERT_EQ(::fstat((*other)->descriptor.get(), &came), 0);
  EXPECT_EQ(sent.st_rdev, came.st_rdev);
  const auto none = receive_packet(ends.theirs.get(), buffer);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

TEST(Packets, TellWhatWasCutFromTheEnd) {
  Ends ends = two_ends();
  ASSERT_TRUE(*send_packet(ends.ours.get(), bytes_of("longer than that")));
  std::array<std::byte, 4> buffer;
  EXPECT_EQ(receive_packet(ends.theirs.get(), buffer).error().kind(), ErrorKind::corrupt);
  ends.ours = UniqueFd();
  EXPECT_EQ(receive_packet(ends.theirs.get(), buffer).error().kind(), ErrorKind::unavailable);
  EXPECT_FALSE(send_packet(ends.theirs.get(), bytes_of("x")));
}

TEST(Packets, WaitForNobody) {
  const Ends ends = two_ends();
  constexpr int kMost = 100'000;
  int sent = 0;
  for (; sent < kMost; ++sent) {
    const auto went = send_packet(ends.ours.get(), bytes_of("filling"));
    ASSERT_TRUE(went);
    if (!*went) break;
  }
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, kMost);
}

}  // namespace
}  // namespace lockstep
