// Mail.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "notify/channel.h"
#include "notify/transfer.h"

namespace lockstep::notify {

struct SmtpConfig {
  Endpoint endpoint{};       ///< "smtp://HOST:PORT", or "smtps://" with TLS from the first byte
  bool must_encrypt = true;  ///< by STARTTLS, where it is not smtps
  std::string from{};
  std::vector<std::string> to{};
};

std::unique_ptr<Channel> make_smtp(SmtpConfig config);

}  // namespace lockstep::notify
