// What a change of alerts is to those who listen.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/alert.h"
#include "model/event.h"

namespace lockstep {

/// The one of that id and node among `records`, ascending by these; null: there is none.
const AlertRecord* find_alert(const std::vector<AlertRecord>& records, std::int64_t id,
                              const std::string& node);
/// It stands: it is neither pending nor resolved, nor null.
bool stands(const AlertRecord* record);

/// The events of a change: at most three of an alert, whatever the number of its nodes, ascending
/// by id. That an alert was seen again is none, and neither is what is pending: it is no alert yet.
/// `before` are all records, ascending by id and node. The events have no ids.
std::vector<Event> events_of(const std::vector<AlertRecord>& before, const AlertChanges& changes);

}  // namespace lockstep
