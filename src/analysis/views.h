// A sweep's facts by node, network and protocol, and what the clones of each node look like.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "analysis/judge.h"

namespace lockstep {

/// What the sweep saw of one node on one network with one protocol. Borrows from the JudgeInput.
struct View {
  const Node* node = nullptr;
  std::string_view network;
  Protocol protocol = Protocol::tcp;
  std::vector<const Coverage*> coverage;
  std::vector<const PortObservation*> observations;

  /// Every address was examined in full.
  bool examined() const;
  /// The state that `port` shows at any address: open before filtered before closed. Means nothing
  /// for a port that was not asked.
  PortState state_of(Port port) const;
  /// The ports that are neither open nor closed at some address.
  PortSet silent() const;
  /// Every address was examined in full, and collectors have listed each port that is silent: they
  /// stop where very many are. Then what is not among the observations is closed.
  bool lists_all() const;
};

/// Whether the `listed` silent observations of an address are all that its coverage counts. A short
/// list always is; it may be shorter than the count since some have answered a second time.
bool is_full_list(const Coverage& coverage, std::size_t listed);

/// How the nodes of the same classes look at one port, of those that were examined in full.
struct CloneCount {
  std::size_t nodes = 0;
  std::size_t open = 0;
  std::size_t filtered = 0;

  std::size_t closed() const { return nodes - open - filtered; }
};

class Views {
 public:
  /// `input` must outlive the object.
  explicit Views(const JudgeInput& input);

  /// Ascending by node, network and protocol.
  using Key = std::tuple<std::string_view, std::string_view, Protocol>;
  const std::map<Key, View>& all() const { return views_; }

  /// Null where the sweep was not to examine it.
  const Node* node(std::string_view name) const;
  /// Null where there is no fact about it.
  const View* find(std::string_view node, std::string_view network, Protocol protocol) const;

  CloneCount clones(const View& view, Port port) const;

 private:
  using Group = std::tuple<std::set<std::string>, std::string_view, Protocol>;
  struct PortCount {
    std::size_t open = 0;
    std::size_t filtered = 0;
  };
  struct GroupCount {
    std::size_t nodes = 0;
    std::unordered_map<Port, PortCount> ports;
  };

  template <typename Fact>
  View* view_of(const Fact& fact);
  void count(const View& view);

  std::map<std::string_view, const Node*> nodes_;
  std::map<Key, View> views_;
  View* latest_ = nullptr;  // facts come address by address
  std::map<Group, GroupCount> groups_;
};

}  // namespace lockstep
