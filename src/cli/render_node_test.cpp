// What people and scripts read of one node.

#include "cli/render_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_reports.h"
#include "documents/documents.h"

namespace lockstep::cli {
namespace {

using namespace documents;

namespace json = boost::json;

using namespace std::chrono_literals;
using control::NodePage;
using control::PagePort;
using control::Standing;
using testing::ElementsAre;
using testing::HasSubstr;

PagePort page_port(Port port, std::optional<PortState> seen, Standing standing) {
  PagePort row;
  row.network = kDefaultNetwork;
  row.port = port;
  row.seen = seen;
  row.standing = standing;
  row.clones = 8278;
  if (seen) row.since = kStarted - 9min;
  return row;
}

Look look_of(const std::string& network, CoverageGap gap) {
  Look look;
  look.node = "node017";
  look.network = network;
  look.address = kFirst;
  look.sweep = 4812;
  look.looked = kStarted - 4min;
  look.gap = gap;
  look.asked = look.wanted = 65535;
  if (gap == CoverageGap::none) look.examined = look.looked;
  return look;
}

NodePage page_of() {
  NodePage page;
  page.now = kStarted;
  page.node = {"node017", {"compute"}, "rack1", {{kFirst, kDefaultNetwork}}};
  page.looks = {look_of(kDefaultNetwork, CoverageGap::none)};
  PagePort ssh = page_port(22, PortState::open, Standing::in_step);
  ssh.expected = true;
  ssh.service = "ssh";
  ssh.clones_open = 8278;
  PagePort rogue = page_port(4444, PortState::open, Standing::unexpected);
  rogue.last_closed = kStarted - 1h;
  PagePort exporter = page_port(9100, std::nullopt, Standing::missing);
  exporter.expected = true;
  exporter.clones_open = 8277;
  page.ports = {ssh, rogue, exporter};
  page.profiles = {{.host_type = "compute",
                    .exists = true,
                    .approval = Approval{"compute", {}, kStarted - 48h, "kim"},
                    .unapproved = false}};
  page.alerts = {alert_row(1093, AlertStatus::open, {"node017"})};
  return page;
}

TEST(NodePageText, ShowsExpectedBesideSeen) {
  EXPECT_THAT(
      text_lines(node_page_text(page_of())),
      ElementsAre("node017  compute  in rack1",
                  "  198.18.0.1 tcp: all of 65,535 ports examined 4m ago, sweep #4812", "",
                  "PORT      SEEN  EXPECTED  VERDICT     SINCE  LAST CLOSED  CLONES",
                  "22/tcp    open  ssh       in step     9m     -            8,278 of 8,278 open",
                  "4444/tcp  open  -         UNEXPECTED  9m     13:13Z       0 of 8,278 open",
                  "9100/tcp  -     open      MISSING     -      -            8,277 of 8,278 open",
                  "", "profile compute: approved 2d ago by kim", "",
                  "SEV   ID      STATE  KIND             CLASS    WHAT           NODES    SINCE  "
                  "ASKED  OWNER",
                  "HIGH  A-1093  NEW    unexpected-port  compute  4444/tcp open  node017  1h     "
                  "5m     -"));
}

TEST(NodePageText, SaysWhatIsNotProven) {
  NodePage page = page_of();
  page.alerts.clear();
  page.ports.clear();
  page.node.addresses.push_back({*IpAddress::parse("fd00::1"), "hsn"});
  page.looks = {look_of(kDefaultNetwork, CoverageGap::unreachable)};
  page.looks[0].examined = kStarted - 72h;
  page.profiles[0].unapproved = true;
  page.profiles.push_back({.host_type = "compute@hsn"});
  EXPECT_THAT(
      text_lines(node_page_text(page)),
      ElementsAre(
          "node017  compute  in rack1",
          "  198.18.0.1 tcp: NOT PROVEN, unreachable (4m ago, sweep #4812; 65,535 of 65,535 "
          "ports asked); last examined in full 3d ago",
          "  fd00::1 hsn: never examined", "", "Nothing is open, and nothing is expected to be.",
          "", "profile compute: approved 2d ago by kim; CHANGED since",
          "profile compute@hsn: NONE. Next: lockstep profile learn --class compute "
          "--consensus",
          "No open alert."));
}

TEST(NodePageText, TellsWhatTheSchedulerSays) {
  NodePage page = page_of();
  NodeSchedule& schedule = page.schedule.emplace();
  schedule.state = SchedulerState::allocated;
  schedule.jobs = {{"88123", "alice"}, {"88124", ""}};
  EXPECT_THAT(node_page_text(page),
              HasSubstr("in rack1\n  job scheduler: allocated, job 88123 alice, job 88124\n"));
  schedule = {};
  schedule.state = SchedulerState::maintenance;
  schedule.responding = false;
  schedule.reason = "new disk";
  schedule.since = std::chrono::floor<std::chrono::seconds>(page.now - 2h);
  EXPECT_THAT(
      node_page_text(page),
      HasSubstr("\n  job scheduler: maintenance, does not reach the node, new disk, 2h ago\n"));
  const json::value node = json::parse(node_page_json(page)).at("nodes").at(0);
  EXPECT_EQ(node.at("scheduler").at("state"), "maintenance");
  EXPECT_EQ(node.at("scheduler").at("reason"), "new disk");
}

TEST(NodePageText, ShowsWhatPluginsReportBeneath) {
  NodePage page = page_of();
  const IpAddress address = IpAddress::v4(0xc6120001);
  page.reported = {
      {.port = {"node017", "listeners", kDefaultNetwork, address, Protocol::tcp, 22, page.now - 2h},
       .looked = page.now - 5min,
       .expected = true},
      {.port = {"node017", "listeners", "fabric", address, Protocol::udp, 4444, page.now - 1h},
       .looked = page.now - 5min,
       .standing = control::Standing::unexpected},
      {.port = {"node017", "scan2", kDefaultNetwork, address, Protocol::tcp, 8888, page.now - 1h},
       .looked = page.now - 9min,
       .standing = control::Standing::of_job,
       .jobs = "job 7 kim"}};
  page.reported_looks = {
      {"node017", "listeners", "fabric", address, "", "1-65535", page.now - 5min},
      {"node017", "listeners", kDefaultNetwork, address, "1-1024", "53", page.now - 5min},
      {"node017", "scan2", kDefaultNetwork, address, "", "", page.now - 9min}};
  const auto lines = text_lines(node_page_text(page));
  EXPECT_THAT(std::vector(lines.begin() + 2, lines.begin() + 5),
              ElementsAre("  198.18.0.1 on fabric udp 1-65535: examined by listeners 5m ago",
                          "  198.18.0.1 tcp 1-1024, udp 53: examined by listeners 5m ago",
                          "  198.18.0.1: covered by scan2 9m ago"));
  EXPECT_THAT(
      std::vector(lines.begin() + 11, lines.begin() + 15),
      ElementsAre("PORT             REPORTED BY  EXPECTED  VERDICT             SINCE  ASKED",
                  "22/tcp           listeners    open      in step             2h     5m",
                  "4444/udp@fabric  listeners    -         UNEXPECTED          1h     5m",
                  "8888/tcp         scan2        -         a job's: job 7 kim  1h     9m"));
  const json::value document = json::parse(node_page_json(page));
  const json::value& node = document.at("nodes").at(0);
  EXPECT_THAT(keys_of(node.at("reported").at(2)),
              ElementsAre("instance", "network", "address", "protocol", "port", "since", "looked",
                          "expected", "verdict", "jobs"));
  EXPECT_EQ(node.at("reported").at(1).at("verdict"), "unexpected");
  EXPECT_EQ(node.at("reported_looks").at(0).at("udp"), "1-65535");
  EXPECT_TRUE(node.at("reported_looks").at(0).at("tcp").is_null());
}

TEST(NodePageText, HostileTextIsQuoted) {
  NodePage page = page_of();
  page.schedule.emplace().jobs = {{kHostile, kHostile}};
  page.schedule->reason = kHostile;
  page.node.group = kHostile;
  page.ports[0].service = kHostile;
  page.profiles[0].host_type = kHostile;
  page.profiles[0].approval->by = kHostile;
  EXPECT_TRUE(is_safe(node_page_text(page))) << node_page_text(page);
}

TEST(NodePageJson, AddsToTheNodeWhatIsKnownOfIt) {
  const json::value document = json::parse(node_page_json(page_of()));
  const json::value& node = document.at("nodes").at(0);
  EXPECT_THAT(keys_of(node),
              ElementsAre("node", "classes", "group", "addresses", "looks", "ports", "filtered",
                          "reported", "reported_looks", "profiles", "values", "alerts"));
  EXPECT_THAT(keys_of(node.at("ports").at(0)),
              ElementsAre("network", "protocol", "port", "state", "since", "expected", "service",
                          "answers", "asked", "verdict", "last_closed", "clones", "clones_open"));
  EXPECT_EQ(node.at("ports").at(1).at("verdict"), "unexpected");
  EXPECT_TRUE(node.at("ports").at(2).at("state").is_null());
  EXPECT_EQ(node.at("looks").at(0).at("proven"), true);
  EXPECT_EQ(node.at("alerts").at(0).at("id"), "A-1093");
}

TEST(NodePageText, ShowsWhatAnsweredBesideWhatShould) {
  NodePage page = page_of();
  page.ports[0].says = "ssh OpenSSH 8.9p1";
  page.ports[0].asked = kStarted - 3h;
  page.ports[0].standing = Standing::wrong_service;
  page.ports[1].says = "silent";
  page.ports[1].asked = kStarted - 1min;
  const std::string text = node_page_text(page);
  EXPECT_THAT(text, HasSubstr("ANSWERS"));
  EXPECT_THAT(text, HasSubstr("ssh OpenSSH 8.9p1, 3h ago"));
  EXPECT_THAT(text, HasSubstr("WRONG SERVICE"));
  EXPECT_THAT(text, HasSubstr("silent, 1m ago"));
}

}  // namespace
}  // namespace lockstep::cli
