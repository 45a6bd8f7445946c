// [notify.NAME], [notify_groups] and [[maintenance]]: who is told what.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/toml_reader.h"
#include "notify/alertmanager/alertmanager.h"
#include "notify/policy.h"
#include "notify/smtp/smtp.h"
#include "notify/syslog/syslog.h"
#include "notify/webhook/webhook.h"

namespace lockstep {

struct NotifyChannelConfig {
  notify::ChannelPolicy policy{};  ///< with its name
  std::string type{};              ///< as it stands in the file
  std::chrono::seconds give_up = std::chrono::days(3);
  std::optional<std::chrono::seconds> heartbeat{};
  std::variant<notify::WebhookConfig, notify::AlertmanagerConfig, notify::SmtpConfig,
               notify::SyslogConfig>
      way{};
};

struct NotifyConfig {
  std::vector<NotifyChannelConfig> channels{};  ///< ascending by name
  notify::GroupRule groups{};
  std::vector<notify::Maintenance> maintenance{};
};

/// `folder` is where relative paths start: it ends with "/", or is empty.
void read_notify_tables(TomlReader& root, std::string_view folder, NotifyConfig& config);

/// The list of channels that are built in.
std::unique_ptr<notify::Channel> make_channel(const NotifyChannelConfig& config);

}  // namespace lockstep
