#include "net/io/pcap_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "net/io/memory.h"
#include "net/test_frames.h"
#include "scan/packet_engine.h"

namespace lockstep::net {
namespace {

namespace fs = std::filesystem;
using test::address;

/// A folder that goes with the test.
class PcapFile : public testing::Test {
 protected:
  PcapFile() {
    std::string name = (fs::temp_directory_path() / "lockstep-pcap-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~PcapFile() override { fs::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }
  std::string written(const char* name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

 private:
  fs::path folder_;
};

/// Links whose only end is made by a function; all else is the simulated network's.
class OneEndLinks final : public Links {
 public:
  using Open = std::function<Result<std::unique_ptr<FrameIo>>(std::unique_ptr<FrameIo>)>;

  OneEndLinks(MemoryNetwork& network, Open open) : network_(network), open_(std::move(open)) {}

  Result<std::unique_ptr<RouteTable>> routes(const std::string& name) override {
    return network_.routes(name);
  }
  Result<Interface> interface(int index) override { return network_.interface(index); }
  Result<std::vector<std::unique_ptr<FrameIo>>> open(const Interface& interface,
                                                     const FrameFilter& filter,
                                                     std::size_t /*count*/) override {
    LOCKSTEP_TRY(auto ends, network_.open(interface, filter, 1));
    LOCKSTEP_TRY(ends.front(), open_(std::move(ends.front())));
    return ends;
  }
  Result<ReservedPort> reserve_port(Protocol protocol) override {
    return network_.reserve_port(protocol);
  }

 private:
  MemoryNetwork& network_;
  Open open_;
};

constexpr std::uint32_t kHosts = 5;

scan::Plan some_plan() {
  scan::Plan plan;
  for (std::uint32_t i = 0; i < kHosts; ++i) {
    plan.targets.push_back({.address = address("198.18.0.1").plus(i)});
  }
  plan.ports.resize(3000);
  std::iota(plan.ports.begin(), plan.ports.end(), Port{1});
  plan.fence = scan::Fence({Prefix::parse("198.18.0.0/15").value()}, {});
  plan.threads = 1;
  plan.seed = 42;
  plan.key = {1, 2};
  return plan;
}

/// Hosts that lose, filter and reject, so that several passes are needed.
void populate(MemoryNetwork& network) {
  for (std::uint32_t i = 0; i < kHosts; ++i) {
    MemoryHost host;
    for (Port port = 1; port < 100; ++port) host.open.insert(static_cast<Port>(port * (i + 2)));
    host.filtered.insert_range(2000, 2100);
    host.rejected.insert_range(2200, 2210);
    host.loss = 0.05;
    network.add(address("198.18.0.1").plus(i), host);
  }
}

/// All that a scan told, as text to compare.
std::string told(const scan::Plan& plan, const scan::ResultTable& table) {
  std::string text;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const scan::TargetCounters& counters = table.target(i);
    for (const auto* const number : {&counters.asked, &counters.answered, &counters.open,
                                     &counters.unreachable, &counters.passes}) {
      text += std::to_string(*number) + ' ';
    }
    for (const Port port : plan.ports) {
      text += static_cast<char>('0' + static_cast<int>(table.answer(i, port)));
    }
    text += '\n';
  }
  return text;
}

std::string scan_over(Links& links) {
  const scan::Plan plan = some_plan();
  auto table = scan::ResultTable::create(kHosts).value();
  const auto done = scan::PacketEngine(links).run(plan, table);
  EXPECT_TRUE(done) << done.error().message();
  return told(plan, table);
}

TEST_F(PcapFile, AReplayTellsTheSameAsTheRecordedScan) {
  MemoryNetwork network;
  populate(network);
  OneEndLinks recording(network, [&](std::unique_ptr<FrameIo> inner) {
    return record_to_pcap(std::move(inner), path("scan.pcap"));
  });
  const std::string recorded = scan_over(recording);

  MemoryNetwork empty;
  OneEndLinks replaying(empty, [&](std::unique_ptr<FrameIo>) {
    return open_pcap_file({.answers = path("scan.pcap"), .sent = path("sent.pcap")},
                          MemoryNetwork::kMonitorMac);
  });
  EXPECT_EQ(scan_over(replaying), recorded);

  // What the replay sent are the recorded frames of ours, so a replay of both is the same again.
  const auto sent = open_pcap_file({.answers = path("sent.pcap"), .sent = {}}, MacAddress{});
  ASSERT_TRUE(sent) << sent.error().message();
  std::size_t frames = 0;
  for (auto some = (*sent)->receive(); !some.empty(); some = (*sent)->receive()) {
    frames += some.size();
  }
  EXPECT_GT(frames, kHosts * 3000);
}

TEST_F(PcapFile, AnotherKeyFindsNothingInTheSameFile) {
  MemoryNetwork network;
  populate(network);
  OneEndLinks recording(network, [&](std::unique_ptr<FrameIo> inner) {
    return record_to_pcap(std::move(inner), path("scan.pcap"));
  });
  scan_over(recording);
  OneEndLinks replaying(network, [&](std::unique_ptr<FrameIo>) {
    return open_pcap_file({.answers = path("scan.pcap"), .sent = {}}, MemoryNetwork::kMonitorMac);
  });
  scan::Plan plan = some_plan();
  plan.key = {3, 4};
  auto table = scan::ResultTable::create(kHosts).value();
  ASSERT_TRUE(scan::PacketEngine(replaying).run(plan, table));
  for (std::size_t i = 0; i < kHosts; ++i) EXPECT_EQ(table.target(i).answered, 0U);
  EXPECT_GT(table.run().stray, 0U);
}

TEST_F(PcapFile, SaysWhatIsWrongWithAFile) {
  MemoryNetwork network;
  populate(network);
  OneEndLinks recording(network, [&](std::unique_ptr<FrameIo> inner) {
    return record_to_pcap(std::move(inner), path("scan.pcap"));
  });
  scan_over(recording);
  std::ifstream file(path("scan.pcap"), std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(file), {}};
  std::string not_ethernet = good.substr(0, 24);
  not_ethernet[20] = 101;  // DLT_RAW
  const struct {
    const char* description;
    std::string file;
    ErrorKind kind;
  } kRows[] = {
      {"no such file", path("missing.pcap"), ErrorKind::not_found},
      {"a folder", path("."), ErrorKind::corrupt},
      {"an empty file", written("empty.pcap", ""), ErrorKind::corrupt},
      {"no capture at all", written("text.pcap", "node[001-512] is in step with its class"),
       ErrorKind::corrupt},
      {"cut off in the file's header", written("header.pcap", good.substr(0, 20)),
       ErrorKind::corrupt},
      {"cut off in a record's header", written("record.pcap", good.substr(0, 24 + 7)),
       ErrorKind::corrupt},
      {"cut off in a frame", written("frame.pcap", good.substr(0, good.size() - 1)),
       ErrorKind::corrupt},
      {"not Ethernet", written("raw.pcap", not_ethernet), ErrorKind::invalid},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto io = open_pcap_file({.answers = row.file, .sent = {}}, MacAddress{});
    ASSERT_FALSE(io);
    EXPECT_EQ(io.error().kind(), row.kind) << io.error().message();
    EXPECT_NE(io.error().message().find(row.file), std::string::npos) << io.error().message();
  }
}

TEST_F(PcapFile, ACaptureWithoutFramesIsSilent) {
  MemoryNetwork network;
  auto ends = network.open({}, {}, 1).value();
  { const auto recorder = record_to_pcap(std::move(ends.front()), path("none.pcap")); }
  const auto io = open_pcap_file({.answers = path("none.pcap"), .sent = {}}, MacAddress{});
  ASSERT_TRUE(io) << io.error().message();
  EXPECT_TRUE((*io)->receive().empty());
  const TimePoint later = (*io)->now() + std::chrono::hours(1);
  (*io)->wait_until(later);
  EXPECT_EQ((*io)->now(), later);
}

TEST_F(PcapFile, SaysWhereItCannotWrite) {
  const auto io = record_to_pcap(nullptr, path("no/such/folder.pcap"));
  ASSERT_FALSE(io);
  EXPECT_EQ(io.error().kind(), ErrorKind::unavailable);
  EXPECT_NE(io.error().message().find("folder.pcap"), std::string::npos);
}

}  // namespace
}  // namespace lockstep::net
