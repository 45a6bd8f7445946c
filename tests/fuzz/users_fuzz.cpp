// A user's own files of probes and fingerprints, and what strangers say to fingerprints: whatever
// the bytes, the parsers, the parts of answers and the recognizer return, and what they tell is fit
// for a terminal. The first byte says which.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "services/matcher.h"
#include "services/probe_file.h"
#include "services/recog/answer_part.h"
#include "services/recog/recog_file.h"
#include "services/recog/recognizer.h"
#include "services/users/user_set.h"

namespace {

using namespace lockstep;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_sound(const Service& service) {
  for (const std::string* text : {&service.product, &service.version, &service.info,
                                  &service.hostname, &service.system, &service.device}) {
    if (!is_printable(*text) || text->size() > services::kMostFieldBytes) return false;
  }
  return true;
}

constexpr const char* kAnswers[] = {
    "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "220 ftp.lab ready\r\n", "* OK [CAPABILITY] ready\r\n",
    "HTTP/1.1 200 OK\r\nServer: Web/1 (Unix)\r\nSet-Cookie: a=1\r\n\r\n<title>x</title>"};
constexpr const char* kServices[] = {"ssh", "ftp", "imap", "http"};

bool refines_soundly(services::Recognizer& recognizer, std::string_view service,
                     std::string_view answer) {
  services::Match match;
  match.service.name = service;
  match.service.product = "kept";
  recognizer.refine(answer, match);
  const bool kept = match.service.name == service && match.service.product == "kept";
  match.service.product.clear();
  recognizer.refine(answer, match);
  return kept && is_sound(match.service);
}

bool try_recog(std::string_view text) {
  auto file = services::parse_recog_file(text, "x");
  if (!file) return file.error().message().starts_with("x:");
  // A pattern of a user is compiled too, but few, so that a run is quick.
  if (file->fingerprints.size() > 8) return true;
  std::vector<services::RecogFile> files;
  files.push_back(std::move(*file));
  services::Recognizer recognizer(std::move(files));
  recognizer.make_filter({});
  for (std::size_t i = 0; i < std::size(kAnswers); ++i) {
    if (!refines_soundly(recognizer, kServices[i], kAnswers[i])) return false;
  }
  return true;
}

std::unique_ptr<services::Recognizer> takes_everything() {
  std::vector<services::RecogFile> files;
  for (const char* matches :
       {"ssh.banner", "ftp.banner", "nntp.banner", "pop3.banner", "telnet.banner", "mysql.banners",
        "mysql.error", "http_header.server", "html_title", "sip_header.server"}) {
    services::RecogFile file;
    file.matches = matches;
    services::Fingerprint fingerprint;
    fingerprint.signature.pattern = "(?m)^(.*)$";
    for (const char* name : {"service.product", "service.version", "os.product", "host.name"}) {
      fingerprint.params.push_back({.group = 1, .name = name, .value = {}});
    }
    file.fingerprints.push_back(std::move(fingerprint));
    files.push_back(std::move(file));
  }
  auto recognizer = std::make_unique<services::Recognizer>(std::move(files));
  recognizer->make_filter({});
  return recognizer;
}

bool try_answer(std::string_view answer) {
  static const std::unique_ptr<services::Recognizer> recognizer = takes_everything();
  for (const char* service : {"ssh", "ftp", "nntp", "pop3", "telnet", "mysql", "http", "sip"}) {
    if (!refines_soundly(*recognizer, service, answer)) return false;
  }
  return true;
}

bool try_probes(std::string_view text) {
  services::ProbeSet set;
  if (!services::parse_probe_file("Probe TCP NULL q||\nmatch ssh m|^SSH|\n", set)) std::abort();
  const auto parsed = services::parse_own_probe_file(text, "x", set);
  if (!parsed) return parsed.error().message().starts_with("x:") && set.files.size() == 1;
  // What was there is still there, and last.
  const services::ServiceProbe* const first = set.find(Protocol::tcp, services::kListening);
  return first != nullptr && first->signatures.back().pattern == "^SSH" &&
         first->signatures.back().file == 0;
}

bool try_set(std::string_view bytes) {
  const auto decoded = services::decode(std::as_bytes(std::span(bytes)));
  if (!decoded) return true;
  const auto again = services::decode(services::encode(*decoded));
  return again && *again == *decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLargest = 16384;
  if (size == 0 || size > kLargest) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool good = data[0] % 4 == 0   ? try_recog(rest)
                    : data[0] % 4 == 1 ? try_answer(rest)
                    : data[0] % 4 == 2 ? try_probes(rest)
                                       : try_set(rest);
  if (!good) std::abort();
  return 0;
}
