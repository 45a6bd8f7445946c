// A message as a mail: RFC 5322, in ASCII whatever the text.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "notify/message.h"

namespace lockstep::notify {

/// An address that goes into a header and an envelope as it is: one "@", no white space, control
/// character, quote or angle bracket.
bool is_mail_address(std::string_view text);

/// Headers and body, lines that end in CRLF. Mails of one cause are one thread. `from` and `to` are
/// addresses.
std::string mail_of(const Message& message, const std::string& from,
                    const std::vector<std::string>& to);

/// RFC 2047: as it is where it is short ASCII, else in words of base64.
std::string encoded_header(std::string_view text);
/// RFC 2045 section 6.7, lines of 76 characters at most that end in CRLF.
std::string quoted_printable(std::string_view text);

}  // namespace lockstep::notify
