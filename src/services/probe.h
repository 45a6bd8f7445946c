// What is sent to a service, and how its answers are told apart: the content of a file in the
// grammar that the book on Nmap's version detection documents ("Nmap Network Scanning", chapter
// "Service and Application Version Detection"; parsed by probe_file.h). Plain values.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/port.h"
#include "services/field_template.h"

namespace lockstep::services {

/// A `match` or `softmatch` line: an answer that fits `pattern` is that of `service`.
struct Signature {
  std::string service;  ///< "ssh"
  bool soft = false;    ///< the name is sure, and further probes may tell more
  std::string pattern;  ///< a PCRE over bytes, unanchored
  bool ignore_case = false;
  bool dot_all = false;  ///< "." is any byte, a line feed too
  FieldTemplates fields;
  std::uint32_t file = 0;  ///< where it stands, as an index of ProbeSet::files
  std::size_t line = 0;    ///< and its line, from 1
};

/// A `Probe` and all that follows it to the next one.
struct ServiceProbe {
  Protocol protocol = Protocol::tcp;
  std::string name;     ///< "NULL" for the one that only listens
  std::string payload;  ///< bytes; at most kMostPayloadBytes
  unsigned rarity = 5;  ///< 1: often useful, to 9: hardly ever
  PortSet ports;        ///< where it is likely to be understood
  PortSet tls_ports;    ///< the same, within TLS
  std::chrono::milliseconds total_wait{5000};
  std::chrono::milliseconds tcpwrapped{2000};
  std::vector<std::string> fallbacks;  ///< names of probes whose signatures are tried after its own
  std::vector<Signature> signatures;   ///< the first that fits counts
  std::uint32_t file = 0;
  std::size_t line = 0;

  /// It sends nothing, and waits for what the service says first.
  bool listens() const { return protocol == Protocol::tcp && payload.empty(); }
};

/// The probe that only listens.
inline constexpr std::string_view kListening = "NULL";

/// Whole files. Of each protocol names are unique; fallbacks name probes of the same protocol.
struct ProbeSet {
  PortSets excluded;  ///< never sent anything
  std::vector<ServiceProbe> probes;
  std::vector<std::string> files = {""};  ///< as people name them; the first is our own set

  /// "FILE:LINE", or "line LINE" of our own set. Of a Signature or a ServiceProbe.
  template <typename Placed>
  std::string place_of(const Placed& placed) const {
    return place(placed.file, placed.line);
  }
  std::string place(std::uint32_t file, std::size_t line) const;

  /// Or null.
  const ServiceProbe* find(Protocol protocol, std::string_view name) const;
};

inline constexpr std::size_t kMostPayloadBytes = 4096;

}  // namespace lockstep::services
