// What answers on a port: the conclusion from what it said.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/port.h"

namespace lockstep {

/// How sure the name of a service is.
enum class ServiceMatch : std::uint8_t {
  none,  ///< it said nothing, or nothing that is known
  soft,  ///< the name alone
  hard,  ///< a signature that is whole, or a conversation in the protocol itself
};

/// A public key with which a service proves who it is.
struct ServiceKey {
  std::string type;    ///< "ssh-ed25519"
  std::string sha256;  ///< "SHA256:..." as ssh-keygen -l prints it

  friend auto operator<=>(const ServiceKey&, const ServiceKey&) = default;
};

/// Texts are printable ASCII, `banner` aside.
struct Service {
  std::string name;  ///< "ssh"; empty: not known
  ServiceMatch match = ServiceMatch::none;
  std::string product;
  std::string version;
  std::string info;
  std::string hostname;
  std::string system;
  std::string device;
  bool tls = false;                  ///< all of it within TLS
  std::vector<ServiceKey> hostkeys;  ///< by type; each proven by a signature
  std::string certificate_sha256;    ///< lower-case hexadecimal, of the DER; empty without TLS
  std::string public_key_sha256;     ///< the same, of its SubjectPublicKeyInfo
  std::string banner;                ///< the first bytes that it said, whatever they are

  friend auto operator<=>(const Service&, const Service&) = default;
};

/// One port of one address, asked what it is at one time.
struct ServiceObservation {
  std::string node;
  IpAddress address;
  std::string network;
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  Service service;
  std::string note;  ///< for a person: what went wrong, or is odd; may be empty

  friend auto operator<=>(const ServiceObservation&, const ServiceObservation&) = default;
};

}  // namespace lockstep
