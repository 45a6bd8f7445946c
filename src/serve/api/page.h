// Long lists, a page at a time. A cursor is a place in the order of the list, not a count: what
// comes or goes between two pages moves nothing across their border.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "serve/api/call.h"

namespace lockstep::serve {

/// A cursor as it stands in an address, and back. Errors: `invalid`.
std::string to_cursor(std::string_view place);
Result<std::string> parse_cursor(std::string_view cursor);

struct PageOrder {
  std::size_t limit = 100;
  std::string after{};  ///< the place of the last row of the page before; empty: from the start
};

/// Parameters limit and cursor. Errors: `invalid`.
Result<PageOrder> page_order(const ApiCall& call);

struct Page {
  std::vector<std::size_t> items{};  ///< indices
  std::string next{};                ///< the cursor; empty: this is the last page

  std::string next_text() const;  ///< as JSON
};

/// `place` of each index below `count` is a text, ascending in the order of the list.
Page page_of(std::size_t count, const PageOrder& order,
             const std::function<std::string(std::size_t)>& place);

/// A list that the store gives from its latest on, by ids.
struct LatestOrder {
  std::size_t limit = 0;
  std::int64_t below = 0;  ///< ids are

  /// The cursor of the page after `rows`; empty: there is none.
  template <typename Row>
  std::string next_after(const std::vector<Row>& rows) const {
    return rows.size() < limit ? std::string() : to_cursor(std::to_string(rows.back().id));
  }
};

/// As page_order(), of a list of ids.
Result<LatestOrder> latest_order(const ApiCall& call);

}  // namespace lockstep::serve
