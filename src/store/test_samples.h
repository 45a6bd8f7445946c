// What tests of a store keep in it.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "model/alert.h"
#include "model/service.h"
#include "model/sweep_info.h"
#include "store/store.h"

namespace lockstep::samples {

/// `second` seconds into the year 2026.
inline WallTime at(std::int64_t second) {
  return WallTime(std::chrono::seconds(1'767'225'600 + second));
}

inline IpAddress address(std::uint32_t number) {
  return IpAddress::v4(0xc612'0000 + number);  // 198.18.0.0
}

inline PortSet ports(Port first, Port last) {
  PortSet set;
  set.insert_range(first, last);
  return set;
}

inline PortObservation seen(const std::string& node, std::uint32_t number, Port port,
                            PortState state = PortState::open) {
  const bool silent = state != PortState::open;
  return {node,
          address(number),
          "management",
          Protocol::tcp,
          port,
          state,
          silent ? Evidence::no_reply : Evidence::syn_ack};
}

inline Coverage covered(const std::string& node, std::uint32_t number,
                        CoverageGap gap = CoverageGap::none) {
  Coverage coverage;
  coverage.node = node;
  coverage.address = address(number);
  coverage.network = "management";
  coverage.wanted = 100;
  coverage.asked = gap == CoverageGap::none || gap == CoverageGap::unanswered ? 100 : 40;
  coverage.answered = gap == CoverageGap::none ? 100 : 30;
  coverage.unanswered = coverage.asked - coverage.answered;
  coverage.gap = gap;
  return coverage;
}

/// A port that was asked, and said nothing that is known.
inline ServiceObservation asked(const std::string& node, std::uint32_t number, Port port,
                                ServiceAnswer answer = ServiceAnswer::spoke) {
  ServiceObservation observation;
  observation.node = node;
  observation.address = address(number);
  observation.network = "management";
  observation.port = port;
  observation.service.answer = answer;
  return observation;
}

/// A key of port 22.
inline KnownKey known(const std::string& node, const std::string& sha256, std::int64_t second) {
  return {node, "management", Protocol::tcp, 22, "ssh-ed25519", sha256, at(second), ""};
}

inline SweepClaim claim(const std::vector<std::string>& nodes, std::int64_t second,
                        const PortSet& asked = ports(1, 100)) {
  return {at(second), nodes, asked, "owner", "mon1"};
}

inline SweepEnd end(std::int64_t second) {
  SweepEnd result;
  result.ended = at(second);
  result.method = "packet";
  result.probes = 1000;
  result.node_count = 2;
  result.proven = 1;
  return result;
}

inline bool alive(const SweepInfo&) {
  return true;
}
inline bool dead(const SweepInfo&) {
  return false;
}

inline Result<AlertChanges> no_change(const std::vector<AlertRecord>&) {
  return AlertChanges{};
}

/// An alert with a value of its own in every field.
inline AlertRecord alert(std::int64_t id, const std::string& node) {
  AlertRecord record;
  record.id = id;
  record.subject = {FindingKind::unexpected_port, "compute+gpu", "hsn", Protocol::udp, Port{4444},
                    PortState::open_filtered,     "reason"};
  record.node = node;
  record.address = "fd00::1";
  record.severity = Severity::high;
  record.status = AlertStatus::acknowledged;
  record.first_seen = at(1);
  record.last_seen = at(2);
  record.changed = at(3);
  record.last_closed = at(4);
  record.until = at(5);
  record.expected = "closed";
  record.detail = "detail";
  record.clones = "8 closed";
  record.owner = "kim";
  record.note = "note";
  record.resolution = "resolution";
  return record;
}

}  // namespace lockstep::samples
