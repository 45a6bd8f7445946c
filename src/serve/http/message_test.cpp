#include "serve/http/message.h"

#include <gtest/gtest.h>

namespace lockstep::serve {
namespace {

TEST(HttpMessage, TargetsAreTakenApart) {
  const struct {
    const char* text;
    HttpTarget target;
  } cases[] = {
      {"/", {}},
      {"/api/v1", {{"api", "v1"}, {}}},
      {"//api///v1/", {{"api", "v1"}, {}}},
      {"/nodes/n%2F1", {{"nodes", "n/1"}, {}}},
      {"/a+b?c+d=e+f", {{"a+b"}, {{"c d", "e f"}}}},
      {"/a?x=1&x=2&&y&z=", {{"a"}, {{"x", "1"}, {"x", "2"}, {"y", ""}, {"z", ""}}}},
      {"/a?x=1=2#frag?y", {{"a"}, {{"x", "1=2"}}}},
      {"/%c3%A4?q=%26", {{"\xc3\xa4"}, {{"q", "&"}}}},
      {"/a?q=node%5B1-3%5D", {{"a"}, {{"q", "node[1-3]"}}}},
      {"/...", {{"..."}, {}}},
  };
  for (const auto& each : cases) {
    const auto target = parse_target(each.text);
    ASSERT_TRUE(target) << each.text << ": " << target.error().message();
    EXPECT_EQ(*target, each.target) << each.text;
  }
}

TEST(HttpMessage, TricksAreRefused) {
  for (const std::string_view text :
       {"", "api", "*", "http://host/api", "/a/../b", "/a/%2e%2E/b", "/./a", "/%", "/%4", "/%zz",
        "/a%00b", "/a%0ab", "/a?x=%0d", "/a?%", "/\x01", "/a?\x7f"}) {
    const auto target = parse_target(text);
    EXPECT_FALSE(target) << text;
  }
}

TEST(HttpMessage, FieldsAreFound) {
  HttpRequest request;
  request.headers = {{"cookie", "a=1; session=x=y ;b=2;  c"}, {"etag", "\"1\""}};
  request.target.query = {{"limit", "5"}, {"limit", "6"}};
  EXPECT_EQ(request.header("etag"), "\"1\"");
  EXPECT_EQ(request.header("host"), "");
  EXPECT_EQ(request.parameter("limit"), "5");
  EXPECT_EQ(request.parameter("x"), std::nullopt);
  EXPECT_EQ(request.cookie("a"), "1");
  EXPECT_EQ(request.cookie("session"), "x=y");
  EXPECT_EQ(request.cookie("b"), "2");
  EXPECT_EQ(request.cookie("c"), std::nullopt);
  EXPECT_EQ(request.cookie("ession"), std::nullopt);
}

}  // namespace
}  // namespace lockstep::serve
