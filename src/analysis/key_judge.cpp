#include "analysis/key_judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "analysis/service_policy.h"

namespace lockstep {
namespace {

bool is_of_tls(std::string_view type) {
  return type == kCertificateType || type == kPublicKeyType;
}

/// The keys of one type that count for a place.
using KeysByType = std::map<std::string_view, std::set<std::string_view>>;

class KeyJudge {
 public:
  KeyJudge(const JudgeInput& input, const ServicePlaces& places) : input_(input), places_(places) {
    static const KeyPolicies usual;
    policies_ = input.service_policy == nullptr ? &usual : &input.service_policy->keys;
    for (const KnownKey& key : input.known_keys) {
      known_[place_of(key)].push_back(&key);
      const std::set<std::string>& classes = places.classes_of(key.node);
      if (policies_->of(classes) != KeyPolicy::shared) continue;
      shared_[{classes, key.network, key.protocol, key.port}][key.type].insert(key.sha256);
    }
    find_holders();
  }

  KeyVerdict verdict() && {
    for (const auto& [place, seen] : places_.all()) {
      const Node& node = *places_.node(std::get<0>(place));
      for (const ServiceObservation* const each : seen) judge(node, place, *each);
    }
    for (auto& [node, keys] : verdict_.rebuilt) keep_other_places(node, keys);
    std::ranges::sort(verdict_.learned);
    const auto repeated = std::ranges::unique(verdict_.learned);
    verdict_.learned.erase(repeated.begin(), repeated.end());
    return std::move(verdict_);
  }

 private:
  /// Who shows each SSH host key: by what the sweep heard, and elsewhere by what is known.
  void find_holders() {
    for (const auto& [place, seen] : places_.all()) {
      for (const ServiceObservation* const each : seen) {
        for (const ServiceKey& key : each->service.hostkeys) {
          holders_[key.sha256].insert(each->node);
        }
      }
    }
    if (holders_.empty()) return;  // nobody will ask
    for (const KnownKey& key : input_.known_keys) {
      if (!is_of_tls(key.type) && !heard_keys(place_of(key))) holders_[key.sha256].insert(key.node);
    }
  }

  bool heard_keys(const ServicePlace& place) const {
    return std::ranges::any_of(places_.at(place), [](const ServiceObservation* each) {
      return !each->service.hostkeys.empty();
    });
  }

  void judge(const Node& node, const ServicePlace& place, const ServiceObservation& seen) {
    const std::vector<KnownKey> shown = keys_of(seen, input_.now);
    if (shown.empty()) return;
    const KeysByType known = known_at(node, place);
    judge_hostkeys(node, seen, known, shown);
    judge_certificate(node, seen, known, shown);
    judge_sharing(node, seen);
  }

  /// What counts as known there.
  KeysByType known_at(const Node& node, const ServicePlace& place) const {
    KeysByType keys;
    if (const auto found = known_.find(place); found != known_.end()) {
      for (const KnownKey* const key : found->second) keys[key->type].insert(key->sha256);
    }
    if (policies_->of(node.classes) != KeyPolicy::shared) return keys;
    const auto [name, network, protocol, port] = place;
    if (const auto shared = shared_.find({node.classes, network, protocol, port});
        shared != shared_.end()) {
      for (const auto& [type, values] : shared->second) {
        keys[type].insert(values.begin(), values.end());
      }
    }
    return keys;
  }

  static bool knows(const KeysByType& known, const KnownKey& key) {
    const auto found = known.find(key.type);
    return found != known.end() && found->second.contains(key.sha256);
  }

  void judge_hostkeys(const Node& node, const ServiceObservation& seen, const KeysByType& known,
                      const std::vector<KnownKey>& shown) {
    std::vector<std::string> other;  // types of which another key is known
    std::vector<KnownKey> fresh;     // of types of which none is known
    std::size_t keys = 0;
    std::size_t familiar = 0;
    for (const KnownKey& key : shown) {
      if (is_of_tls(key.type)) continue;
      ++keys;
      if (knows(known, key)) {
        ++familiar;
      } else if (known.contains(key.type)) {
        other.push_back(key.type);
      } else {
        fresh.push_back(key);
      }
    }
    if (keys == 0) return;
    const bool knew_any =
        std::ranges::any_of(known, [](const auto& entry) { return !is_of_tls(entry.first); });
    const bool all_new = knew_any && familiar == 0;
    if (other.empty() && !all_new) {
      learn(std::move(fresh));
    } else if (all_new && policies_->of(node.classes) == KeyPolicy::boot) {
      rebuilt(node, seen, shown);
    } else {
      for (const KnownKey& key : fresh) other.push_back(key.type);
      Finding finding = finding_at(input_, FindingKind::hostkey_changed, node, seen);
      finding.detail = fmt::format("not the host key known: {}", fmt::join(other, ", "));
      finding.expected = known_text(known, other);
      findings().push_back(std::move(finding));
    }
  }

  static std::string known_text(const KeysByType& known, const std::vector<std::string>& types) {
    for (const std::string& type : types) {
      const auto found = known.find(type);
      if (found != known.end()) return fmt::format("{}", fmt::join(found->second, " or "));
    }
    return "a key that is known";
  }

  void judge_certificate(const Node& node, const ServiceObservation& seen, const KeysByType& known,
                         const std::vector<KnownKey>& shown) {
    std::vector<KnownKey> fresh;
    const KnownKey* certificate = nullptr;
    const KnownKey* key = nullptr;
    for (const KnownKey& each : shown) {
      if (!is_of_tls(each.type)) continue;
      (each.type == kCertificateType ? certificate : key) = &each;
      if (!knows(known, each)) fresh.push_back(each);
    }
    if (fresh.empty()) return;
    const bool other_key = key != nullptr && known.contains(kPublicKeyType) && !knows(known, *key);
    const bool other_certificate =
        certificate != nullptr && known.contains(kCertificateType) && !knows(known, *certificate);
    if (!other_key && !other_certificate) return learn(std::move(fresh));
    if (policies_->of(node.classes) == KeyPolicy::boot) return rebuilt(node, seen, shown);
    Finding finding = finding_at(input_, FindingKind::certificate_changed, node, seen);
    finding.expected =
        known_text(known, {std::string(other_key ? kPublicKeyType : kCertificateType)});
    if (other_key) {
      finding.detail = "not the TLS key known";
    } else {
      finding.severity = std::min(finding.severity, Severity::low);
      finding.detail = "a new certificate for the same key";
      learn(std::move(fresh));
    }
    findings().push_back(std::move(finding));
  }

  void judge_sharing(const Node& node, const ServiceObservation& seen) {
    for (const ServiceKey& key : seen.service.hostkeys) {
      std::vector<std::string_view> others;
      for (const std::string_view holder : holders_.at(key.sha256)) {
        if (holder == node.name) continue;
        if (policies_->may_share(node.classes, places_.classes_of(holder))) continue;
        others.push_back(holder);
      }
      if (others.empty()) continue;
      Finding finding = finding_at(input_, FindingKind::hostkey_shared, node, seen);
      finding.detail = fmt::format("the same host key on several nodes: {}", key.sha256);
      finding.reason = key.sha256;
      finding.expected = "a key of its own";
      finding.clones = others.size() == 1 ? fmt::format("also on {}", others.front())
                                          : fmt::format("also on {} and {} more", others.front(),
                                                        others.size() - 1);
      findings().push_back(std::move(finding));
      return;  // other types of the same server tell nothing more
    }
  }

  void rebuilt(const Node& node, const ServiceObservation& seen,
               const std::vector<KnownKey>& shown) {
    std::vector<KnownKey>& keys = verdict_.rebuilt[node.name];
    if (keys.empty()) {
      Finding finding = finding_at(input_, FindingKind::node_rebuilt, node, seen);
      finding.protocol.reset();
      finding.port.reset();
      finding.detail = "new keys, as its class may have after a boot";
      findings().push_back(std::move(finding));
    }
    keys.insert(keys.end(), shown.begin(), shown.end());
  }

  /// What is known of other places of a node stays known, unless it was heard as well.
  void keep_other_places(const std::string& node, std::vector<KnownKey>& keys) const {
    std::set<ServicePlace> anew;
    for (const KnownKey& key : keys) anew.insert(place_of(key));
    std::vector<KnownKey> kept;
    for (auto place = known_.lower_bound({node, "", Protocol::tcp, 0});
         place != known_.end() && std::get<0>(place->first) == node; ++place) {
      if (anew.contains(place->first)) continue;
      for (const KnownKey* const key : place->second) kept.push_back(*key);
    }
    keys.insert(keys.end(), kept.begin(), kept.end());
    std::ranges::sort(keys);
    const auto repeated = std::ranges::unique(keys);
    keys.erase(repeated.begin(), repeated.end());
  }

  void learn(std::vector<KnownKey> keys) {
    std::ranges::move(keys, std::back_inserter(verdict_.learned));
  }

  std::vector<Finding>& findings() { return verdict_.findings; }

  const JudgeInput& input_;
  const ServicePlaces& places_;
  const KeyPolicies* policies_ = nullptr;
  std::map<ServicePlace, std::vector<const KnownKey*>> known_;
  std::map<std::tuple<std::set<std::string>, std::string_view, Protocol, Port>, KeysByType> shared_;
  std::map<std::string_view, std::set<std::string_view>> holders_;
  KeyVerdict verdict_;
};

}  // namespace

KeyVerdict judge_keys(const JudgeInput& input, const ServicePlaces& places) {
  if (places.all().empty()) return {};
  return KeyJudge(input, places).verdict();
}

std::vector<KnownKey> keys_of(const ServiceObservation& seen, WallTime since) {
  std::vector<KnownKey> keys;
  const auto add = [&](std::string_view type, const std::string& sha256) {
    keys.push_back({.node = seen.node,
                    .network = seen.network,
                    .protocol = seen.protocol,
                    .port = seen.port,
                    .type = std::string(type),
                    .sha256 = sha256,
                    .since = since});
  };
  for (const ServiceKey& key : seen.service.hostkeys) add(key.type, key.sha256);
  const Service& service = seen.service;
  if (!service.certificate_sha256.empty()) add(kCertificateType, service.certificate_sha256);
  if (!service.public_key_sha256.empty()) add(kPublicKeyType, service.public_key_sha256);
  return keys;
}

}  // namespace lockstep
