// What scripts read, whether they asked by command or over HTTP: one JSON document each, its keys a
// promise (docs/json.md).

#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/alert_use_cases.h"
#include "control/daemon_status.h"
#include "control/key_use_cases.h"
#include "control/maintenance_use_cases.h"
#include "control/node_page.h"
#include "control/notification_view.h"
#include "control/past.h"
#include "control/profile_edits.h"
#include "control/profile_use_cases.h"
#include "control/use_cases.h"
#include "control/value_use_cases.h"
#include "model/user.h"

namespace lockstep::documents {

std::string scan_json(const SweepRecord& record);
std::string sweep_json(const control::SweepReport& report);

/// Of `alerts`, and of `alert ack`, `silence` and `resolve` with the rows concerned.
std::string alerts_json(const control::AlertListing& listing);

std::string learn_json(const control::LearnReport& report);
std::string import_json(const Baseline& baseline);
/// Of `profile show`, `diff`, `approve` and `export`.
/// With the rules for values, and the classes of the inventory, where they are asked for.
std::string profiles_json(const std::vector<control::ProfileState>& states,
                          const std::vector<ValueRule>* value_rules = nullptr,
                          const std::vector<control::ClassSize>* classes = nullptr);
/// What was done about a profile, the latest first.
std::string profile_history_json(const std::vector<AuditEntry>& entries);

/// `next`: the cursor of the next page, where this is one; empty: it is the last. Null: all rows.
std::string keys_json(const std::vector<control::KeyRow>& rows, const std::string* next = nullptr);
std::string accept_json(const control::AcceptReport& report);

std::string status_json(const control::DaemonStatus& status);
std::string instances_json(const std::vector<control::InstanceRow>& rows);
/// The latest first.
/// `asking` is what a daemon asks now, of one of the sweeps; `next` as of keys_json().
std::string sweeps_json(const std::vector<SweepInfo>& sweeps,
                        const std::optional<control::Sweeping>& asking,
                        const std::string* next = nullptr);
std::string users_json(const std::vector<User>& users);
std::string tokens_json(const std::vector<AccessToken>& tokens);
std::string runs_json(const std::vector<InstanceRun>& runs, const std::string* next = nullptr);
/// Without secrets, places and facts.
std::string notices_json(const std::vector<control::ChannelInfo>& channels,
                         const std::vector<Notice>& notices,
                         const std::map<std::string, std::size_t>& waiting);
std::string outbox_json(const std::vector<control::OutboxRow>& rows);
std::string maintenance_json(const std::vector<MaintenanceWindow>& windows);
std::string audit_json(const std::vector<AuditEntry>& entries, const std::string* next = nullptr);

std::string nodes_json(const std::vector<Node>& nodes);
/// As nodes_json() of the one node, with what is known of it.
std::string node_page_json(const control::NodePage& page);
/// `now` tells which acknowledgements have run out.
std::string node_past_json(const control::NodePast& past, WallTime now);
std::string node_series_json(const control::NodeSeries& series);
std::string timeline_json(const control::Timeline& timeline);
/// `next` as of keys_json().
std::string values_json(const std::vector<control::ValueRow>& rows,
                        const std::string* next = nullptr);

}  // namespace lockstep::documents
