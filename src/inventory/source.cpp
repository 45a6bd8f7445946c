#include "inventory/source.h"

namespace lockstep {

Result<Inventory> InventorySource::load() {
  Result<Inventory> result = do_load();
  if (!result) return std::unexpected(result.error().within(name_));
  return result;
}

}  // namespace lockstep
