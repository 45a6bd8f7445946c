// The user interface as browsers fetch it: files that were built with the program, compressed
// beforehand, under a policy that lets a page do nothing but show itself and ask us.

#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "serve/http/message.h"

namespace lockstep::serve {

/// A file of the user interface. Borrowed: it is part of the program.
struct Asset {
  std::string_view path;    ///< "index.html", "assets/index-Br2JpC1.js"
  std::string_view type;    ///< "text/javascript"
  std::string_view tag;     ///< tells one content from another
  std::string_view plain;   ///< the file
  std::string_view gzip;    ///< the same, compressed; empty: that would be no shorter
  std::string_view brotli;  ///< likewise
};

/// What a browser gets for `request`: a file; for the address of a view, the page that shows it.
/// Nothing: the request is about something else, such as the API. Thread-safe.
///
/// Names of files below assets/ change with their content, so that browsers may keep them for ever;
/// the page itself is asked for anew each time.
std::optional<HttpResponse> page_of(std::span<const Asset> assets, const HttpRequest& request);

}  // namespace lockstep::serve
