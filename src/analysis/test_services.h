// What services say, for tests.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/service.h"

namespace lockstep {

inline Service a_service(std::string name, std::string product = "", std::string version = "") {
  Service service;
  service.name = std::move(name);
  service.match = ServiceMatch::hard;
  service.product = std::move(product);
  service.version = std::move(version);
  return service;
}

inline Service an_sshd(std::vector<ServiceKey> keys, std::string version = "9.2p1") {
  Service service = a_service("ssh", "OpenSSH", std::move(version));
  service.hostkeys = std::move(keys);
  return service;
}

inline Service a_tls_server(std::string certificate, std::string key) {
  Service service = a_service("http", "nginx", "1.22");
  service.tls = true;
  service.certificate_sha256 = std::move(certificate);
  service.public_key_sha256 = std::move(key);
  return service;
}

}  // namespace lockstep
