// What plug-in instances say of ports, as every store keeps it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::address;
using samples::at;
using Looks = std::vector<ReportedLook>;
using Ports = std::vector<ReportedPort>;

ReportedLook look(const std::string& node, std::int64_t second, const std::string& tcp = "",
                  const std::string& instance = "mine") {
  return {node, instance, "management", address(1), tcp, "", at(second)};
}

ReportedPort port(const std::string& node, Port number, std::int64_t second,
                  const std::string& instance = "mine", Protocol protocol = Protocol::tcp) {
  return {node, instance, "management", address(1), protocol, number, at(second)};
}

class ReportConformance : public StoreTest {
 protected:
  static Result<void> save(Store& store, const Looks& looks, const Ports& ports,
                           const Ports& gone = {}) {
    const auto saved = store.save_values(
        {.instance = "mine",
         .nodes = {},
         .now = at(0),
         .looks = looks,
         .ports = ports,
         .ports_gone = gone},
        [](const auto&, const auto&) -> Result<AlertChanges> { return AlertChanges{}; });
    if (!saved) return std::unexpected(saved.error());
    return {};
  }
};
LOCKSTEP_ON_ALL_BACKENDS(ReportConformance);

TEST_P(ReportConformance, ComeBackAsTheyWere) {
  const auto store = open();
  const Ports ports = {port("n1", 22, 5), port("n1", 22, 6, "other"),
                       port("n1", 53, 5, "mine", Protocol::udp), port("n2", 65535, 7)};
  ASSERT_TRUE(save(*store, {look("n2", 7, "1-1024"), look("n1", 5), look("n1", 6, "22", "other")},
                   {ports[3], ports[1], ports[2], ports[0]}));
  EXPECT_EQ(open()->port_reports().value(),
            (PortReports{{look("n1", 5), look("n1", 6, "22", "other"), look("n2", 7, "1-1024")},
                         {ports[0], ports[2], ports[1], ports[3]}}));
  EXPECT_EQ(store->port_reports("other").value(),
            (PortReports{{look("n1", 6, "22", "other")}, {ports[1]}}));
  EXPECT_EQ(store->port_reports("mine", "n2").value(),
            (PortReports{{look("n2", 7, "1-1024")}, {ports[3]}}));
  EXPECT_EQ(store->port_reports("it's").value(), PortReports{});
  EXPECT_EQ(sql("SELECT node, instance, network, address, protocol, port, since FROM "
                "reported_ports WHERE port = 65535;"),
            "n2|mine|management|198.18.0.1|tcp|65535|2026-01-01T00:00:07Z\n");
}

TEST_P(ReportConformance, AreReplacedAndTakenAwayByPlace) {
  const auto store = open();
  ASSERT_TRUE(save(*store, {look("n1", 1)}, {port("n1", 22, 1), port("n1", 80, 1)}));
  ASSERT_TRUE(save(*store, {look("n1", 2, "1-100")}, {port("n1", 22, 2), port("n1", 443, 2)},
                   {port("n1", 80, 1), port("n1", 81, 1), port("n1", 443, 1)}));
  EXPECT_EQ(store->port_reports().value(),
            (PortReports{{look("n1", 2, "1-100")}, {port("n1", 22, 2), port("n1", 443, 2)}}));
}

TEST_P(ReportConformance, AreNotSavedWhereTheDecisionFails) {
  const auto store = open();
  const Looks looks = {look("n1", 1)};
  const Ports ports = {port("n1", 22, 1)};
  const auto saved = store->save_values(
      {.instance = "mine", .nodes = {}, .now = at(1), .looks = looks, .ports = ports},
      [](const auto&, const auto&) -> Result<AlertChanges> {
        return fail(ErrorKind::invalid, "no");
      });
  EXPECT_FALSE(saved);
  EXPECT_EQ(store->port_reports().value(), PortReports{});
}

TEST_P(ReportConformance, AreApartFromOurOwnLooks) {
  const auto store = open();
  ASSERT_TRUE(save(*store, {look("n1", 1, "1-65535")}, {port("n1", 22, 1)}));
  EXPECT_TRUE(store->looks().value().looks.empty());
  EXPECT_TRUE(store->port_states().value().empty());
}

TEST_P(ReportConformance, GoWhenNobodyReportsThemAnyMore) {
  const auto store = open();
  constexpr std::int64_t kDay = 86'400;
  ASSERT_TRUE(save(*store, {look("n1", 0), look("n2", kDay)},
                   {port("n1", 22, 0), port("n2", 22, 0), port("n2", 80, 0)}));
  EXPECT_EQ(store->prune(at(90 * kDay), {}).value(), Pruned{});
  EXPECT_EQ(store->prune(at(91 * kDay), {}).value(),
            (Pruned{.reported_looks = 1, .reported_ports = 1}));
  EXPECT_EQ(store->port_reports().value(),
            (PortReports{{look("n2", kDay)}, {port("n2", 22, 0), port("n2", 80, 0)}}));
}

TEST_P(ReportConformance, ThatWereEditedWithoutSenseAreTold) {
  const auto store = open();
  ASSERT_TRUE(save(*store, {look("n1", 1)}, {}));
  sql("UPDATE reported_looks SET tcp = 'ssh';");
  const auto read = store->port_reports();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind(), ErrorKind::corrupt);
}

}  // namespace
}  // namespace lockstep
