#include "inventory/resolver.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "base/text.h"

namespace lockstep {
namespace {

using Addresses = Result<std::vector<IpAddress>>;

/// One run of resolve_names(), owned by its threads and its caller together.
class Run {
 public:
  Run(std::vector<std::string> names, Lookup lookup)
      : names_(std::move(names)), lookup_(std::move(lookup)), results_(names_.size()) {}

  /// The body of each thread.
  void work() {
    for (std::size_t i = next_++; i < names_.size() && !abandoned_; i = next_++) {
      Addresses result = lookup_(names_[i]);
      const std::lock_guard lock(mutex_);
      results_[i] = std::move(result);
      if (++done_ == names_.size()) all_done_.notify_all();
    }
  }

  /// Waits for all results until the time is up. `workers` is how many threads there are.
  std::map<std::string, Addresses> collect(std::chrono::steady_clock::time_point deadline,
                                           std::size_t workers) {
    std::unique_lock lock(mutex_);
    if (workers > 0) {
      all_done_.wait_until(lock, deadline, [this] { return done_ == names_.size(); });
    }
    abandoned_ = true;
    const Error missing = workers > 0
                              ? Error(ErrorKind::unavailable, "timed out")
                              : Error(ErrorKind::unavailable, "cannot start a thread to resolve");
    std::map<std::string, Addresses> collected;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      collected.emplace(
          names_[i], results_[i] ? std::move(*results_[i]) : Addresses(std::unexpected(missing)));
    }
    return collected;
  }

 private:
  const std::vector<std::string> names_;
  const Lookup lookup_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> abandoned_ = false;
  std::mutex mutex_;
  std::condition_variable all_done_;
  std::vector<std::optional<Addresses>> results_;  // guarded by mutex_
  std::size_t done_ = 0;                           // guarded by mutex_
};

/// How many of the threads wanted could be started.
std::size_t start(const std::shared_ptr<Run>& run, std::size_t wanted) {
  for (std::size_t started = 0; started < wanted; ++started) {
    try {
      std::thread([run] { run->work(); }).detach();
    } catch (const std::system_error&) {
      return started;
    }
  }
  return wanted;
}

std::optional<IpAddress> address_of(const addrinfo& info) {
  if (info.ai_family == AF_INET && info.ai_addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in four{};
    std::memcpy(&four, info.ai_addr, sizeof four);
    return IpAddress::v4(ntohl(four.sin_addr.s_addr));
  }
  if (info.ai_family == AF_INET6 && info.ai_addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 six{};
    std::memcpy(&six, info.ai_addr, sizeof six);
    if (six.sin6_scope_id != 0) return std::nullopt;
    IpAddress::V6Bytes bytes{};
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    return IpAddress::v6(bytes);
  }
  return std::nullopt;
}

Error lookup_error(int code) {
  if (code == EAI_NONAME || code == EAI_NODATA) return {ErrorKind::not_found, "not found"};
  if (code == EAI_AGAIN) return {ErrorKind::unavailable, "the name server does not answer"};
  return {ErrorKind::unavailable, fmt::format("the resolver failed: {}", gai_strerror(code))};
}

Addresses look_up(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // else each address comes once a socket type
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(name.c_str(), nullptr, &hints, &found); code != 0) {
    return std::unexpected(lookup_error(code));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<IpAddress> result;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    if (const auto address = address_of(*info)) result.push_back(*address);
  }
  return result;
}

void sort_unique(std::vector<IpAddress>& addresses) {
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
}

}  // namespace

Lookup system_lookup() {
  return look_up;
}

std::map<std::string, Addresses> resolve_names(std::span<const std::string> names,
                                               const Lookup& lookup,
                                               const ResolverOptions& options) {
  if (names.empty()) return {};
  const auto deadline = std::chrono::steady_clock::now() + options.time_limit;
  std::vector<std::string> unique(names.begin(), names.end());
  std::ranges::sort(unique);
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  const std::size_t wanted = std::clamp<std::size_t>(options.threads, 1, unique.size());
  const auto run = std::make_shared<Run>(std::move(unique), lookup);
  const std::size_t workers = start(run, wanted);
  std::map<std::string, Addresses> results = run->collect(deadline, workers);
  for (auto& [name, result] : results) {
    if (!result) continue;
    sort_unique(*result);
    if (result->empty()) result = fail(ErrorKind::not_found, "not found");
  }
  return results;
}

std::vector<UnresolvedNode> resolve_nodes(Inventory& inventory, const Lookup& lookup,
                                          const ResolverOptions& options) {
  std::vector<std::string> names;
  for (const auto& [name, node] : inventory.nodes) {
    if (node.addresses.empty()) names.push_back(name);
  }
  std::vector<UnresolvedNode> unresolved;
  for (auto& [name, result] : resolve_names(names, lookup, options)) {
    if (!result) {
      unresolved.push_back({name, result.error()});
      continue;
    }
    for (const IpAddress& address : *result) {
      inventory.nodes.at(name).addresses.push_back({address, ""});
    }
  }
  return unresolved;
}

}  // namespace lockstep
