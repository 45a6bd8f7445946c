// HTTP and mail, by libcurl, which stays in the .cpp: certificates are verified, redirects are not
// followed, and no error tells more of a URL than its host.

#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lockstep::notify {

/// Where to send to, and as whom.
struct Endpoint {
  std::string url{};            ///< may itself be a secret
  std::string ca_file{};        ///< certificates to trust instead of the system's; empty: those
  std::string user{};           ///< empty: none
  std::string password_file{};  ///< of the user
  std::string token_file{};     ///< a bearer token
  std::chrono::milliseconds timeout{15'000};
};

struct HttpRequest {
  std::string body{};                  ///< empty: GET
  std::vector<std::string> headers{};  ///< "Name: value", made by us
};

struct HttpAnswer {
  long status = 0;
  std::string text{};  ///< the beginning of what it said
  std::optional<std::chrono::seconds> retry_after{};
};

struct Mail {
  std::string from{};
  std::vector<std::string> to{};
  std::string text{};        ///< headers and body, lines that end in CRLF
  bool must_encrypt = true;  ///< STARTTLS, where the URL is not smtps already
};

/// Errors: `unavailable` where nothing was heard; `denied` where a secret cannot be read or the
/// other side's certificate is not good.
Result<HttpAnswer> http(const Endpoint& endpoint, const HttpRequest& request,
                        const std::atomic<bool>& stop);

/// Returns what the server said last where it did not take the mail; 0: it did.
struct MailAnswer {
  bool taken = false;
  long status = 0;  ///< of SMTP; 0: it said none
  std::string problem{};
};
Result<MailAnswer> send_mail(const Endpoint& endpoint, const Mail& mail,
                             const std::atomic<bool>& stop);

/// Sends bytes through a connection that is closed afterwards: over TLS, where the URL is "https".
/// Without TLS it returns once the other side has read all of them and closed too.
Result<void> send_bytes(const Endpoint& endpoint, std::string_view bytes,
                        const std::atomic<bool>& stop);

/// "https://host:port" of a URL; all else of it may be a secret.
std::string place_of(const std::string& url);

}  // namespace lockstep::notify
