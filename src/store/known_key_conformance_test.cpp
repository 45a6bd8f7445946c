// The keys that nodes are known by, as every store keeps them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::at;
using samples::known;
using testing::HasSubstr;

using Keys = std::vector<KnownKey>;

class KnownKeyConformance : public StoreTest {
 protected:
  Result<std::vector<AlertRecord>> finish(Store& store, const Keys& keys) {
    const auto id = store.begin_sweep(samples::claim({"n1"}, 1), samples::dead);
    if (!id) return std::unexpected(id.error());
    return store.finish_sweep(*id, samples::end(1), {.keys = keys}, samples::no_change);
  }
};
LOCKSTEP_ON_ALL_BACKENDS(KnownKeyConformance);

TEST_P(KnownKeyConformance, StartEmpty) {
  EXPECT_TRUE(open()->known_keys().value().empty());
}

TEST_P(KnownKeyConformance, AreAddedInOrder) {
  KnownKey certificate = {"n1",       "hsn", Protocol::tcp, 443, std::string(kCertificateType),
                          "c0ffee42", at(7), "kim"};
  KnownKey udp = known("n1", "SHA256:a", 1);
  udp.protocol = Protocol::udp;
  KnownKey high = known("n1", "SHA256:a", 1);
  high.port = 100;
  KnownKey rsa = known("n1", "SHA256:a", 1);
  rsa.type = "ssh-rsa";
  Keys keys = {known("n2", "SHA256:a", 1),
               known("n1", "SHA256:b", 1),
               rsa,
               high,
               udp,
               certificate,
               known("n1", "SHA256:a", 2),
               known("N1", "SHA256:a", 1),
               known("n10", "A", 1)};
  ASSERT_TRUE(finish(*open(), keys).has_value());
  std::ranges::sort(keys);
  EXPECT_EQ(open()->known_keys().value(), keys);
  EXPECT_EQ(sql("SELECT node, network, protocol, port, type, sha256, since, accepted_by "
                "FROM known_keys WHERE network = 'hsn';"),
            "n1|hsn|tcp|443|tls-certificate|c0ffee42|2026-01-01T00:00:07Z|kim\n");
}

TEST_P(KnownKeyConformance, AreLeftAsTheyAre) {
  const auto store = open();
  KnownKey accepted = known("n1", "SHA256:a", 1);
  accepted.by = "kim";
  ASSERT_TRUE(finish(*store, {accepted, known("n1", "SHA256:a", 2)}).has_value());
  Keys later;
  for (int i = 0; i < 20; ++i) later.push_back(known("n1", fmt::format("SHA256:{}", i), 3));
  later.push_back(known("n1", "SHA256:a", 3));
  ASSERT_TRUE(finish(*store, later).has_value()) << "as many as take another way";
  ASSERT_TRUE(finish(*store, {known("n1", "SHA256:a", 4)}).has_value());
  const Keys found = store->known_keys().value();
  EXPECT_EQ(found.size(), 21U);
  EXPECT_EQ(found.back(), accepted);
}

TEST_P(KnownKeyConformance, AreReplacedByNode) {
  const auto store = open();
  const Keys first = {known("n1", "SHA256:a", 1), known("n1", "SHA256:b", 1),
                      known("n2", "SHA256:a", 1), known("n3", "SHA256:a", 1)};
  ASSERT_TRUE(finish(*store, first).has_value());
  KnownKey accepted = known("n1", "SHA256:c", 5);
  accepted.by = "kim";
  const Keys fresh = {accepted};
  ASSERT_TRUE(store->replace_known_keys({"n1", "n2", "n1", "n9"}, fresh).has_value());
  EXPECT_EQ(open()->known_keys().value(), (Keys{accepted, first[3]}));

  KnownKey same = known("n3", "SHA256:a", 6);
  same.by = "lee";
  ASSERT_TRUE(store->replace_known_keys({"n3"}, Keys{same}).has_value());
  EXPECT_EQ(store->known_keys().value(), (Keys{accepted, same})) << "whatever they were";
  ASSERT_TRUE(store->replace_known_keys({}, {}).has_value());
  EXPECT_EQ(store->known_keys().value().size(), 2U);
  ASSERT_TRUE(store->replace_known_keys({"n1", "n3"}, {}).has_value());
  EXPECT_TRUE(store->known_keys().value().empty()) << "the next look is the first";
}

TEST_P(KnownKeyConformance, MayBeOfManyNodes) {
  const auto store = open();
  std::vector<std::string> nodes;
  Keys keys;
  for (int i = 0; i < 3000; ++i) {
    nodes.push_back(fmt::format("n{:04}", i));
    keys.push_back(known(nodes.back(), "SHA256:a", 1));
  }
  ASSERT_TRUE(finish(*store, keys).has_value());
  EXPECT_EQ(store->known_keys().value(), keys);
  for (KnownKey& key : keys) key.sha256 = "SHA256:b";
  ASSERT_TRUE(store->replace_known_keys(nodes, keys).has_value());
  EXPECT_EQ(store->known_keys().value(), keys);
}

TEST_P(KnownKeyConformance, AreRefusedOfAnotherNode) {
  const auto store = open();
  const Keys first = {known("n1", "SHA256:a", 1)};
  ASSERT_TRUE(finish(*store, first).has_value());
  KnownKey long_name = known("n1", "SHA256:b", 1);
  long_name.by = std::string(256, 'b');
  const struct {
    const char* description;
    Keys keys;
    const char* says;
  } kRows[] = {
      {"another node",
       {known("n1", "SHA256:b", 1), known("n2", "SHA256:b", 1)},
       "a key is of node \"n2\", which is none of those"},
      {"a long name", {long_name}, "has 256 bytes; the table known_keys holds 255"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto refused = store->replace_known_keys({"n1"}, row.keys);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(refused.error().message(), HasSubstr(row.says));
    EXPECT_EQ(store->known_keys().value(), first) << "no effect";
  }
}

TEST_P(KnownKeyConformance, ReadTheSameFromBothTables) {
  const auto store = open();
  const std::string text = "\xff" + std::string(200, 'x');
  ServiceObservation seen = samples::asked("n1", 1, 22);
  seen.service.hostkeys = {{text, text}};
  KnownKey key = known("n1", text, 1);
  key.type = text;
  const auto id = store->begin_sweep(samples::claim({"n1"}, 1), samples::dead).value();
  ASSERT_TRUE(store
                  ->finish_sweep(id, samples::end(1),
                                 {.services = std::vector{seen}, .keys = Keys{key}},
                                 samples::no_change)
                  .has_value());
  const ServiceKey said = store->services().value().at(0).seen.service.hostkeys.at(0);
  const KnownKey found = store->known_keys().value().at(0);
  EXPECT_EQ(said, (ServiceKey{found.type, found.sha256}));
  ASSERT_TRUE(store->replace_known_keys({"n1"}, Keys{key}).has_value());
  EXPECT_EQ(store->known_keys().value().at(0), found);
}

TEST_P(KnownKeyConformance, TellARowWithoutSense) {
  const auto store = open();
  ASSERT_TRUE(finish(*store, {known("n1", "SHA256:a", 1)}).has_value());
  for (const char* const damage :
       {"protocol = 'x'", "protocol = 'tcp', port = 0", "port = 22, since = 'noon'"}) {
    SCOPED_TRACE(damage);
    sql(fmt::format("UPDATE known_keys SET {};", damage));
    const auto found = store->known_keys();
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().kind(), ErrorKind::corrupt);
    EXPECT_THAT(found.error().message(), HasSubstr("table known_keys, the row node \"n1\""));
  }
}

}  // namespace
}  // namespace lockstep
