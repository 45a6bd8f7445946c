// [http]: the API over HTTP.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "app/toml_reader.h"

namespace lockstep {

struct HttpConfig {
  std::string address{};  ///< to listen at; empty: there is no API over HTTP
  std::uint16_t port = 0;
  std::string certificate{};  ///< a PEM file; empty: no TLS, which loopback alone may go without
  std::string key{};
  bool open_metrics = false;                            ///< /metrics without a token
  std::chrono::seconds session{std::chrono::hours(8)};  ///< that nothing is asked by ends

  bool enabled() const { return !address.empty(); }
  friend bool operator==(const HttpConfig&, const HttpConfig&) = default;
};

void read_http_table(TomlReader& root, HttpConfig& http);

}  // namespace lockstep
