// What services said, as every store keeps it: by example, by bytes that are hostile, and against a
// model.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "store/sql/schema_back.h"
#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::asked;
using samples::at;
using samples::claim;
using samples::end;
using samples::no_change;
using samples::ports;
using testing::HasSubstr;

using Seen = std::vector<ServiceObservation>;

class ServiceConformance : public StoreTest {
 protected:
  Result<std::vector<AlertRecord>> finish(Store& store, std::int64_t second, const Seen& services) {
    const auto id = store.begin_sweep(claim({"n1"}, second), samples::dead);
    if (!id) return std::unexpected(id.error());
    return store.finish_sweep(*id, end(second), {.services = services}, no_change);
  }

  void sweep(Store& store, std::int64_t second, const Seen& services) {
    const auto done = finish(store, second, services);
    ASSERT_TRUE(done.has_value()) << done.error().message();
  }
};
LOCKSTEP_ON_ALL_BACKENDS(ServiceConformance);

/// A service with a value of its own in every field that is kept.
ServiceObservation whole(const std::string& node, std::uint32_t number, Port port) {
  ServiceObservation seen = asked(node, number, port);
  seen.note = "its certificate has no name";
  Service& service = seen.service;
  service.name = "http";
  service.match = ServiceMatch::hard;
  service.product = "nginx";
  service.version = "1.22.1";
  service.info = "info";
  service.hostname = "n1.lab";
  service.system = "Linux";
  service.device = "switch";
  service.tls = true;
  service.hostkeys = {{"ssh-ed25519", "SHA256:b"}, {"ssh-rsa", "SHA256:a"}};
  service.certificate_sha256 = std::string(64, 'c');
  service.public_key_sha256 = std::string(64, 'd');
  service.programs = {{100003, 3, 4}, {100227, 3, 3}};
  service.answer = ServiceAnswer::spoke;
  service.doubt = ServiceDoubt::two_answers;
  return seen;
}

Seen seen_in(Store& store) {
  Seen result;
  const auto facts = store.services().value();
  for (const ServiceFact& fact : facts) result.push_back(fact.seen);
  return result;
}

ServiceObservation versioned(ServiceObservation seen, const std::string& version) {
  seen.service.version = version;
  return seen;
}

/// "n1 198.18.0.1 22/tcp silent 9.2 +5", five seconds into the year.
std::string line_of(const ServiceFact& fact) {
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(fact.asked - at(0)).count();
  const ServiceObservation& seen = fact.seen;
  return fmt::format("{} {} {}/{} {} {} +{}", seen.node, seen.address.to_string(), seen.port,
                     to_string(seen.protocol), to_string(seen.service.answer), seen.service.version,
                     second);
}

using Lines = std::vector<std::string>;

Lines lines(Store& store) {
  Lines result;
  const auto facts = store.services().value();
  for (const ServiceFact& fact : facts) result.push_back(line_of(fact));
  return result;
}

TEST_P(ServiceConformance, StartEmpty) {
  const auto store = open();
  EXPECT_TRUE(store->services().value().empty());
  sweep(*store, 1, {});
  EXPECT_TRUE(store->services().value().empty());
}

TEST_P(ServiceConformance, ComeBackAsTheyWere) {
  ServiceObservation said = whole("n1", 1, 443);
  said.service.banner = "HTTP/1.1 200 OK";
  sweep(*open(), 5, {said, asked("n1", 1, 80, ServiceAnswer::hung_up)});
  said.service.banner.clear();
  const auto found = open()->services().value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].seen, asked("n1", 1, 80, ServiceAnswer::hung_up));
  EXPECT_EQ(found[1].seen, said) << "but for what it said at first";
  EXPECT_EQ(found[1].asked, at(5));
}

TEST_P(ServiceConformance, OfANodeComeWithWhatTheySaidFirst) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  const std::string kBanners[] = {
      "SSH-2.0-OpenSSH_9.2p1\r\n",
      std::string("\0\0\0\x1c", 4),
      every_byte,
      R"(\x00\\N'"--)",
      "\xe2\x80\xae<b>\xc3",
      "",
  };
  const auto store = open();
  Seen all;
  for (const std::string& banner : kBanners) {
    all.push_back(whole("n1", 1, static_cast<Port>(1 + all.size())));
    all.back().service.banner = banner;
  }
  all.push_back(versioned(asked("n10", 1, 1), "other node"));
  sweep(*store, 1, all);
  const auto found = open()->services_of("n1").value();
  ASSERT_EQ(found.size(), std::size(kBanners));
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].seen, all[i]) << i;
  for (const ServiceObservation& each : seen_in(*store)) EXPECT_EQ(each.service.banner, "");
  EXPECT_EQ(sql("SELECT banner FROM services WHERE port = 2;"), "\\x00\\x00\\x00\\x1c\n");
  EXPECT_TRUE(store->services_of("n").value().empty());
  EXPECT_TRUE(store->services_of("N1").value().empty());
  EXPECT_TRUE(store->services_of("").value().empty());

  const std::string hostile = "n'\t\\N\xff";
  sweep(*store, 2, {whole(hostile, 1, 22)});
  EXPECT_EQ(store->services_of(hostile).value().size(), 1U);
}

TEST_P(ServiceConformance, SayTheLatestFirstWordsThatThereWere) {
  const auto store = open();
  const auto banner = [&] { return store->services_of("n1").value().at(0).seen.service.banner; };
  ServiceObservation said = whole("n1", 1, 13);
  for (int second = 1; second <= 3; ++second) {
    said.service.banner = fmt::format("Tue Dec 1 02:00:0{}", second);
    sweep(*store, second, {said});
    EXPECT_EQ(banner(), said.service.banner);
    EXPECT_EQ(sql("SELECT COUNT(*) FROM services;"), "1\n") << "of one place there is one row";
  }
  sweep(*store, 4, {asked("n1", 1, 13, ServiceAnswer::lost)});
  EXPECT_EQ(banner(), said.service.banner) << "nothing was learned";
  said.service.banner = std::string(511, 'x') + '\0' + "more";
  sweep(*store, 5, {said});
  EXPECT_EQ(banner(), said.service.banner.substr(0, 512));
  sweep(*store, 6, {asked("n1", 1, 13, ServiceAnswer::silent)});
  EXPECT_EQ(banner(), "");
}

TEST_P(ServiceConformance, ThatWereAskedByAnOlderProgramHaveNoFirstWords) {
  ServiceObservation said = whole("n1", 1, 22);
  said.service.banner = "SSH-2.0";
  sweep(*open(), 1, {said});
  ASSERT_TRUE(bring_schema_back(url_, 10).has_value());
  const auto store = open();
  EXPECT_EQ(sql("SELECT COUNT(*) FROM services WHERE banner IS NULL;"), "1\n");
  EXPECT_EQ(store->services_of("n1").value().at(0).seen, whole("n1", 1, 22));
  sweep(*store, 2, {said});
  EXPECT_EQ(store->services_of("n1").value().at(0).seen, said);
}

TEST_P(ServiceConformance, ShowToPlainSql) {
  ServiceObservation rpc = asked("n1", 1, 111);
  rpc.service.name = "rpcbind";
  rpc.service.match = ServiceMatch::soft;
  rpc.service.programs = {{100000, 2, 4}};
  sweep(*open(), 5, {whole("n1", 1, 443), rpc});
  EXPECT_EQ(
      sql("SELECT node, network, address, protocol, port, name, product, version, info, "
          "hostname, \"system\", device, tls, \"match\", answer, doubt, note, programs, asked_at "
          "FROM services ORDER BY port;"),
      "n1|management|198.18.0.1|tcp|111|rpcbind|||||||0|soft|spoke|||100000 v2-4|"
      "2026-01-01T00:00:05Z\n"
      "n1|management|198.18.0.1|tcp|443|http|nginx|1.22.1|info|n1.lab|Linux|switch|1|hard|"
      "spoke|two-answers|its certificate has no name|100003 v3-4, 100227 v3|"
      "2026-01-01T00:00:05Z\n");
  EXPECT_EQ(sql("SELECT type, sha256 FROM service_keys WHERE node = 'n1' AND port = 443 "
                "ORDER BY sha256;"),
            "ssh-rsa|SHA256:a\nssh-ed25519|SHA256:b\ntls-certificate|" + std::string(64, 'c') +
                "\ntls-public-key|" + std::string(64, 'd') + "\n");
}

TEST_P(ServiceConformance, ReplaceWhatWasSaidAtTheSamePlace) {
  const auto store = open();
  ServiceObservation fabric = versioned(asked("n1", 1, 22), "fabric");
  fabric.network = "hsn";
  ServiceObservation udp = versioned(asked("n1", 1, 22), "udp");
  udp.protocol = Protocol::udp;
  sweep(*store, 1,
        {whole("n1", 1, 22), versioned(asked("n1", 1, 23), "other port"),
         versioned(asked("n1", 2, 22), "other address"), versioned(asked("n2", 1, 22), "node"),
         fabric, udp});
  ServiceObservation changed = whole("n1", 1, 22);
  changed.service.version = "9.9";
  changed.service.tls = false;
  changed.service.hostkeys = {{"ssh-ed25519", "SHA256:c"}, {"ssh-rsa", "SHA256:a"}};
  changed.service.certificate_sha256.clear();
  changed.service.programs.clear();
  changed.note.clear();
  sweep(*store, 2, {changed});
  EXPECT_EQ(
      lines(*store),
      (Lines{"n1 198.18.0.1 22/tcp spoke fabric +1", "n1 198.18.0.1 22/tcp spoke 9.9 +2",
             "n1 198.18.0.1 23/tcp spoke other port +1", "n1 198.18.0.1 22/udp spoke udp +1",
             "n1 198.18.0.2 22/tcp spoke other address +1", "n2 198.18.0.1 22/tcp spoke node +1"}));
  EXPECT_EQ(store->services().value()[1].seen, changed) << "its keys too";

  sweep(*store, 3, {asked("n1", 1, 22, ServiceAnswer::silent)});
  EXPECT_EQ(store->services().value()[1].seen, asked("n1", 1, 22, ServiceAnswer::silent))
      << "to say nothing says something";
  EXPECT_EQ(sql("SELECT COUNT(*) FROM service_keys;"), "0\n");
}

TEST_P(ServiceConformance, ThatCouldNotBeReachedReplaceNothing) {
  const auto store = open();
  sweep(*store, 1, {whole("n1", 1, 22)});
  for (const auto answer : {ServiceAnswer::unreachable, ServiceAnswer::lost}) {
    SCOPED_TRACE(to_string(answer));
    sweep(*store, 2, {asked("n1", 1, 22, answer), asked("n1", 1, 23, answer)});
    EXPECT_EQ(store->services().value().at(0).seen, whole("n1", 1, 22));
    EXPECT_EQ(lines(*store), (Lines{"n1 198.18.0.1 22/tcp spoke 1.22.1 +1",
                                    "n1 198.18.0.1 23/tcp unreachable  +2"}))
        << "and stand where nothing is";
  }
  sweep(*store, 3, {versioned(asked("n1", 1, 23), "7")});
  EXPECT_EQ(lines(*store).back(), "n1 198.18.0.1 23/tcp spoke 7 +3");
}

TEST_P(ServiceConformance, CountByTheLastOfTwoOfOnePlace) {
  const auto store = open();
  sweep(*store, 1,
        {versioned(asked("n1", 1, 22), "1"), asked("n1", 1, 9, ServiceAnswer::lost),
         versioned(asked("n1", 1, 22), "2"), asked("n1", 1, 22, ServiceAnswer::unreachable),
         asked("n1", 1, 9, ServiceAnswer::unreachable)});
  EXPECT_EQ(lines(*store),
            (Lines{"n1 198.18.0.1 9/tcp unreachable  +1", "n1 198.18.0.1 22/tcp spoke 2 +1"}));
}

TEST_P(ServiceConformance, AreInOrder) {
  const auto store = open();
  ServiceObservation six = whole("n1", 1, 22);
  six.address = IpAddress::parse("fd00::1").value();
  ServiceObservation fabric = whole("n1", 200, 22);
  fabric.network = "hsn";
  ServiceObservation udp = whole("n1", 9, 22);
  udp.protocol = Protocol::udp;
  Seen all = {whole("n2", 1, 22),
              six,
              udp,
              whole("n1", 10, 22),
              fabric,
              whole("n1", 9, 100),
              whole("n1", 9, 22),
              whole("N1", 1, 22),
              whole("n10", 1, 22),
              whole("n'\t\\N", 1, 22)};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].service.hostkeys = {{"ssh-ed25519", fmt::format("SHA256:{}", i)}};
  }
  sweep(*store, 1, all);
  std::ranges::sort(all, {}, [](const ServiceObservation& each) {
    return std::tie(each.node, each.network, each.address, each.protocol, each.port);
  });
  EXPECT_EQ(seen_in(*store), all) << "each with keys of its own";
  sweep(*store, 2, all);
  EXPECT_EQ(seen_in(*store), all) << "the same once more";
}

TEST_P(ServiceConformance, AreCutWhereTheySayTooMuch) {
  const auto store = open();
  ServiceObservation endless = asked("n1", 1, 22);
  const std::string text(100'000, 'x');
  Service& service = endless.service;
  service.name = service.product = service.version = service.info = text;
  service.hostname = service.system = service.device = endless.note = text;
  service.certificate_sha256 = service.public_key_sha256 = text;
  for (int i = 0; i < 500; ++i) service.hostkeys.push_back({fmt::format("{:03}{}", i, text), text});
  for (std::uint32_t i = 0; i < 10'000; ++i) service.programs.push_back({i, 0, 0xffff'ffff});
  sweep(*store, 1, {endless});
  const Service found = store->services().value().at(0).seen.service;
  EXPECT_EQ(found.version, std::string(255, 'x'));
  EXPECT_EQ(found.certificate_sha256, std::string(100, 'x'));
  EXPECT_EQ(found.hostkeys.size(), 64U);
  EXPECT_EQ(found.hostkeys.front().type, "000" + std::string(97, 'x'));
  EXPECT_GT(found.programs.size(), 100U);
  EXPECT_EQ(found.programs.back().highest, 0xffff'ffffU) << "whole programs alone";

  std::string umlauts = "v";
  for (int i = 0; i < 200; ++i) umlauts += "\xc3\xbc";
  sweep(*store, 2, {versioned(asked("n1", 1, 22), umlauts)});
  EXPECT_EQ(store->services().value().at(0).seen.service.version, umlauts.substr(0, 255));
  sweep(*store, 3, {versioned(asked("n1", 1, 22), "v" + umlauts)});
  EXPECT_EQ(store->services().value().at(0).seen.service.version, ("v" + umlauts).substr(0, 254))
      << "whole characters alone";
}

TEST_P(ServiceConformance, KeepHostileTextAsText) {
  const auto store = open();
  ServiceObservation hostile = versioned(asked("n'\t\\N\xff", 1, 22), std::string("\0'; --", 6));
  hostile.service.product = "\\.\n\xc3(";
  hostile.service.hostkeys = {{"a\tb\xff", "\\N'"}, {"tls-certificate", "mine"}};
  for (int second = 1; second <= 2; ++second) {
    sweep(*store, second, {hostile});
    const ServiceObservation found = store->services().value().at(0).seen;
    EXPECT_EQ(found.node, "n'\t\\N\\xff");
    EXPECT_EQ(found.service.version, "\\x00'; --");
    EXPECT_EQ(found.service.product, "\\.\n\\xc3(");
    EXPECT_EQ(found.service.hostkeys, (std::vector<ServiceKey>{{"a\tb\\xff", "\\N'"}}));
    EXPECT_EQ(found.service.certificate_sha256, "") << "no key passes for a certificate";
    EXPECT_EQ(store->services().value().size(), 1U);
  }
}

TEST_P(ServiceConformance, AreNotHalfWritten) {
  const auto store = open();
  sweep(*store, 1, {whole("n1", 1, 22)});
  Seen bad = {versioned(asked("n1", 1, 22), "2"), asked(std::string(256, 'n'), 1, 22)};
  const auto refused = finish(*store, 2, bad);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("has 256 bytes; the table services holds 255"));
  bad.pop_back();
  const auto id = store->begin_sweep(claim({"n1"}, 3), samples::dead).value();
  const std::vector<KnownKey> keys = {samples::known("n1", "SHA256:a", 3)};
  const auto undecided = store->finish_sweep(
      id, end(3), {.services = bad, .keys = keys},
      [](const auto&) -> Result<AlertChanges> { return fail(ErrorKind::denied, "not to be"); });
  EXPECT_FALSE(undecided.has_value());
  EXPECT_EQ(seen_in(*store), Seen{whole("n1", 1, 22)});
  EXPECT_TRUE(store->known_keys().value().empty());
}

TEST_P(ServiceConformance, TellARowWithoutSense) {
  const auto store = open();
  sweep(*store, 1, {whole("n1", 1, 22)});
  const struct {
    const char* damage;
    const char* repair;
    const char* says;
  } kRows[] = {
      {"UPDATE services SET answer = 'sang'", "UPDATE services SET answer = 'spoke'", "services"},
      {"UPDATE services SET doubt = 'some'", "UPDATE services SET doubt = ''", "services"},
      {"UPDATE services SET \"match\" = ''", "UPDATE services SET \"match\" = 'hard'", "services"},
      {"UPDATE services SET address = 'n1'", "UPDATE services SET address = '198.18.0.1'",
       "services"},
      {"UPDATE services SET asked_at = 'noon'",
       "UPDATE services SET asked_at = '2026-01-01T00:00:00Z'", "services"},
      {"UPDATE services SET programs = 'nfs v3'", "UPDATE services SET programs = ''", "services"},
      {"UPDATE services SET port = 0", "UPDATE services SET port = 22", "services"},
      {"UPDATE service_keys SET protocol = 'x'", "UPDATE service_keys SET protocol = 'tcp'",
       "service_keys"},
      {"UPDATE service_keys SET port = 0", "UPDATE service_keys SET port = 22", "service_keys"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.damage);
    sql(row.damage + std::string(";"));
    const auto found = store->services();
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().kind(), ErrorKind::corrupt);
    EXPECT_THAT(found.error().message(),
                HasSubstr(fmt::format("table {}, the row node \"n1\", address \"", row.says)));
    sql(row.repair + std::string(";"));
  }
  EXPECT_TRUE(store->services().has_value());
  sql("UPDATE service_keys SET port = 0;");
  EXPECT_EQ(finish(*store, 2, {whole("n1", 1, 22)}).error().kind(), ErrorKind::corrupt);
  sql("UPDATE service_keys SET port = 22;");
  sql("DELETE FROM services;");
  EXPECT_TRUE(store->services().value().empty()) << "a hand may make it forget";
  sweep(*store, 3, {asked("n1", 1, 22)});
  EXPECT_TRUE(store->services().value().at(0).seen.service.hostkeys.empty());
}

/// As for the states of ports: what a bulk interface may do wrong shows here.
TEST_P(ServiceConformance, AreThoseOfEachBatch) {
  const auto store = open();
  std::map<std::pair<std::string, Port>, ServiceObservation> expected;
  int second = 0;
  for (const int size : {1, 8, 9, 2500, 2, 12'000, 3, 0, 700}) {
    const std::string node = fmt::format("n{}", second++ % 4);
    Seen batch;
    for (int i = 0; i < size; ++i) {
      const auto port = static_cast<Port>(1 + (i * 5 + second) % 20'000);
      batch.push_back(versioned(asked(node, 1, port), fmt::format("{}.{}", second, i)));
      for (int key = 0; key < (i + second) % 4; ++key) {
        batch.back().service.hostkeys.push_back({fmt::format("type{}", key), "SHA256:a"});
      }
      expected.insert_or_assign({node, port}, batch.back());
    }
    sweep(*store, second, batch);
    Seen all;
    for (const auto& [place, seen] : expected) all.push_back(seen);
    ASSERT_TRUE(seen_in(*store) == all) << size;
  }
}

TEST_P(ServiceConformance, AgreeWithAModel) {
  const auto store = open();
  int run = 0;
  check_property(GetParam(), [&] {
    const std::string prefix = fmt::format("r{}n", ++run);  // nodes of this run alone
    std::map<std::tuple<std::string, IpAddress, Port>, ServiceFact> model;
    const int sweeps = *rc::gen::inRange(1, 6);
    for (int second = 1; second <= sweeps; ++second) {
      Seen services;
      const int count = *rc::gen::inRange(0, 20);
      for (int i = 0; i < count; ++i) {
        const auto number = *rc::gen::inRange<std::uint32_t>(1, 4);
        ServiceObservation seen =
            whole(fmt::format("{}{}", prefix, number % 2), number, *rc::gen::inRange<Port>(1, 4));
        seen.service.answer =
            *rc::gen::element(ServiceAnswer::spoke, ServiceAnswer::silent, ServiceAnswer::hung_up,
                              ServiceAnswer::unreachable, ServiceAnswer::lost);
        seen.service.match = *rc::gen::element(ServiceMatch::none, ServiceMatch::hard);
        seen.service.hostkeys.clear();
        for (const char* const type : {"a", "b", "c"}) {
          const int key = *rc::gen::inRange(0, 3);
          if (key != 0) seen.service.hostkeys.push_back({type, std::to_string(key)});
        }
        services.push_back(seen);
      }
      RC_ASSERT(finish(*store, second, services).has_value());
      const auto is_mute = [](const ServiceObservation& seen) {
        return seen.service.answer == ServiceAnswer::unreachable ||
               seen.service.answer == ServiceAnswer::lost;
      };
      // The mute yield to all others, and keep no keys, since they prove nothing.
      std::map<std::tuple<std::string, IpAddress, Port>, ServiceFact> mute;
      for (ServiceObservation& seen : services) {
        const std::tuple key(seen.node, seen.address, seen.port);
        if (!is_mute(seen)) {
          model.insert_or_assign(key, ServiceFact{seen, at(second)});
          continue;
        }
        seen.service.hostkeys.clear();
        seen.service.certificate_sha256.clear();
        seen.service.public_key_sha256.clear();
        mute.insert_or_assign(key, ServiceFact{seen, at(second)});
      }
      model.merge(mute);
    }
    std::vector<ServiceFact> found = store->services().value();
    std::erase_if(found, [&](const auto& fact) { return !fact.seen.node.starts_with(prefix); });
    RC_ASSERT(found.size() == model.size());
    std::size_t i = 0;
    for (const auto& [key, fact] : model) {
      RC_ASSERT(found[i].seen == fact.seen);
      RC_ASSERT(found[i++].asked == fact.asked);
    }
  });
}

}  // namespace
}  // namespace lockstep
