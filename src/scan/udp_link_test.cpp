#include "scan/udp_link.h"

#include <gtest/gtest.h>

#include <array>

#include "net/peer_frame.h"
#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using test::address;

constexpr Port kPort = 4321;  // of no service that we know, so that any datagram answers
constexpr Port kTftp = 69;

class UdpLinkTest : public testing::Test {
 protected:
  UdpLinkTest() { link_.add(0, {net::MacAddress{}, {}, sources_[0], target_}); }

  /// What goes out for `port` in round `round`.
  net::UdpDatagram asked(Port port, std::uint32_t round = 0) {
    const std::size_t size = link_.write({.target = 0, .port = port, .round = round}, 1, room_);
    return std::get<net::UdpDatagram>(net::parse_frame(net::Bytes(room_).first(size)));
  }
  net::Bytes frame(Port port) {
    return net::Bytes(room_).first(link_.write({.target = 0, .port = port}, 1, room_));
  }

  /// An answer to `question`, changed by `change`.
  template <typename Change>
  net::Frame reply(const net::UdpDatagram& question, Change change) {
    net::UdpDatagram about = question;
    net::LinkAddresses back{{}, {}, question.destination, question.source};
    change(about, back);
    return net::make_datagram_reply(back, about);
  }

  const IpAddress target_ = address("198.18.0.7");
  const std::vector<IpAddress> sources_ = {address("198.18.0.1"), address("198.18.0.2")};
  UdpLink link_{
      {}, {.usual = {40000, 40001, 40002}, .for_moving = {{kTftp, 40100}}}, sources_, {11, 22}};
  std::array<std::byte, net::kMaxDatagramFrameBytes> room_;
};

TEST_F(UdpLinkTest, AsksFromItsAddressesInTurn) {
  EXPECT_EQ(asked(kPort, 0).source, sources_[0]);
  EXPECT_EQ(asked(kPort, 1).source, sources_[1]);
  EXPECT_EQ(asked(kPort, 2).source, sources_[0]);
  EXPECT_EQ(asked(kPort).destination, target_);
  EXPECT_EQ(asked(kPort).destination_port, kPort);
}

TEST_F(UdpLinkTest, BelievesOnlyWhatComesToThePortThatAsked) {
  using Change = void (*)(net::UdpDatagram&, net::LinkAddresses&);
  const struct {
    const char* description;
    Change change;
    Answer answer;
  } kRows[] = {
      {"the answer", [](net::UdpDatagram&, net::LinkAddresses&) {}, Answer::open},
      {"to another port of ours",
       [](net::UdpDatagram& about, net::LinkAddresses&) {
         about.source_port = about.source_port == 40000 ? 40001 : 40000;
       },
       Answer::none},
      {"to another address of ours",
       [](net::UdpDatagram&, net::LinkAddresses& back) {
         back.destination = IpAddress::parse("198.18.0.9").value();
       },
       Answer::none},
      {"from somebody else",
       [](net::UdpDatagram&, net::LinkAddresses& back) {
         back.source = IpAddress::parse("198.18.0.8").value();
       },
       Answer::none},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto table = ResultTable::create(1).value();
    const net::Frame frame = reply(asked(kPort), row.change);
    link_.classify(frame.bytes(), table);
    EXPECT_EQ(table.answer(0, kPort), Answer::none) << "it echoes nothing";
    link_.settle(table);
    EXPECT_EQ(table.answer(0, kPort), row.answer);
    EXPECT_EQ(table.run().stray, row.answer == Answer::none ? 1U : 0U);
  }
}

TEST_F(UdpLinkTest, BelievesAPortUnreachableOfTheHostItselfAlone) {
  const struct {
    const char* description;
    IpAddress reporter;
    std::size_t spoiled;  ///< a byte of the frame that it quotes; 0: none
    Answer answer;
  } kRows[] = {
      {"of the host", target_, 0, Answer::closed},
      {"of a router", address("198.18.0.254"), 0, Answer::unreachable},
      {"around another identification", target_, 14 + 4, Answer::none},
      {"around another source port", target_, 14 + 20, Answer::none},
      {"around another port", target_, 14 + 20 + 2, Answer::none},
      {"around another address of ours", target_, 14 + 12, Answer::none},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto table = ResultTable::create(1).value();
    const net::Bytes asked = frame(kPort);
    std::vector<std::byte> quoted(asked.begin(), asked.end());
    if (row.spoiled > 0) quoted[row.spoiled] ^= std::byte{0x40};
    const net::LinkAddresses back{{}, {}, row.reporter, sources_[0]};
    link_.classify(net::make_port_unreachable(back, quoted).bytes(), table);
    EXPECT_EQ(table.answer(0, kPort), row.answer);
    EXPECT_EQ(table.run().stray, row.answer == Answer::none ? 1U : 0U);
  }
}

TEST_F(UdpLinkTest, KnowsAServiceThatAnswersFromAnotherPort) {
  const auto table = ResultTable::create(1).value();
  net::UdpDatagram question = asked(kTftp);
  EXPECT_EQ(question.source_port, 40100);
  const std::byte error[] = {std::byte{0}, std::byte{5},   std::byte{0},
                             std::byte{1}, std::byte{'x'}, std::byte{0}};
  question.payload = error;
  question.destination_port = 51234;
  const net::Frame frame = net::make_datagram_reply({{}, {}, target_, sources_[0]}, question);
  link_.classify(frame.bytes(), table);
  link_.settle(table);
  EXPECT_EQ(table.answer(0, kTftp), Answer::open);
}

TEST_F(UdpLinkTest, BelievesAnEchoAtOnceAndAFloodNever) {
  constexpr Port kDns = 53;
  const auto table = ResultTable::create(1).value();
  // A datagram that comes back as it went has the identifier of the query where an answer has it.
  net::UdpDatagram query = asked(kDns);
  const net::Frame echo = reply(query, [](net::UdpDatagram&, net::LinkAddresses&) {});
  EXPECT_TRUE(link_.classify(echo.bytes(), table).news);
  EXPECT_EQ(table.answer(0, kDns), Answer::open);

  const auto flooded = ResultTable::create(1).value();
  for (const Port ours : {Port{40000}, Port{40001}, Port{40002}}) {
    for (Port port = 1; port < 2000; ++port) {
      net::UdpDatagram forged;
      forged.destination_port = port;
      forged.source_port = ours;
      const net::LinkAddresses back{{}, {}, target_, sources_[0]};
      link_.classify(net::make_datagram_reply(back, forged).bytes(), flooded);
    }
  }
  link_.settle(flooded);
  EXPECT_EQ(flooded.target(0).answered, 0U);
  EXPECT_EQ(flooded.run().stray, 3U * 1999);
}

}  // namespace
}  // namespace lockstep::scan
