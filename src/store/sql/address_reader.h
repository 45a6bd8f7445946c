// Addresses of many rows, of which one mostly has that of the row before.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"

namespace lockstep {

class AddressReader {
 public:
  std::optional<IpAddress> read(std::string_view text) {
    if (address_ && text_ == text) return address_;
    const Result<IpAddress> parsed = IpAddress::parse(text);
    if (!parsed) return std::nullopt;
    text_ = text;
    address_ = *parsed;
    return address_;
  }

 private:
  std::string text_;
  std::optional<IpAddress> address_;
};

}  // namespace lockstep
