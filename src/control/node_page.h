// All that is known of one node: what it should show beside what it shows.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/alerts.h"
#include "base/result.h"
#include "control/value_use_cases.h"
#include "model/node.h"
#include "model/profile.h"
#include "model/reported_port.h"
#include "model/scheduler_state.h"
#include "model/service.h"
#include "model/sweep_info.h"
#include "store/store.h"

namespace lockstep::control {

/// How a port stands to what the classes of its node expect.
enum class Standing : std::uint8_t {
  in_step,        ///< expected and open, or allowed by a rule
  unexpected,     ///< open, and nothing allows it
  missing,        ///< expected, and not open though it was examined
  conditional,    ///< open, and a rule allows it under a condition that is not known here
  not_judged,     ///< a class of the node has no profile
  not_known,      ///< expected, and the latest look did not reach it
  wrong_service,  ///< open as expected, and an alert is about what answers, or its keys
  of_job,         ///< open while a job held the node, when it was looked at
};

/// A port that is open on a node, or should be.
struct PagePort {
  std::string network;
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  /// At any address of the network, open before filtered; none: closed, or not known.
  std::optional<PortState> seen;
  std::optional<WallTime> since;   ///< of `seen`, the earliest of the addresses
  bool expected = false;           ///< by a profile, as opposed to a rule
  std::string service;             ///< what the profile says, " or " between several; may be empty
  std::optional<Service> answers;  ///< when it was last asked what it is; none: never
  std::string says;  ///< the same for a person: "ssh OpenSSH 9.2p1", "silent"; empty: never asked
  std::optional<WallTime> asked;
  Standing standing = Standing::in_step;
  std::optional<WallTime> last_closed;  ///< as its alert has it
  std::string jobs;             ///< those that it is tied to, "job 88123 alice"; empty: none
  std::size_t clones = 0;       ///< other nodes of the same classes whose latest look was examined
  std::size_t clones_open = 0;  ///< those of them that show it open
};

/// Ports of a network that are filtered and expected by nobody: counted, not judged one by one.
struct FilteredPorts {
  std::string network;
  Protocol protocol = Protocol::tcp;
  PortSet ports;
};

/// An open port as a plug-in instance reports it.
struct PageReport {
  ReportedPort port;
  WallTime looked{};  ///< when the instance covered the node last
  bool expected = false;
  Standing standing = Standing::in_step;
  std::string jobs{};  ///< as in PagePort
};

/// Where the expectations of a node come from.
struct PageProfile {
  std::string host_type;
  bool exists = false;
  std::optional<Approval> approval{};  ///< without its lines; none: nobody approved anything
  bool unapproved = false;             ///< what is in use is not what was approved
};

struct NodePage {
  WallTime now{};
  Node node;
  /// What the job scheduler says of it now, where whoever asks knows; describe_node() does not.
  std::optional<NodeSchedule> schedule{};
  std::vector<Look> looks{};         ///< ascending by network and address
  std::vector<std::string> asked{};  ///< the ports of each look, "22,80-443"
  std::vector<PagePort> ports{};     ///< ascending by network, protocol and port
  std::vector<FilteredPorts> filtered{};
  std::vector<PageReport> reported{};          ///< ascending by instance, network, address and port
  std::vector<ReportedLook> reported_looks{};  ///< ascending by instance, network and address
  std::vector<PageProfile> profiles{};         ///< ascending by host type
  std::vector<ValueRow> values{};  ///< what plug-ins measured, ascending by instance and name
  std::vector<AlertRow> alerts{};  ///< of this node, resolved ones left out
};

/// `node` as the inventory has it; `inventory` tells its clones.
Result<NodePage> describe_node(Store& store, const Inventory& inventory, const Node& node,
                               WallTime now);

}  // namespace lockstep::control
