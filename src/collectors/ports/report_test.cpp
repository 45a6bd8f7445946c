#include "collectors/ports/report.h"

#include <gtest/gtest.h>

#include <vector>

#include "scan/stack_signature.h"

namespace lockstep {
namespace {

class Coverages final : public ObservationSink {
 public:
  void observe(PortObservation /*seen*/) override {}
  void cover(Coverage coverage) override { all.push_back(std::move(coverage)); }

  std::vector<Coverage> all;
};

StackSignature reported(const scan::ResultTable& table, Protocol protocol) {
  const CollectTarget target{.node = "n1",
                             .address = IpAddress::parse("198.18.0.1").value(),
                             .network = "management",
                             .group = {}};
  scan::Plan plan;
  plan.protocol = protocol;
  plan.targets = {{.address = target.address}};
  plan.ports = {22, 80};
  Coverages sink;
  report_target(target, plan, table, 0, false, sink);
  EXPECT_EQ(sink.all.size(), 1U);
  return sink.all.front().stack;
}

TEST(ReportTarget, TellsHowTheStackAnswered) {
  const auto table = scan::ResultTable::create(1).value();
  EXPECT_EQ(to_string(reported(table, Protocol::tcp)), "");
  scan::note_stack({.source_mac = {},
                    .source = {},
                    .destination = {},
                    .source_port = 22,
                    .flags = net::TcpFlags::syn | net::TcpFlags::ack,
                    .ttl = 63,
                    .window = 64240,
                    .first_option = net::TcpOptions::maximum_segment_size,
                    .segment_size = 1460},
                   table.target(0));
  EXPECT_EQ(to_string(reported(table, Protocol::tcp)), "SYN-ACK: TTL 64, window 64240, MSS 1460");
  EXPECT_EQ(reported(table, Protocol::tcp).syn_ack->port, 22);
  scan::note_stack({.source_mac = {},
                    .source = {},
                    .destination = {},
                    .flags = net::TcpFlags::rst,
                    .ttl = 250,
                    .window = 7},
                   table.target(0));
  EXPECT_EQ(to_string(reported(table, Protocol::tcp)),
            "SYN-ACK: TTL 64, window 64240, MSS 1460; RST: TTL 255, window 7");
  EXPECT_TRUE(reported(table, Protocol::udp).empty());
}

}  // namespace
}  // namespace lockstep
