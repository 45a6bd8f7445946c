#include "serve/api/page.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace lockstep::serve {
namespace {

TEST(Page, APageGoesOnWhereTheOneBeforeEnded) {
  std::vector<std::string> list = {"a", "b", "c", "d", "e"};
  const auto place = [&](std::size_t i) { return list[i]; };
  const Page first = page_of(list.size(), {.limit = 2}, place);
  EXPECT_EQ(first.items, (std::vector<std::size_t>{0, 1}));
  ASSERT_FALSE(first.next.empty());
  EXPECT_EQ(first.next_text(), '"' + first.next + '"');
  // What comes before the border, or goes, moves nothing across it.
  list = {"a", "aa", "b", "c", "d", "e"};
  const PageOrder order = {.limit = 2, .after = parse_cursor(first.next).value()};
  EXPECT_EQ(page_of(list.size(), order, place).items, (std::vector<std::size_t>{3, 4}));
  list = {"c", "d"};
  const Page last = page_of(list.size(), order, place);
  EXPECT_EQ(last.items, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(last.next_text(), "null");
  list = {"a"};
  EXPECT_TRUE(page_of(list.size(), order, place).items.empty());
  EXPECT_TRUE(page_of(0, {.limit = 1}, place).items.empty());
}

TEST(Page, CursorsHoldAnyBytes) {
  const std::string place = std::string("a\0\xff/", 4);
  EXPECT_EQ(parse_cursor(to_cursor(place)).value(), place);
  for (const char* const text : {"x", "6", "6g", "zz", "616"})
    EXPECT_FALSE(parse_cursor(text)) << text;
}

}  // namespace
}  // namespace lockstep::serve
