#include "serve/api/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/text.h"

namespace lockstep::serve {
namespace {

constexpr std::size_t kUsualRows = 100;
constexpr std::size_t kMostRows = 1000;
constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string to_cursor(std::string_view place) {
  std::string cursor;
  for (const char c : place) {
    const auto byte = static_cast<unsigned char>(c);
    cursor += kDigits[byte >> 4];
    cursor += kDigits[byte & 15];
  }
  return cursor;
}

Result<std::string> parse_cursor(std::string_view cursor) {
  std::string place;
  for (std::size_t i = 0; i < cursor.size(); i += 2) {
    const std::size_t high = kDigits.find(cursor[i]);
    const std::size_t low = i + 1 < cursor.size() ? kDigits.find(cursor[i + 1]) : kDigits.npos;
    if (high == kDigits.npos || low == kDigits.npos) {
      return fail(ErrorKind::invalid, "cursor: it is none of ours; begin without one");
    }
    place += static_cast<char>(high * 16 + low);
  }
  return place;
}

Result<PageOrder> page_order(const ApiCall& call) {
  PageOrder order;
  LOCKSTEP_TRY(order.limit, call.number("limit", kUsualRows, kMostRows));
  LOCKSTEP_TRY(order.after, parse_cursor(call.text("cursor")));
  return order;
}

Result<LatestOrder> latest_order(const ApiCall& call) {
  LOCKSTEP_TRY(const PageOrder order, page_order(call));
  LatestOrder latest{.limit = order.limit, .below = kAnyId};
  if (order.after.empty()) return latest;
  const char* const end = order.after.data() + order.after.size();
  const auto read = std::from_chars(order.after.data(), end, latest.below);
  if (read.ec == std::errc() && read.ptr == end) return latest;
  return fail(ErrorKind::invalid, "cursor: it is none of this list; begin without one");
}

std::string Page::next_text() const {
  return next.empty() ? "null" : '"' + next + '"';
}

Page page_of(std::size_t count, const PageOrder& order,
             const std::function<std::string(std::size_t)>& place) {
  std::size_t first = 0;
  // By halves: places ascend.
  for (std::size_t end = order.after.empty() ? 0 : count; first < end;) {
    const std::size_t middle = first + (end - first) / 2;
    if (place(middle) <= order.after) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  Page page;
  const std::size_t last = std::min(first + order.limit, count);
  for (std::size_t i = first; i < last; ++i) page.items.push_back(i);
  if (last < count && last > first) page.next = to_cursor(place(last - 1));
  return page;
}

}  // namespace lockstep::serve
