#include "store/audit_chain.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <chrono>
#include <cstdlib>

namespace lockstep {
namespace {

/// Its length is told first, so that no two lists of texts look alike.
void append(std::string& bytes, std::string_view text) {
  bytes += fmt::format("{}:", text.size());
  bytes += text;
}

std::string sha256(std::string_view bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE] = {};
  unsigned length = 0;
  // Fails only where no memory is left, which ends the program elsewhere too.
  if (EVP_Digest(bytes.data(), bytes.size(), hash, &length, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  std::string text;
  for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", hash[i]);
  return text;
}

}  // namespace

std::string audit_link(std::string_view previous, const AuditEntry& entry) {
  const auto second = std::chrono::floor<std::chrono::seconds>(entry.at).time_since_epoch();
  std::string bytes;
  append(bytes, previous);
  append(bytes, fmt::format("{} {}", entry.id, second.count()));
  for (const std::string* text : {&entry.person, &entry.action, &entry.subject, &entry.detail}) {
    append(bytes, *text);
  }
  return sha256(bytes);
}

AuditChain check_chain(std::span<const AuditEntry> entries) {
  AuditChain chain;
  chain.entries = entries.size();
  const AuditEntry* before = nullptr;
  for (const AuditEntry& entry : entries) {
    const bool must_be_tied = !chain.latest.empty();
    if (!entry.chain.empty()) ++chain.tied;
    // The oldest: what came before it is gone, so that its link cannot be made again.
    const bool holds =
        before == nullptr || (entry.chain.empty() && !must_be_tied) ||
        (entry.id == before->id + 1 && entry.chain == audit_link(before->chain, entry));
    if (!holds && !chain.broken) chain.broken = entry.id;
    chain.latest = entry.chain;
    before = &entry;
  }
  return chain;
}

}  // namespace lockstep
