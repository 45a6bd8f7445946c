#include "analysis/key_judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "analysis/service_judge.h"
#include "analysis/service_policy.h"

namespace lockstep {
namespace {

bool is_of_tls(std::string_view type) {
  return type == kCertificateType || type == kPublicKeyType;
}

using KeysByType = std::map<std::string_view, std::set<std::string_view>>;

/// So many keys are named in a text; of a class that shares them by mistake, each node has one.
constexpr std::size_t kMostNamed = 3;

/// The keys that count for a place. What the class shares is not copied: it may be long.
struct Known {
  KeysByType own;
  const KeysByType* shared = nullptr;

  bool any(auto&& holds) const { return holds(own) || (shared != nullptr && holds(*shared)); }
  bool has_type(std::string_view type) const {
    return any([&](const KeysByType& keys) { return keys.contains(type); });
  }
  bool has(const KnownKey& key) const {
    return any([&](const KeysByType& keys) {
      const auto found = keys.find(key.type);
      return found != keys.end() && found->second.contains(key.sha256);
    });
  }
  bool has_hostkeys() const {
    return any([](const KeysByType& keys) {
      return std::ranges::any_of(keys, [](const auto& entry) { return !is_of_tls(entry.first); });
    });
  }
  /// "A or B or 7 more"; empty: none is of that type.
  std::string text(std::string_view type) const {
    std::set<std::string_view> named;
    std::size_t all = 0;
    any([&](const KeysByType& keys) {
      const auto found = keys.find(type);
      if (found == keys.end()) return false;
      all = std::max(all, found->second.size());
      for (auto key = found->second.begin();
           key != found->second.end() && named.size() < kMostNamed; ++key) {
        named.insert(*key);
      }
      return false;
    });
    if (all <= named.size()) return fmt::format("{}", fmt::join(named, " or "));
    return fmt::format("{} or {} more", fmt::join(named, " or "), all - named.size());
  }
};

/// Who shows a key, by classes: of clones that all show the same, each asks for the others.
struct ByContent {
  bool operator()(const std::set<std::string>* a, const std::set<std::string>* b) const {
    return *a < *b;
  }
};
using Holders = std::map<const std::set<std::string>*, std::set<std::string_view>, ByContent>;

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
    find_agreed();
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
  using Clones = std::tuple<std::set<std::string>, std::string_view, Protocol, Port>;

  /// Of classes that share keys of which none is known yet: what nearly all of their nodes show, so
  /// that the first look does not make an impostor's key the class's.
  void find_agreed() {
    std::map<Clones, std::map<std::string_view, std::map<std::string_view, std::size_t>>> shown;
    for (const auto& [place, seen] : places_.all()) {
      const auto& [name, network, protocol, port] = place;
      const std::set<std::string>& classes = places_.node(name)->classes;
      if (policies_->of(classes) != KeyPolicy::shared) continue;
      for (const ServiceObservation* const each : seen) {
        if (each->service.doubt != ServiceDoubt::none) continue;
        for (const ServiceKey& key : each->service.hostkeys) {
          ++shown[{classes, network, protocol, port}][key.type][key.sha256];
        }
      }
    }
    for (const auto& [clones, types] : shown) {
      for (const auto& [type, keys] : types) {
        std::size_t all = 0;
        auto most = keys.begin();
        for (auto key = keys.begin(); key != keys.end(); ++key) {
          all += key->second;
          if (key->second > most->second) most = key;
        }
        const bool agree =
            all >= kLeastVersions && most->second * 100 >= all * kVersionConsensusPercent;
        if (agree) agreed_[{clones, type}] = most->first;
      }
    }
  }

  /// Empty: they do not agree, or keys are not shared.
  std::string_view agreed(const Node& node, const KnownKey& key) const {
    if (agreed_.empty()) return {};
    const auto found =
        agreed_.find({{node.classes, key.network, key.protocol, key.port}, key.type});
    return found == agreed_.end() ? std::string_view() : found->second;
  }

  /// A node that was renamed keeps its key, and what is known of its old name stays.
  bool is_of_cluster(const std::string& node) const {
    return places_.node(node) != nullptr || input_.inventory == nullptr ||
           input_.inventory->nodes.contains(node);
  }

  /// Who shows each SSH host key: by what the sweep heard, and elsewhere by what is known, and by
  /// the latest look, which an impostor may have answered.
  void find_holders() {
    for (const auto& [place, seen] : places_.all()) {
      const Node* const node = places_.node(std::get<0>(place));
      for (const ServiceObservation* const each : seen) {
        for (const ServiceKey& key : each->service.hostkeys) {
          holders_[key.sha256][&node->classes].insert(each->node);
        }
      }
    }
    if (holders_.empty()) return;  // nobody will ask
    for (const KnownKey& key : input_.known_keys) {
      if (is_of_tls(key.type) || !is_of_cluster(key.node) || heard_keys(place_of(key))) continue;
      holders_[key.sha256][&places_.classes_of(key.node)].insert(key.node);
    }
    std::map<ServicePlace, WallTime> latest;
    std::vector<const ServiceFact*> elsewhere;
    for (const ServiceFact& fact : input_.service_facts) {
      const bool counts = !fact.seen.service.hostkeys.empty() && is_of_cluster(fact.seen.node) &&
                          !heard_keys(place_of(fact.seen));
      if (!counts) continue;
      elsewhere.push_back(&fact);
      WallTime& asked = latest[place_of(fact.seen)];
      asked = std::max(asked, fact.asked);
    }
    for (const ServiceFact* const fact : elsewhere) {
      // What the node showed at an address that it had before is somebody else's now.
      if (fact->asked < latest.at(place_of(fact->seen))) continue;
      for (const ServiceKey& key : fact->seen.service.hostkeys) {
        holders_[key.sha256][&places_.classes_of(fact->seen.node)].insert(fact->seen.node);
      }
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
    const Known known = known_at(node, place);
    judge_hostkeys(node, seen, known, shown);
    judge_certificate(node, seen, known, shown);
    judge_sharing(node, seen);
  }

  /// What counts as known there.
  Known known_at(const Node& node, const ServicePlace& place) const {
    Known keys;
    if (const auto found = known_.find(place); found != known_.end()) {
      for (const KnownKey* const key : found->second) keys.own[key->type].insert(key->sha256);
    }
    if (policies_->of(node.classes) != KeyPolicy::shared) return keys;
    const auto [name, network, protocol, port] = place;
    const auto shared = shared_.find({node.classes, network, protocol, port});
    if (shared != shared_.end()) keys.shared = &shared->second;
    return keys;
  }

  void judge_hostkeys(const Node& node, const ServiceObservation& seen, const Known& known,
                      const std::vector<KnownKey>& shown) {
    std::vector<std::string> other;  // types of which another key is known
    std::vector<KnownKey> fresh;     // of types of which none is known
    std::string_view of_clones;
    std::size_t keys = 0;
    std::size_t familiar = 0;
    for (const KnownKey& key : shown) {
      if (is_of_tls(key.type)) continue;
      ++keys;
      if (known.has(key)) {
        ++familiar;
      } else if (known.has_type(key.type)) {
        other.push_back(key.type);
      } else if (const std::string_view theirs = agreed(node, key);
                 !theirs.empty() && theirs != key.sha256) {
        of_clones = theirs;
        other.push_back(key.type);
      } else {
        fresh.push_back(key);
      }
    }
    if (keys == 0) return;
    const bool all_new = known.has_hostkeys() && familiar == 0;
    if (other.empty() && !all_new) {
      learn(seen, std::move(fresh));
    } else if (all_new && may_be_rebuilt(node, seen)) {
      rebuilt(node, seen, shown);
    } else {
      for (const KnownKey& key : fresh) other.push_back(key.type);
      Finding finding = finding_at(input_, FindingKind::hostkey_changed, node, seen);
      finding.detail = fmt::format("not the host key known: {}", fmt::join(other, ", "));
      finding.expected = of_clones.empty() ? known_text(known, other) : std::string(of_clones);
      finding.clones = shown_text(shown, other.front());
      findings().push_back(std::move(finding));
    }
  }

  static std::string known_text(const Known& known, const std::vector<std::string>& types) {
    for (const std::string& type : types) {
      if (std::string text = known.text(type); !text.empty()) return text;
    }
    return "a key that is known";
  }

  static std::string shown_text(const std::vector<KnownKey>& shown, std::string_view type) {
    const auto key = std::ranges::find(shown, type, &KnownKey::type);
    return key == shown.end() ? "" : fmt::format("it shows {}", key->sha256);
  }

  bool may_be_rebuilt(const Node& node, const ServiceObservation& seen) const {
    return seen.service.doubt == ServiceDoubt::none &&
           policies_->of(node.classes) == KeyPolicy::boot;
  }

  void judge_certificate(const Node& node, const ServiceObservation& seen, const Known& known,
                         const std::vector<KnownKey>& shown) {
    std::vector<KnownKey> fresh;
    const KnownKey* certificate = nullptr;
    const KnownKey* key = nullptr;
    for (const KnownKey& each : shown) {
      if (!is_of_tls(each.type)) continue;
      (each.type == kCertificateType ? certificate : key) = &each;
      if (!known.has(each)) fresh.push_back(each);
    }
    if (fresh.empty()) return;
    const bool same_key = key != nullptr && known.has(*key);
    const bool other_certificate =
        certificate != nullptr && known.has_type(kCertificateType) && !known.has(*certificate);
    const bool other_key =
        !same_key && ((key != nullptr && known.has_type(kPublicKeyType)) || other_certificate);
    if (!other_key && !other_certificate) return learn(seen, std::move(fresh));
    if (may_be_rebuilt(node, seen)) return rebuilt(node, seen, shown);
    Finding finding = finding_at(input_, FindingKind::certificate_changed, node, seen);
    finding.expected =
        known_text(known, {std::string(other_key ? kPublicKeyType : kCertificateType)});
    finding.clones = shown_text(shown, other_key ? kPublicKeyType : kCertificateType);
    if (other_key) {
      finding.detail = "not the TLS key known";
    } else {
      finding.severity = std::min(finding.severity, Severity::low);
      finding.detail = "a new certificate for the same key";
      learn(seen, std::move(fresh));
    }
    findings().push_back(std::move(finding));
  }

  void judge_sharing(const Node& node, const ServiceObservation& seen) {
    for (const ServiceKey& key : seen.service.hostkeys) {
      std::size_t others = 0;
      std::string_view first;
      for (const auto& [classes, holders] : holders_.at(key.sha256)) {
        if (policies_->may_share(node.classes, *classes)) continue;
        others += holders.size() - holders.count(node.name);
        auto other = holders.begin();
        if (*other == node.name) ++other;
        if (other != holders.end() && (first.empty() || *other < first)) first = *other;
      }
      if (others == 0) continue;
      Finding finding = finding_at(input_, FindingKind::hostkey_shared, node, seen);
      finding.detail = fmt::format("the same host key on several nodes: {}", key.sha256);
      finding.reason = key.sha256;
      finding.expected = "a key of its own";
      finding.clones = others == 1 ? fmt::format("also on {}", first)
                                   : fmt::format("also on {} and {} more", first, others - 1);
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

  /// What is known of other places of a node stays known, unless it was heard as well; so does what
  /// another address of a place shows still.
  void keep_other_places(const std::string& node, std::vector<KnownKey>& keys) const {
    std::set<ServicePlace> anew;
    for (const KnownKey& key : keys) anew.insert(place_of(key));
    std::vector<KnownKey> kept;
    for (auto place = known_.lower_bound({node, "", Protocol::tcp, 0});
         place != known_.end() && std::get<0>(place->first) == node; ++place) {
      const bool heard_anew = anew.contains(place->first);
      for (const KnownKey* const key : place->second) {
        if (!heard_anew || is_shown(place->first, *key)) kept.push_back(*key);
      }
    }
    keys.insert(keys.end(), kept.begin(), kept.end());
    std::ranges::sort(keys);
    const auto repeated = std::ranges::unique(keys);
    keys.erase(repeated.begin(), repeated.end());
  }

  bool is_shown(const ServicePlace& place, const KnownKey& known) const {
    return std::ranges::any_of(places_.at(place), [&](const ServiceObservation* each) {
      return std::ranges::any_of(keys_of(*each, input_.now), [&](const KnownKey& key) {
        return key.type == known.type && key.sha256 == known.sha256;
      });
    });
  }

  /// Of an answer that does not hold together nothing is learned.
  void learn(const ServiceObservation& seen, std::vector<KnownKey> keys) {
    if (seen.service.doubt != ServiceDoubt::none) return;
    std::ranges::move(keys, std::back_inserter(verdict_.learned));
  }

  std::vector<Finding>& findings() { return verdict_.findings; }

  const JudgeInput& input_;
  const ServicePlaces& places_;
  const KeyPolicies* policies_ = nullptr;
  std::map<ServicePlace, std::vector<const KnownKey*>> known_;
  std::map<Clones, KeysByType> shared_;
  std::map<std::pair<Clones, std::string_view>, std::string_view> agreed_;
  std::map<std::string_view, Holders> holders_;
  KeyVerdict verdict_;
};

}  // namespace

KeyVerdict judge_keys(const JudgeInput& input, const ServicePlaces& places) {
  if (places.all().empty()) return {};
  return KeyJudge(input, places).verdict();
}

void leave_out_misfits(std::vector<KnownKey>& learned, std::span<const Finding> findings) {
  std::set<std::tuple<std::string_view, std::string_view, Protocol, Port>> misfits;
  for (const Finding& finding : findings) {
    const bool counts = finding.kind == FindingKind::service_mismatch &&
                        finding.severity > Severity::informational && finding.protocol &&
                        finding.port;
    if (counts) misfits.emplace(finding.node, finding.network, *finding.protocol, *finding.port);
  }
  std::erase_if(learned, [&](const KnownKey& key) { return misfits.contains(place_of(key)); });
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
