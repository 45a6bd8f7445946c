// A store of a test's own, in a file.

#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "store/sql/sql_store.h"

namespace lockstep::notify {

class TestStore {
 public:
  TestStore() {
    std::string pattern = testing::TempDir() + "/lockstep-notify-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    store_ = open_store("sqlite://" + folder_ + "/store.db").value();
  }
  ~TestStore() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  TestStore(const TestStore&) = delete;
  TestStore& operator=(const TestStore&) = delete;

  Store& operator*() { return *store_; }
  Store* operator->() { return store_.get(); }

 private:
  std::string folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace lockstep::notify
