// Where nodes, classes, groups and addresses come from. Each kind of source is a folder of its
// own; the composition of the program lists them.

#pragma once

#include <string>

#include "base/result.h"
#include "model/node.h"

namespace lockstep {

/// One source of a part of the inventory. Not for several threads at once.
class InventorySource {
 public:
  virtual ~InventorySource() = default;
  InventorySource(const InventorySource&) = delete;
  InventorySource& operator=(const InventorySource&) = delete;

  /// What a person calls it: "genders /etc/genders".
  const std::string& name() const { return name_; }

  /// Reads the source anew. An address whose network the source does not say has an empty one,
  /// until assign_networks() fills it in. Errors begin with name().
  Result<Inventory> load();

 protected:
  explicit InventorySource(std::string name) : name_(std::move(name)) {}

 private:
  virtual Result<Inventory> do_load() = 0;

  std::string name_;
};

}  // namespace lockstep
