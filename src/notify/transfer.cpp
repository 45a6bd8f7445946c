#include "notify/transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

#include "base/text.h"
#include "notify/backoff.h"
#include "notify/message.h"
#include "notify/secret_file.h"

namespace lockstep::notify {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostAnswer = 4096;
constexpr long kConnectMs = 5000;
constexpr milliseconds kClose(3000);
constexpr milliseconds kSlice(100);

struct FreeEasy {
  void operator()(CURL* curl) const { ::curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using List = std::unique_ptr<curl_slist, FreeList>;

void append(List& list, const std::string& text) {
  curl_slist* const longer = ::curl_slist_append(list.get(), text.c_str());
  if (longer == nullptr) return;
  std::ignore = list.release();
  list.reset(longer);
}

std::size_t keep_answer(char* data, std::size_t size, std::size_t count, void* user) {
  auto& text = *static_cast<std::string*>(user);
  const std::size_t bytes = size * count;
  text.append(data, std::min(bytes, kMostAnswer - std::min(text.size(), kMostAnswer)));
  return bytes;
}

int may_go_on(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<const std::atomic<bool>*>(user) ? 1 : 0;
}

struct Upload {
  std::string_view rest;
};

std::size_t give_mail(char* data, std::size_t size, std::size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const std::size_t bytes = std::min(size * count, upload.rest.size());
  std::memcpy(data, upload.rest.data(), bytes);
  upload.rest.remove_prefix(bytes);
  return bytes;
}

/// A transfer with what all of them share. What it borrows must outlive it.
class Transfer {
 public:
  static Result<Transfer> make(const Endpoint& endpoint, const char* protocols,
                               const std::atomic<bool>& stop) {
    static std::once_flag once;
    std::call_once(once, [] { ::curl_global_init(CURL_GLOBAL_DEFAULT); });
    Transfer transfer;
    transfer.easy_.reset(::curl_easy_init());
    if (!transfer.easy_) return fail(ErrorKind::unavailable, "libcurl does not start");
    transfer.place_ = place_of(endpoint.url);
    transfer.set(CURLOPT_URL, endpoint.url.c_str());
    transfer.set(CURLOPT_PROTOCOLS_STR, protocols);
    transfer.set(CURLOPT_NOSIGNAL, 1L);
    transfer.set(CURLOPT_FOLLOWLOCATION, 0L);
    transfer.set(CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
    transfer.set(CURLOPT_TIMEOUT_MS, static_cast<long>(endpoint.timeout.count()));
    transfer.set(CURLOPT_SSL_VERIFYPEER, 1L);
    transfer.set(CURLOPT_SSL_VERIFYHOST, 2L);
    transfer.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    transfer.set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    if (!endpoint.ca_file.empty()) {
      transfer.set(CURLOPT_CAINFO, endpoint.ca_file.c_str());
      transfer.set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
    }
    transfer.set(CURLOPT_NOPROGRESS, 0L);
    transfer.set(CURLOPT_XFERINFOFUNCTION, may_go_on);
    transfer.set(CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&stop));
    if (!endpoint.user.empty()) {
      LOCKSTEP_TRY(const std::string password, read_secret(endpoint.password_file));
      transfer.set(CURLOPT_USERNAME, endpoint.user.c_str());
      transfer.set(CURLOPT_PASSWORD, password.c_str());
    }
    return transfer;
  }

  template <typename T>
  void set(CURLoption option, T value) {
    ::curl_easy_setopt(easy_.get(), option, value);
  }

  CURLcode perform() { return ::curl_easy_perform(easy_.get()); }

  long status() const {
    long code = 0;
    ::curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &code);
    return code;
  }

  curl_socket_t socket() const {
    curl_socket_t found = CURL_SOCKET_BAD;
    ::curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &found);
    return found;
  }

  /// libcurl's own words name no more than the host either.
  Error error(CURLcode code) const {
    const bool denied = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
    return {denied ? ErrorKind::denied : ErrorKind::unavailable,
            fmt::format("{}: {}", place_, ::curl_easy_strerror(code))};
  }

  std::optional<std::string> header(const char* name) const {
    curl_header* found = nullptr;
    const CURLHcode code = ::curl_easy_header(easy_.get(), name, 0, CURLH_HEADER, -1, &found);
    if (code != CURLHE_OK) return std::nullopt;
    return std::string(found->value);
  }

  CURL* get() const { return easy_.get(); }
  const std::string& place() const { return place_; }

 private:
  Easy easy_;
  std::string place_;
};

Result<void> send_all(const Transfer& transfer, std::string_view bytes,
                      const std::atomic<bool>& stop, milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const CURLcode code = ::curl_easy_send(transfer.get(), bytes.data(), bytes.size(), &sent);
    bytes.remove_prefix(std::min(sent, bytes.size()));
    if (code == CURLE_OK) continue;
    if (code != CURLE_AGAIN) return std::unexpected(transfer.error(code));
    if (stop || std::chrono::steady_clock::now() > end) {
      return std::unexpected(transfer.error(CURLE_OPERATION_TIMEDOUT));
    }
    pollfd waiting{.fd = transfer.socket(), .events = POLLOUT, .revents = 0};
    ::poll(&waiting, 1, static_cast<int>(kSlice.count()));
  }
  return {};
}

/// Who has read to our end closes his own: what was on its way when he died is not taken for read.
Result<void> wait_for_close(const Transfer& transfer, const std::atomic<bool>& stop) {
  ::shutdown(transfer.socket(), SHUT_WR);
  const auto end = std::chrono::steady_clock::now() + kClose;
  while (!stop && std::chrono::steady_clock::now() < end) {
    pollfd waiting{.fd = transfer.socket(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(kSlice.count())) <= 0) continue;
    char byte = 0;
    const ssize_t got = ::recv(transfer.socket(), &byte, 1, MSG_DONTWAIT);
    if (got == 0) return {};
    if (got < 0 && errno != EAGAIN && errno != EINTR) {
      return std::unexpected(system_error(errno, transfer.place()));
    }
  }
  return fail(ErrorKind::unavailable, transfer.place() + ": it does not say that it read all");
}

}  // namespace

std::string place_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return "the URL";
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  std::string host = url.substr(begin, end - begin);
  host.erase(0, host.rfind('@') + 1);
  return harmless(url.substr(0, begin) + host, 200);
}

Result<HttpAnswer> http(const Endpoint& endpoint, const HttpRequest& request,
                        const std::atomic<bool>& stop) {
  LOCKSTEP_TRY(Transfer transfer, Transfer::make(endpoint, "http,https", stop));
  List headers;
  for (const std::string& header : request.headers) append(headers, header);
  append(headers, "User-Agent: lockstep");
  append(headers, "Expect:");
  if (!endpoint.token_file.empty()) {
    LOCKSTEP_TRY(const std::string token, read_secret(endpoint.token_file));
    append(headers, "Authorization: Bearer " + token);
  }
  transfer.set(CURLOPT_HTTPHEADER, headers.get());
  if (!request.body.empty()) {
    transfer.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    transfer.set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
  HttpAnswer answer;
  transfer.set(CURLOPT_WRITEFUNCTION, keep_answer);
  transfer.set(CURLOPT_WRITEDATA, &answer.text);
  if (const CURLcode code = transfer.perform(); code != CURLE_OK) {
    return std::unexpected(transfer.error(code));
  }
  answer.status = transfer.status();
  if (const auto after = transfer.header("Retry-After")) {
    answer.retry_after = parse_retry_after(after->c_str(), std::chrono::system_clock::now());
  }
  return answer;
}

Result<MailAnswer> send_mail(const Endpoint& endpoint, const Mail& mail,
                             const std::atomic<bool>& stop) {
  LOCKSTEP_TRY(Transfer transfer, Transfer::make(endpoint, "smtp,smtps", stop));
  List recipients;
  for (const std::string& to : mail.to) append(recipients, "<" + to + ">");
  const std::string from = "<" + mail.from + ">";
  Upload upload{mail.text};
  std::string answer;
  transfer.set(CURLOPT_USE_SSL,
               static_cast<long>(mail.must_encrypt ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  transfer.set(CURLOPT_MAIL_FROM, from.c_str());
  transfer.set(CURLOPT_MAIL_RCPT, recipients.get());
  transfer.set(CURLOPT_UPLOAD, 1L);
  transfer.set(CURLOPT_READFUNCTION, give_mail);
  transfer.set(CURLOPT_READDATA, &upload);
  transfer.set(CURLOPT_WRITEFUNCTION, keep_answer);
  transfer.set(CURLOPT_WRITEDATA, &answer);
  const CURLcode code = transfer.perform();
  if (code == CURLE_OK) return MailAnswer{.taken = true, .status = transfer.status()};
  const long status = transfer.status();
  if (status < 400) return std::unexpected(transfer.error(code));
  return MailAnswer{
      .taken = false,
      .status = status,
      .problem = fmt::format("{}: {} ({})", transfer.place(), ::curl_easy_strerror(code), status)};
}

Result<void> send_bytes(const Endpoint& endpoint, std::string_view bytes,
                        const std::atomic<bool>& stop) {
  LOCKSTEP_TRY(Transfer transfer, Transfer::make(endpoint, "http,https", stop));
  transfer.set(CURLOPT_CONNECT_ONLY, 1L);
  transfer.set(CURLOPT_PROXY, "");
  // No word of HTTP is said, and none of it is to be agreed on.
  transfer.set(CURLOPT_SSL_ENABLE_ALPN, 0L);
  if (const CURLcode code = transfer.perform(); code != CURLE_OK) {
    return std::unexpected(transfer.error(code));
  }
  LOCKSTEP_CHECK(send_all(transfer, bytes, stop, endpoint.timeout));
  // TLS has no end of one direction that libcurl would send.
  if (endpoint.url.starts_with("https:")) return {};
  return wait_for_close(transfer, stop);
}

}  // namespace lockstep::notify
