// What scripts read of alerts and profiles.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/render_alerts.h"
#include "cli/test_reports.h"
#include "documents/documents.h"

namespace lockstep::cli {
namespace {

using namespace documents;

namespace json = boost::json;
using testing::ElementsAre;

TEST(AlertsJson, KeepsItsPromise) {
  AlertRow row = alert_row(1093, AlertStatus::acknowledged, {"node017", "node201"});
  row.last_closed = kStarted - std::chrono::hours(2);
  row.first.owner = "kim";
  row.first.until = kStarted + std::chrono::days(7);
  row.first.note = "asked \"alice\"\n";
  row.first.clones = "8 of 10 closed";
  const std::string text = alerts_json(listing_of({row}));
  EXPECT_EQ(text.find('\n'), text.size() - 1) << "one document, one line";
  EXPECT_EQ(json::parse(text), json::parse(R"({
    "alerts":[{"id":"A-1093","kind":"unexpected-port","severity":"high","status":"acknowledged",
      "class":"compute","network":"management","nodes":"node[017,201]","node_count":2,
      "protocol":"tcp","port":4444,"state":"open","reason":null,"instance":null,
      "first_seen":"2026-09-21T13:13:20Z","last_seen":"2026-09-21T14:08:20Z",
      "last_closed":"2026-09-21T12:13:20Z","expected":"closed",
      "owner":"kim","until":"2026-09-28T14:13:20Z","note":"asked \"alice\"\n","detail":"",
      "clones":"8 of 10 closed","resolution":""}],
    "complete":true,"unproven":0,"nodes":2,
    "latest_sweep":{"id":12,"state":"finished","started":"2026-09-21T13:56:20Z",
      "ended":"2026-09-21T14:08:20Z","host":"mon1","engine":"packet","probes_sent":655350,
      "nodeset":"node[1-10]","ports":"1-65535","nodes":10,"proven":10,"problem":""}})"));
}

TEST(AlertsJson, IsNullWhereThereIsNothing) {
  AlertRow row = alert_row(1, AlertStatus::open, {});
  row.first.subject.protocol.reset();
  row.first.subject.port.reset();
  row.first.subject.state.reset();
  control::AlertListing listing = listing_of({row});
  listing.latest.reset();
  const json::value parsed = json::parse(alerts_json(listing));
  const json::value& alert = parsed.at("alerts").at(0);
  for (const char* const key : {"protocol", "port", "state", "last_closed", "owner", "until"}) {
    EXPECT_TRUE(alert.at(key).is_null()) << key;
  }
  EXPECT_EQ(alert.at("nodes"), "");
  EXPECT_TRUE(parsed.at("latest_sweep").is_null());
  EXPECT_EQ(parsed.at("complete"), false) << "never swept";
}

TEST(AlertsJson, TellsWhichInstanceReportedAPort) {
  AlertRow row = alert_row(1, AlertStatus::open, {"node1"});
  row.first.subject.network = network_by("fabric", "listeners");
  const json::value parsed = json::parse(alerts_json(listing_of({row})));
  EXPECT_EQ(parsed.at("alerts").at(0).at("network"), "fabric");
  EXPECT_EQ(parsed.at("alerts").at(0).at("instance"), "listeners");
  EXPECT_TRUE(alerts_text(listing_of({row})).contains(" compute@fabric "));
}

TEST(AlertsJson, NobodyHasWhatIsNoLongerMuted) {
  AlertRow row = alert_row(1, AlertStatus::open, {"node1"});
  row.first.owner = "kim";
  row.first.until = kStarted;
  const json::value parsed = json::parse(alerts_json(listing_of({row})));
  EXPECT_TRUE(parsed.at("alerts").at(0).at("owner").is_null());
  EXPECT_TRUE(parsed.at("alerts").at(0).at("until").is_null());
}

TEST(AlertsJson, HasAnEmptyListWhereThereIsNone) {
  control::AlertListing listing = listing_of({});
  listing.unproven = 3;
  const json::value parsed = json::parse(alerts_json(listing));
  EXPECT_TRUE(parsed.at("alerts").as_array().empty());
  EXPECT_EQ(parsed.at("complete"), false);
  EXPECT_EQ(parsed.at("unproven"), 3U);
}

TEST(ProfilesJson, KeepsItsPromise) {
  control::ProfileState state = approved_state();
  state.in_use->ports[0].service_rule = "SSH-2.0-*";
  PortRule rule;
  rule.ports.insert_range(32768, 60999);
  rule.until = kStarted;
  PortRule rpc{.protocol = Protocol::udp, .ports = {}, .presence = Presence::rpc, .until = {}};
  rpc.ports.insert(111);
  rpc.rpc_program = 100021;
  PortRule other = rpc;
  other.presence = Presence::service;
  other.service = "OpenSSH 9.*";
  state.in_use->rules = {rule, rpc, other};
  state.waiting = baseline_of("compute");
  state.unapproved.added = {"80/tcp"};
  state.proposed = {.added = {"9100/tcp"}, .removed = {"80/tcp"}};
  EXPECT_EQ(json::parse(profiles_json({state})), json::parse(R"({
    "open_ports":[
      {"port":22,"protocol":"tcp","service":"ssh","host_type":"compute",
       "service_rule":"SSH-2.0-*"},
      {"port":80,"protocol":"tcp","service":"","host_type":"compute"}],
    "port_rules":[
      {"host_type":"compute","protocol":"tcp","ports":"32768-60999","presence":"optional",
       "rpc_program":null,"service":null,"until":"2026-09-21T14:13:20Z"},
      {"host_type":"compute","protocol":"udp","ports":"111","presence":"rpc",
       "rpc_program":100021,"service":null,"until":null},
      {"host_type":"compute","protocol":"udp","ports":"111","presence":"service",
       "rpc_program":null,"service":"OpenSSH 9.*","until":null}],
    "waiting":[{"host_type":"compute","origin":"what 40 of 40 nodes show",
      "made":"2026-09-21T14:13:20Z","maker":"kim",
      "open_ports":[
        {"port":22,"protocol":"tcp","service":"","host_type":"compute"},
        {"port":9100,"protocol":"tcp","service":"","host_type":"compute"}],
      "outliers":["4444/tcp is open on 2 of 40 nodes: node[3,7]"]}],
    "approved":[{"host_type":"compute","at":"2026-09-21T14:13:20Z","by":"kim"}],
    "unapproved":[{"host_type":"compute","added":["80/tcp"],"removed":[]}],
    "proposed":[{"host_type":"compute","added":["9100/tcp"],"removed":["80/tcp"]}],
    "changes":[
      {"host_type":"compute","port":22,"protocol":"tcp","change":"changed",
       "service_before":"ssh","service":""},
      {"host_type":"compute","port":80,"protocol":"tcp","change":"removed",
       "service_before":"","service":null},
      {"host_type":"compute","port":9100,"protocol":"tcp","change":"added",
       "service_before":null,"service":""}]})"));
}

TEST(ProfilesJson, HasOnlyWhatThereIs) {
  control::ProfileState unused;
  unused.host_type = "login";
  const json::value parsed = json::parse(profiles_json({approved_state(), unused}));
  EXPECT_EQ(parsed.at("open_ports").as_array().size(), 2U);
  EXPECT_EQ(parsed.at("approved").as_array().size(), 1U);
  for (const char* const key : {"port_rules", "waiting", "unapproved", "proposed"}) {
    EXPECT_TRUE(parsed.at(key).as_array().empty()) << key;
  }
}

TEST(LearnAndImportJson, HaveTheRowsThatWait) {
  const json::value ports = json::parse(R"([
    {"port":22,"protocol":"tcp","service":"","host_type":"compute"},
    {"port":9100,"protocol":"tcp","service":"","host_type":"compute"}])");
  const json::value imported = json::parse(import_json(baseline_of("compute")));
  EXPECT_THAT(keys_of(imported), ElementsAre("open_ports", "waiting"));
  EXPECT_EQ(imported.at("open_ports"), ports);
  control::LearnReport report;
  report.record = record_of({}, {covered("node1")});
  report.baselines = {baseline_of("compute"), baseline_of("compute@hsn")};
  const json::value learned = json::parse(learn_json(report));
  EXPECT_THAT(keys_of(learned), ElementsAre("started", "duration_ms", "probes_sent", "engine",
                                            "complete", "open_ports", "waiting"));
  EXPECT_EQ(learned.at("open_ports").as_array().size(), 4U);
  EXPECT_EQ(learned.at("open_ports").at(2).at("host_type"), "compute@hsn");
  EXPECT_EQ(learned.at("waiting").at(0).at("open_ports"), ports);
  EXPECT_EQ(learned.at("waiting").at(1).at("host_type"), "compute@hsn");
}

}  // namespace
}  // namespace lockstep::cli
