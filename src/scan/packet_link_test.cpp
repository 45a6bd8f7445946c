#include "scan/packet_link.h"

#include <gtest/gtest.h>

#include "net/peer_frame.h"
#include "scan/stack_signature.h"
#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using test::address;

class PacketLinkTest : public testing::Test {
 protected:
  PacketLinkTest() {
    link_.add(0, {net::MacAddress{}, {}, ours_, target_});
    net::Frame syn;
    syn.size = link_.write({.target = 0, .port = kPort}, 1, syn.data);
    cookie_ = std::get<net::TcpSegment>(net::parse_frame(syn.bytes())).sequence;
  }

  static constexpr Port kPort = 4444;
  static constexpr Port kOurPort = 40000;

  IpAddress target_ = address("198.18.0.7");
  IpAddress ours_ = address("198.18.0.1");
  PacketLink link_{{}, kOurPort, {11, 22}};
  std::uint32_t cookie_ = 0;
};

TEST_F(PacketLinkTest, BelievesOnlyWhatAcknowledgesItsCookie) {
  const net::TcpReply syn_ack{.source_port = kPort,
                              .destination_port = kOurPort,
                              .sequence = 5,
                              .acknowledgement = cookie_ + 1,
                              .flags = net::TcpFlags::syn | net::TcpFlags::ack};
  const auto with = [&](auto change) {
    net::TcpReply reply = syn_ack;
    change(reply);
    return reply;
  };
  const struct {
    const char* description;
    net::TcpReply reply;
    Answer answer;
  } kRows[] = {
      {"a SYN-ACK", syn_ack, Answer::open},
      {"a RST", with([](auto& r) { r.flags = net::TcpFlags::rst | net::TcpFlags::ack; }),
       Answer::closed},
      {"a RST that acknowledges no SYN", with([](auto& r) {
         r.flags = net::TcpFlags::rst | net::TcpFlags::ack;
         --r.acknowledgement;
       }),
       Answer::closed},
      {"a SYN-ACK that acknowledges no SYN", with([](auto& r) { --r.acknowledgement; }),
       Answer::none},
      {"one number too far", with([](auto& r) { ++r.acknowledgement; }), Answer::none},
      {"another number", with([](auto& r) { r.acknowledgement ^= 0x80000000; }), Answer::none},
      {"an ACK alone", with([](auto& r) { r.flags = net::TcpFlags::ack; }), Answer::none},
      {"a SYN alone", with([](auto& r) { r.flags = net::TcpFlags::syn; }), Answer::none},
      {"a FIN", with([](auto& r) { r.flags = net::TcpFlags::fin; }), Answer::none},
      {"from another port", with([](auto& r) { ++r.source_port; }), Answer::none},
      {"to another port", with([](auto& r) { ++r.destination_port; }), Answer::none},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto table = ResultTable::create(1).value();
    const net::Frame frame = net::make_tcp_reply({{}, {}, target_, ours_}, row.reply);
    const Classified told = link_.classify(frame.bytes(), table);
    EXPECT_EQ(table.answer(0, kPort), row.answer);
    EXPECT_EQ(table.target(0).answered, row.answer == Answer::none ? 0U : 1U);
    EXPECT_EQ(table.run().stray, row.answer == Answer::none ? 1U : 0U);
    EXPECT_EQ(told.news, row.answer != Answer::none);
    EXPECT_EQ(told.reset.has_value(), row.answer == Answer::open);
    EXPECT_FALSE(link_.classify(frame.bytes(), table).news) << "the second time";
  }
}

TEST_F(PacketLinkTest, NotesHowTheStackAnswersItsCookie) {
  net::TcpReply reply{.source_port = kPort,
                      .destination_port = kOurPort,
                      .acknowledgement = cookie_ + 2,
                      .flags = net::TcpFlags::syn | net::TcpFlags::ack,
                      .ttl = 60,
                      .window = 64240,
                      .segment_size = 1460};
  const auto table = ResultTable::create(1).value();
  const auto arrive = [&] {
    link_.classify(net::make_tcp_reply({{}, {}, target_, ours_}, reply).bytes(), table);
  };
  arrive();
  EXPECT_EQ(table.target(0).syn_ack, 0U) << "of a stray nothing is kept";
  --reply.acknowledgement;
  arrive();
  const SynAckFields kept = unpack_syn_ack(table.target(0).syn_ack);
  EXPECT_EQ(kept.port, kPort);
  EXPECT_EQ(kept.ttl, 64);
  EXPECT_EQ(kept.window, 64240);
  EXPECT_EQ(kept.segment_size, 1460);
  EXPECT_EQ(table.target(0).rst, 0U);

  reply.flags = net::TcpFlags::rst | net::TcpFlags::ack;
  arrive();
  EXPECT_EQ(table.target(0).rst, 0U) << "the port has answered already";
  const auto other = ResultTable::create(1).value();
  reply.ttl = 250;
  reply.window = 0;
  link_.classify(net::make_tcp_reply({{}, {}, target_, ours_}, reply).bytes(), other);
  EXPECT_EQ(unpack_rst(other.target(0).rst).ttl, 255);
  EXPECT_EQ(unpack_rst(other.target(0).rst).window, 0);
  EXPECT_EQ(other.target(0).syn_ack, 0U);
}

TEST_F(PacketLinkTest, BelievesNoOtherAddress) {
  const net::TcpReply reply{.source_port = kPort,
                            .destination_port = kOurPort,
                            .acknowledgement = cookie_ + 1,
                            .flags = 0x12};
  const auto table = ResultTable::create(1).value();
  const IpAddress stranger = address("198.18.0.8");
  link_.classify(net::make_tcp_reply({{}, {}, stranger, ours_}, reply).bytes(), table);
  link_.classify(net::make_tcp_reply({{}, {}, target_, stranger}, reply).bytes(), table);
  EXPECT_EQ(table.run().stray, 2U);
  EXPECT_EQ(table.target(0).answered, 0U);
}

TEST_F(PacketLinkTest, BelievesAnIcmpErrorOnlyAroundItsOwnProbe) {
  const net::TcpSegment ours{.source_mac = {},
                             .source = ours_,
                             .destination = target_,
                             .source_port = kOurPort,
                             .destination_port = kPort,
                             .sequence = cookie_};
  const auto table = ResultTable::create(1).value();
  const net::LinkAddresses from_router{{}, {}, address("198.18.0.254"), ours_};
  const auto reject = [&](const net::TcpSegment& about) {
    EXPECT_FALSE(link_.classify(net::make_unreachable(from_router, 9, about).bytes(), table).reset);
  };
  for (int field = 0; field < 4; ++field) {
    net::TcpSegment forged = ours;
    if (field == 0) ++forged.sequence;
    if (field == 1) ++forged.destination_port;
    if (field == 2) ++forged.source_port;
    if (field == 3) forged.destination = address("198.18.0.8");
    reject(forged);
  }
  EXPECT_EQ(table.run().stray, 4U);
  EXPECT_EQ(table.target(0).answered, 0U);
  reject(ours);
  EXPECT_EQ(table.answer(0, kPort), Answer::unreachable);
  EXPECT_EQ(table.target(0).icmp_code, 9U);
}

}  // namespace
}  // namespace lockstep::scan
