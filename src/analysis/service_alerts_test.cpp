// How alerts about services end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "analysis/test_book.h"
#include "analysis/test_services.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

World a_node() {
  World world(1);
  world.want(22, "ssh");
  world.service_policy.tellable.names = {"ssh", "http"};
  world.answer(1, 22, an_sshd({{"ssh-ed25519", "K"}}));
  world.known_keys = {{"n1", "management", Protocol::tcp, 22, "ssh-ed25519", "K", kNoon}};
  return world;
}

TEST(ServiceAlerts, EndByProofAlone) {
  struct Row {
    const char* description;
    std::function<void(World&)> wrong;
    std::function<void(World&)> then;
    std::string told;
  };
  const auto as_http = [](World& world) { world.answer(1, 22, a_service("http")); };
  const auto other_key = [](World& world) { world.answer(1, 22, an_sshd({{"ssh-ed25519", "X"}})); };
  const auto right = [](World& world) { world.answer(1, 22, an_sshd({{"ssh-ed25519", "K"}})); };
  const auto not_asked = [](World& world) { world.services.clear(); };
  const auto silent = [](World& world) {
    Service service;
    service.answer = ServiceAnswer::silent;
    world.answer(1, 22, service);
  };
  const std::string mismatch = "A-1 open service-mismatch n1 22";
  const std::string over = "A-1 resolved service-mismatch n1 22 = ";
  const Row rows[] = {
      {"right again", as_http, right, over + "it is so no longer, as its answer shows"},
      {"not asked", as_http, not_asked, mismatch},
      {"the port is closed", as_http,
       [](World& world) {
         world.services.clear();
         world.show(1, 22, PortState::closed);
       },
       over + "answered closed"},
      {"the profile does not check it any more", as_http,
       [](World& world) {
         world.services.clear();
         world.want(22, "");
       },
       over + "its profile does not say what should answer any more"},
      {"the known key again", other_key, right,
       "A-1 resolved hostkey-changed n1 22 = it is so no longer, as its answer shows"},
      {"no key told", other_key, [](World& world) { world.answer(1, 22, a_service("ssh")); },
       "A-1 open hostkey-changed n1 22"},
      {"silent, and asked again", silent, right,
       "A-1 resolved service-silent n1 22 = it is so no longer, as its answer shows"},
      {"elsewhere", as_http, [](World& world) { world.services[0].address = address_of(77); },
       mismatch},
  };
  for (const Row& row : rows) {
    Book book;
    World world = a_node();
    row.wrong(world);
    book.sweep(world, kNoon);
    World later = a_node();
    row.wrong(later);
    row.then(later);
    book.sweep(later, kNoon + 1h);
    ASSERT_FALSE(book.told().empty()) << row.description;
    EXPECT_EQ(book.told().front(), row.told) << row.description;
  }
}

TEST(ServiceAlerts, OfTwoAddressesEndWhenBothHaveTold) {
  Book book;
  World world = a_node();
  world.add_address(1, address_of(9), {22});
  const auto answers = [&](const Service& first, const Service& second) {
    world.services = {{"n1", address_of(1), "management", Protocol::tcp, 22, first, ""},
                      {"n1", address_of(9), "management", Protocol::tcp, 22, second, ""}};
  };
  const Service right = an_sshd({{"ssh-ed25519", "K"}});
  const Service wrong = an_sshd({{"ssh-ed25519", "X"}});
  answers(wrong, wrong);
  book.sweep(world, kNoon);
  Service unreachable;
  unreachable.answer = ServiceAnswer::unreachable;
  answers(right, unreachable);
  book.sweep(world, kNoon + 1h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open hostkey-changed n1 22"));
  answers(right, right);
  book.sweep(world, kNoon + 2h);
  EXPECT_THAT(book.told(),
              ElementsAre("A-1 resolved hostkey-changed n1 22 = it is so no longer, as "
                          "its answer shows"));
}

TEST(ServiceAlerts, AnotherImpostorIsNews) {
  Book book;
  World world = a_node();
  world.answer(1, 22, a_service("http"));
  book.sweep(world, kNoon);
  book.act(AlertAction::Kind::acknowledge, 1, 24h, kNoon);
  world.answer(1, 22, a_service("ftp"));
  book.sweep(world, kNoon + 1h);
  EXPECT_THAT(book.told(),
              ElementsAre("A-1 resolved service-mismatch n1 22 = it is so no longer, as its answer "
                          "shows",
                          "A-2 open service-mismatch n1 22"));
}

TEST(ServiceAlerts, AnotherKeyThanTheOneThatWasAcknowledgedIsNews) {
  Book book;
  World world = a_node();
  world.answer(1, 22, an_sshd({{"ssh-ed25519", "X"}}));
  book.sweep(world, kNoon);
  book.act(AlertAction::Kind::acknowledge, 1, 24h, kNoon);
  book.sweep(world, kNoon + 1h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 acknowledged hostkey-changed n1 22"));
  world.answer(1, 22, an_sshd({{"ssh-ed25519", "Y"}}));
  book.sweep(world, kNoon + 2h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open hostkey-changed n1 22"));
  EXPECT_EQ(book.records[0].clones, "it shows Y");
}

TEST(ServiceAlerts, EndWhereThePortIsNotExpectedAnyMore) {
  Book book;
  World world = a_node();
  world.answer(1, 22, an_sshd({{"ssh-ed25519", "X"}}));
  book.sweep(world, kNoon);
  World later = a_node();
  later.services.clear();
  std::erase_if(later.profiles[0].ports, [](const ExpectedPort& each) { return each.port == 22; });
  book.sweep(later, kNoon + 1h);
  EXPECT_THAT(book.told(),
              testing::Contains("A-1 resolved hostkey-changed n1 22 = its profile does "
                                "not expect the port any more"));
}

TEST(ServiceAlerts, ARebuiltNodeIsOneRowUntilItsKeysAreSeenAgain) {
  Book book;
  World world = a_node();
  world.service_policy.keys.set("compute", KeyPolicy::boot);
  world.answer(1, 22, an_sshd({{"ssh-ed25519", "X"}}));
  book.sweep(world, kNoon);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open node-rebuilt n1"));
  world.known_keys[0].sha256 = "X";
  book.sweep(world, kNoon + 1h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 resolved node-rebuilt n1 = its keys are known now"));
}

}  // namespace
}  // namespace lockstep
