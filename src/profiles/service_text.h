// What `service` of Table 1, a rule of the table service_rules, or a rule `service:...` asks of
// what answers on a port:
//
//   ssh             the name
//   OpenSSH         the product
//   OpenSSH 9.2p1   the product and its version, or the first words of it
//   OpenSSH 9.*     '*' stands for any text, '?' for any character
//   ssl/http        the same within TLS; https, imaps, ldaps, ... are other words for such
//   A|B             either
//
// Upper and lower case are the same. A name, a product or a version may follow a name as in
// "ssh OpenSSH 9.2p1".

#pragma once

#include <set>
#include <string>
#include <string_view>

#include "model/service.h"

namespace lockstep {

/// Whether what answered is what is `wanted`, which is not empty. A service without a name fits
/// nothing.
bool fits_service(std::string_view wanted, const Service& service);

/// What signatures can tell.
struct TellableServices {
  std::set<std::string> names;     ///< "ssh"
  std::set<std::string> products;  ///< "openssh": in lower case
};

/// What to expect in a dialogue.
struct ServiceHint {
  std::string name;  ///< empty: `wanted` names products alone
  bool tls = false;
};

/// The first of its alternatives that begins with a name that can be told.
ServiceHint hint_of(std::string_view wanted, const TellableServices& tellable);

/// Whether what answers otherwise can be held to be something else: each alternative is, or begins
/// with, a name or a product that can be told.
bool can_tell_service(std::string_view wanted, const TellableServices& tellable);

/// "ssl/http"; empty: not known.
std::string name_text(const Service& service);

/// "ssh OpenSSH 9.2p1", or as much as is known of it: "ssl/http", "no service that is known".
std::string service_text(const Service& service);

/// Ascending order of versions as people count them: 9.2p1 before 9.10p1. Negative, 0 or positive.
int compare_versions(std::string_view a, std::string_view b);

}  // namespace lockstep
