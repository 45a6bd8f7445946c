#include "control/instance_use_cases.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "store/sql/sql_store.h"

namespace lockstep::control {
namespace {

class Instances : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "lockstep-instances-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    store_ = open_store("sqlite://" + name + "/store.db").value();
    configured_ = {*parse_instance("fast-ports", {{"collector", "ports"}, {"interval", "1h"}}),
                   *parse_instance("versions", {{"collector", "services"}, {"interval", "1d"}})};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<Instance> change(const std::string& name, const InstanceSettings& changes) {
    return change_instance(*store_, configured_, name, changes,
                           [](const Instance& instance) -> Result<void> {
                             if (instance.parameters.contains("ports"))
                               return fail(ErrorKind::invalid, "no ports");
                             return {};
                           },
                           {.person = "kim", .now = WallTime(std::chrono::seconds(1'700'000'000))});
  }

  InstanceRow row(const std::string& name) {
    const auto rows = list_instances(*store_, configured_);
    for (const InstanceRow& each : *rows) {
      if (each.instance.name == name) return each;
    }
    return {};
  }

  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
  std::vector<Instance> configured_;
};

TEST_F(Instances, AChangeHoldsBeforeTheConfigurationUntilItIsReset) {
  ASSERT_TRUE(change("fast-ports", {{"interval", "30m"}, {"window", "22:00-06:00"}}));
  EXPECT_EQ(row("fast-ports").instance.interval, std::chrono::minutes(30));
  EXPECT_EQ(row("fast-ports").change->changed_by, "kim");
  EXPECT_FALSE(row("versions").change);
  EXPECT_EQ(store_->audit(1)->front().detail, "interval: 1h -> 30m; window: - -> 22:00-06:00");
  ASSERT_TRUE(change("fast-ports", {{"window", ""}}));
  EXPECT_FALSE(row("fast-ports").instance.window);
  const Act act{.person = "kim", .now = WallTime(std::chrono::seconds(1'700'000'001))};
  ASSERT_TRUE(reset_instance(*store_, "fast-ports", act));
  EXPECT_EQ(row("fast-ports").instance.interval, std::chrono::hours(1));
  EXPECT_EQ(reset_instance(*store_, "fast-ports", act).error().kind(), ErrorKind::not_found);
}

TEST_F(Instances, ANewOneNeedsACollector) {
  const auto failed = change("fast-port", {{"interval", "30m"}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(),
            "there is no instance \"fast-port\"; did you mean fast-ports?");
  ASSERT_TRUE(change("load", {{"collector", "pcp"}, {"interval", "10s"}}));
  EXPECT_FALSE(row("load").configured);
  EXPECT_EQ(row("load").instance.interval, std::chrono::seconds(10));
}

TEST_F(Instances, WhatIsWrongChangesNothing) {
  EXPECT_FALSE(change("fast-ports", {{"interval", "soon"}}));
  EXPECT_FALSE(change("fast-ports", {{"ports", "all"}})) << "the collector's own check";
  EXPECT_FALSE(row("fast-ports").change);
  EXPECT_TRUE(store_->audit(9)->empty());
}

}  // namespace
}  // namespace lockstep::control
