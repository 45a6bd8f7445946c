// Ports that a plug-in instance reports, judged by what the classes of their nodes expect. Pure.
//
// They are a view of the nodes of its own: networks of findings and alerts are those of
// network_by(), so that neither our own sweep nor another instance ends an alert of this one, and
// the other way round. What makes which finding:
//   unexpected-port   as of a sweep: open, and no class of the node expects it
//   orphan-listener   likewise (job_ports.h)
//   missing-port      expected, and not reported, where the instance says that it examined the port
//                     at every address of the node on that network
//
// What an instance no longer reports of an address is closed: of the ports that it says it
// examined there; of all, where it says of no port that it examined it, since it covers the node,
// and all that there is to say has been said.

#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/alerts.h"
#include "analysis/judge.h"
#include "model/reported_port.h"

namespace lockstep {

/// A round of an instance. All of it is borrowed as long as the object that judges it lives.
struct ReportInput {
  std::string_view instance;
  std::span<const Node> nodes;  ///< with their classes; facts about others are passed over
  std::span<const Profile> profiles;
  /// What was reported of these nodes, on the networks that they have.
  std::span<const PortObservation> ports;
  /// One for each address of each node; a node without any is passed over.
  std::span<const ReportedLook> looks;
  /// What the instance said of all nodes before.
  const PortReports& before;
  const SeverityPolicy& severities;
  const JobFacts* jobs = nullptr;  ///< null: there is no job scheduler
  WallTime now{};                  ///< whole seconds
};

class ReportedPorts {
 public:
  explicit ReportedPorts(const ReportInput& input);
  ReportedPorts(const ReportedPorts&) = delete;
  ReportedPorts& operator=(const ReportedPorts&) = delete;

  /// False: the instance says nothing of ports, nor did it before.
  bool says_anything() const { return !seen_.empty(); }

  /// Anew, after `jobs` have changed.
  void judge();
  /// As judge() of analysis/judge.h has them.
  const std::vector<Finding>& findings() const { return findings_; }
  /// See confirm.h.
  bool rests_on_jobs(std::span<const AlertRecord> book) const;

  JobTies ties() const;
  AlertChanges update(std::span<const AlertRecord> book, const AlertPolicy& policy) const;

  // What changes of what is kept. A port that stays is in neither, and keeps its `since`.
  std::vector<ReportedLook> looks() const;  ///< of nodes of which it says something about ports
  std::vector<ReportedPort> fresh() const;
  std::vector<ReportedPort> gone() const;

 private:
  struct Place {
    std::string_view network;
    IpAddress address;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Seen {
    bool declares = false;
    const PortSets* examined = nullptr;  ///< of an address that was; all where nothing is declared
    std::map<Place, const ReportedLook*> looks;
    std::set<std::string> partial;  ///< networks of which not all addresses were examined
  };

  void take(const ReportedLook& look);
  const PortSets* set_of(const std::string& tcp, const std::string& udp);
  bool was_examined(const ReportedPort& port) const;
  JudgeInput input() const;
  bool is_wanted(const Finding& finding) const;
  void put_in_words(std::vector<Finding>& findings) const;
  std::optional<WallTime> last_closed(const Finding& finding) const;

  const ReportInput& input_;
  std::map<std::pair<std::string, std::string>, PortSets> sets_;  // by their texts
  std::map<std::string, Seen, std::less<>> seen_;                 // by node
  std::map<std::string, const PortSets*, std::less<>> wanted_of_;
  PortSets none_;
  std::vector<PortObservation> observations_;
  std::vector<Coverage> coverage_;
  std::vector<Finding> judged_;    // as judge() words them
  std::vector<Finding> findings_;  // as they are told
};

}  // namespace lockstep
