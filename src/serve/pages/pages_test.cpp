#include "serve/pages/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace lockstep::serve {
namespace {

constexpr std::array<Asset, 3> kAssets = {{
    {"assets/main-1.js", "text/javascript", "t1", "alert()", "GZIP", "BROTLI"},
    {"icon.svg", "image/svg+xml", "t2", "<svg/>", "", ""},
    {"index.html", "text/html; charset=utf-8", "t3", "<!doctype html>", "GZIP", ""},
}};

HttpRequest request(std::string_view target, HttpFields headers = {}) {
  HttpRequest made;
  made.method = "GET";
  made.target = parse_target(target).value();
  made.headers = std::move(headers);
  return made;
}

std::string header(const HttpResponse& response, std::string_view name) {
  const auto found = std::ranges::find(response.headers, name, &HttpFields::value_type::first);
  return found == response.headers.end() ? "" : found->second;
}

TEST(Pages, FilesAndViews) {
  struct Row {
    const char* target;
    const char* accept;
    const char* body;  // null: it is none of the page's
  };
  const Row rows[] = {
      {"/", "", "<!doctype html>"},
      {"/?by=rack", "*/*", "<!doctype html>"},
      {"/index.html", "", "<!doctype html>"},
      {"/nodes/node1.example", "text/html,*/*", "<!doctype html>"},
      {"/alerts/A-17", "text/html", "<!doctype html>"},
      {"/alerts/A-17", "application/json", nullptr},
      {"/assets/main-1.js", "*/*", "alert()"},
      {"/assets/main-0.js", "text/html", nullptr},  // of a version that is gone
      {"/icon.svg", "image/*", "<svg/>"},
      {"/api/v1/nodes", "text/html", nullptr},
      {"/-/ready", "text/html", nullptr},
      {"/metrics", "text/html", nullptr},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.target);
    const auto response = page_of(kAssets, request(row.target, {{"accept", row.accept}}));
    ASSERT_EQ(response.has_value(), row.body != nullptr);
    if (row.body != nullptr) {
      EXPECT_EQ(response->body, row.body);
    }
  }
}

TEST(Pages, OnlyReadingIsAnswered) {
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    HttpRequest made = request("/");
    made.method = method;
    EXPECT_FALSE(page_of(kAssets, made)) << method;
  }
}

TEST(Pages, WithoutFilesThereIsNoPage) {
  EXPECT_FALSE(page_of({}, request("/")));
}

TEST(Pages, CompressedAsTheBrowserLikesIt) {
  struct Row {
    const char* accepted;
    const char* encoding;
    const char* body;
    const char* tag;
  };
  const Row rows[] = {
      {"", "", "alert()", "\"t1\""},
      {"gzip, deflate, br, zstd", "br", "BROTLI", "\"t1-br\""},
      {"gzip", "gzip", "GZIP", "\"t1-gzip\""},
      {"br;q=0, gzip;q=0.5", "gzip", "GZIP", "\"t1-gzip\""},
      {"gzip;q=0.0", "", "alert()", "\"t1\""},
      {"brotli", "", "alert()", "\"t1\""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.accepted);
    const auto response =
        page_of(kAssets, request("/assets/main-1.js", {{"accept-encoding", row.accepted}}));
    ASSERT_TRUE(response);
    EXPECT_EQ(header(*response, "Content-Encoding"), row.encoding);
    EXPECT_EQ(response->body, row.body);
    EXPECT_EQ(header(*response, "ETag"), row.tag);
    const auto again =
        page_of(kAssets, request("/assets/main-1.js",
                                 {{"accept-encoding", row.accepted}, {"if-none-match", row.tag}}));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->status, 304U);
    EXPECT_EQ(again->body, "");
  }
}

TEST(Pages, WhatABrowserMayDoWithThem) {
  const auto page = page_of(kAssets, request("/"));
  const auto script = page_of(kAssets, request("/assets/main-1.js"));
  ASSERT_TRUE(page && script);
  EXPECT_EQ(header(*page, "Cache-Control"), "no-cache");
  EXPECT_EQ(header(*script, "Cache-Control"), "public, max-age=31536000, immutable");
  const std::string policy = header(*page, "Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self';")) << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos) << policy;
  EXPECT_EQ(header(*page, "Referrer-Policy"), "no-referrer");
}

}  // namespace
}  // namespace lockstep::serve
