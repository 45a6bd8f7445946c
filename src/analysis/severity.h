// How grave a finding is: by its kind, and by the class of its node.

#pragma once

#include <map>
#include <set>
#include <string>

#include "base/port.h"
#include "model/finding.h"

namespace lockstep {

/// Sites may set every one of them. Classes go by their names: an unexpected port on a node of
/// class `management` is critical, and a missing one is high there and on `storage`, unless set
/// otherwise.
class SeverityPolicy {
 public:
  SeverityPolicy();

  void set(FindingKind kind, Severity severity) { by_kind_[kind] = severity; }
  void set(const std::string& node_class, FindingKind kind, Severity severity) {
    by_class_[node_class][kind] = severity;
  }
  /// Ports on which the users of a class may listen: open ones are informational, one finding a
  /// node.
  void set_user_ports(const std::string& node_class, const PortSet& ports) {
    user_ports_[node_class] = ports;
  }

  /// Of a node of several classes, the gravest counts.
  Severity of(FindingKind kind, const std::set<std::string>& classes) const;
  /// The ports on which users may listen by any of the classes.
  PortSet user_ports(const std::set<std::string>& classes) const;

 private:
  std::map<FindingKind, Severity> by_kind_;
  std::map<std::string, std::map<FindingKind, Severity>> by_class_;
  std::map<std::string, PortSet> user_ports_;
};

}  // namespace lockstep
