// The databases that every test of a store runs on.
//
// A backend joins by a row in backends(). One that this machine cannot run skips its tests, and
// says why.

#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "store/store.h"

namespace lockstep {

struct Backend {
  std::string name;
  /// Why it cannot run here; empty where it can.
  std::function<std::string()> missing;
  /// The URL of a fresh store, given a folder of the test's own.
  std::function<std::string(const std::filesystem::path& folder)> url;
  /// The command of the database's own client, which reads SQL from its standard input, and prints
  /// rows as "a|b".
  std::function<std::string(const std::string& url)> client;
  int property_runs;  ///< how often a property is tried

  friend void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }
};

std::vector<Backend> backends();

/// A test on each backend, with a fresh store of its own.
class StoreTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::unique_ptr<Store> open() const;

  /// What the database's own client prints for `statements`.
  std::string sql(const std::string& statements) const;

  std::filesystem::path folder_;
  std::string url_;
};

/// Runs `property` as often as the backend can afford. It fails the test where it is falsified.
void check_property(const Backend& backend, const std::function<void()>& property);

#define LOCKSTEP_ON_ALL_BACKENDS(fixture)                                    \
  INSTANTIATE_TEST_SUITE_P(Backends, fixture, testing::ValuesIn(backends()), \
                           [](const auto& each) { return each.param.name; })

}  // namespace lockstep
