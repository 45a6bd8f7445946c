#include "serve/http/compression.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>

namespace lockstep::serve {
namespace {

std::string unpacked(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string input = packed;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  std::string text;
  int status = Z_OK;
  while (status == Z_OK) {
    std::array<char, 4096> part{};
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = part.size();
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(part.data(), part.size() - stream.avail_out);
  }
  EXPECT_EQ(status, Z_STREAM_END);
  inflateEnd(&stream);
  return text;
}

TEST(Compression, ComesBack) {
  std::string mixed;
  for (unsigned i = 0; i < 100'000; ++i) mixed += static_cast<char>(i * i >> 7);
  for (const std::string& text :
       {std::string(), std::string("x"), std::string(100'000, 'a'), mixed}) {
    for (const GzipEffort effort : {GzipEffort::least, GzipEffort::usual}) {
      EXPECT_EQ(unpacked(gzip(text, effort)), text);
    }
  }
  EXPECT_LT(gzip(std::string(100'000, 'a'), GzipEffort::least).size(), 1000U);
}

TEST(Compression, IsTakenByWhoSaysSo) {
  const struct {
    const char* header;
    bool takes;
  } kRows[] = {
      {"", false},
      {"gzip", true},
      {"GZip", true},
      {"gzip, deflate, br, zstd", true},
      {"br;q=1.0 , gzip;q=0.5", true},
      {"*", true},
      {"identity", false},
      {"gzip;q=0", false},
      {"gzip; q=0.000, br", false},
      {"gzipx", false},
      {"x,,;=,", false},
  };
  for (const auto& row : kRows) EXPECT_EQ(takes_gzip(row.header), row.takes) << row.header;
}

}  // namespace
}  // namespace lockstep::serve
