// What says where a MariaDB server is, and how to get in: whatever the bytes of a URL or an option
// file, an error is fit for a terminal, and a password is no longer than what it was read from.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/sql/mariadb_url.h"
#include "store/sql/option_file.h"

namespace {

void check_message(const lockstep::Error& error) {
  const std::string& message = error.message();
  const bool printable = std::ranges::all_of(
      message, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  if (!printable || message.size() > 1000) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLargest = 4096;
  if (size > kLargest) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto password = lockstep::password_in(text);
  if (password && password->size() > size) std::abort();
  // It would name files to be read, and so would a home.
  if (text.find("defaults") != text.npos || text.find('%') != text.npos) return 0;
  unsetenv("HOME");
  if (!lockstep::is_mariadb_url(text)) return 0;
  const auto target = lockstep::parse_mariadb_url(text);
  if (!target) {
    check_message(target.error());
    return 0;
  }
  const auto words = lockstep::connect_string(*target);
  if (!words) check_message(words.error());
  return 0;
}
