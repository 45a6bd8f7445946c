// Whether a store is in order.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/sql/store_copy.h"

namespace lockstep {

/// Reads all that is in the store at `url`, as the database has it and as we understand it, and
/// follows the chain of what people did. Writes nothing. Returns what it holds. Errors: `corrupt`,
/// a line for each thing that is wrong; those of copy_store() for what it comes from.
Result<StoreContents> check_store(std::string_view url);

}  // namespace lockstep
