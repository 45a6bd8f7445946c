// What answers on a port: the conclusion from what it said.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/port.h"
#include "model/observation.h"

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

/// An ONC-RPC program, and its versions, as a service says itself when it is called (RFC 5531).
struct RpcProgram {
  std::uint32_t number = 0;
  std::uint32_t lowest = 0;
  std::uint32_t highest = 0;

  friend auto operator<=>(const RpcProgram&, const RpcProgram&) = default;
};

/// How far a dialogue came.
enum class ServiceAnswer : std::uint8_t {
  spoke,        ///< at least one byte came
  silent,       ///< connections were accepted, and nothing came in the time that there is
  hung_up,      ///< connections were accepted, and ended without a byte
  unreachable,  ///< no connection could be made: nothing is known of who listens
  lost,         ///< whoever read the answer crashed, hung, or was stopped
};

/// What of an answer does not hold together.
enum class ServiceDoubt : std::uint8_t {
  none,
  no_key_exchange,  ///< it says that it is an SSH server, and exchanges no keys
  two_answers,      ///< another connection was answered otherwise
};

std::string_view to_string(ServiceAnswer answer);  ///< "hung-up"
std::string_view to_string(ServiceDoubt doubt);    ///< "two-answers"; empty: none
/// The inverse of to_string(); nothing for another word.
std::optional<ServiceAnswer> parse_service_answer(std::string_view text);
std::optional<ServiceDoubt> parse_service_doubt(std::string_view text);

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
  bool tls = false;                    ///< all of it within TLS
  std::vector<ServiceKey> hostkeys;    ///< by type; each proven by a signature
  std::string certificate_sha256;      ///< lower-case hexadecimal, of the DER; empty without TLS
  std::string public_key_sha256;       ///< the same, of its SubjectPublicKeyInfo
  std::vector<RpcProgram> programs{};  ///< that answered a call here, ascending
  std::string banner;                  ///< the first bytes that it said, whatever they are
  ServiceAnswer answer = ServiceAnswer::spoke;
  ServiceDoubt doubt = ServiceDoubt::none;

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

/// What was last said at a place, as it is kept. `Service::banner` is evidence, and no part of what
/// a service is: who reads of all services gets none; see Store::services_of().
struct ServiceFact {
  ServiceObservation seen;
  WallTime asked{};  ///< whole seconds
};

/// What a node proves itself by on one port. A place may have several of one type, where the
/// addresses of a node differ.
struct KnownKey {
  std::string node;
  std::string network;
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  std::string type;    ///< as in ServiceKey, or kCertificateType, or kPublicKeyType
  std::string sha256;  ///< as the fields of Service have it
  WallTime since{};    ///< whole seconds
  std::string by{};    ///< who accepted it; empty: it was the first that was seen

  friend auto operator<=>(const KnownKey&, const KnownKey&) = default;
};

inline constexpr std::string_view kCertificateType = "tls-certificate";
inline constexpr std::string_view kPublicKeyType = "tls-public-key";

}  // namespace lockstep
