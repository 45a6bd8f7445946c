#include "documents/documents.h"

#include <algorithm>
#include <cstdint>

#include "documents/json_parts.h"

namespace lockstep::documents {
namespace {

namespace json = boost::json;

json::object of_sweep(const SweepInfo& sweep) {
  return json::object{{"id", sweep.id},
                      {"state", to_string(sweep.state)},
                      {"started", time_text(sweep.started)},
                      {"ended", time_text(sweep.ended)},
                      {"host", json_text(sweep.host)},
                      {"engine", json_text(sweep.method)},
                      {"probes_sent", sweep.probes},
                      {"nodeset", json_text(sweep.nodes)},
                      {"ports", json_text(sweep.ports)},
                      {"nodes", sweep.node_count},
                      {"proven", sweep.proven},
                      {"problem", json_text(sweep.problem)}};
}

/// The one of which `asking` is; null where several run at once, as parts of one turn: what their
/// instance is at says how far they are.
const SweepInfo* asked_now(const std::vector<SweepInfo>& sweeps,
                           const std::optional<control::Sweeping>& asking) {
  const SweepInfo* found = nullptr;
  if (!asking) return found;
  for (const SweepInfo& sweep : sweeps) {
    if (sweep.state != SweepState::running || sweep.owner != asking->owner) continue;
    if (found != nullptr) return nullptr;
    found = &sweep;
  }
  return found;
}

json::object of_progress(const control::Sweeping& asking) {
  const CollectProgress& progress = asking.progress;
  return {{"asks", asking.services ? "services" : "ports"},
          {"pass", progress.pass},
          {"done", progress.done},
          {"planned", progress.planned},
          {"per_second", static_cast<std::uint64_t>(std::max(progress.per_second, 0.0))},
          {"open_ports", progress.open_ports}};
}

}  // namespace

std::string alerts_json(const control::AlertListing& listing) {
  json::object document{{"alerts", json_array(listing.rows, json_alert)},
                        {"complete", listing.complete()},
                        {"unproven", listing.unproven},
                        {"nodes", listing.node_count},
                        {"latest_sweep", listing.latest ? json::value(of_sweep(*listing.latest))
                                                        : json::value(nullptr)}};
  if (listing.measured) document["measured"] = json_time(listing.measured);
  return json_document(document);
}

std::string sweeps_json(const std::vector<SweepInfo>& sweeps,
                        const std::optional<control::Sweeping>& asking, const std::string* next) {
  const SweepInfo* const now = asked_now(sweeps, asking);
  json::object document{{"sweeps", json_array(sweeps, [&](const SweepInfo& sweep) {
                           json::object object = of_sweep(sweep);
                           object["progress"] = nullptr;
                           if (&sweep != now) return object;
                           object["engine"] = json_text(asking->engine);
                           object["probes_sent"] = asking->probes;
                           object["progress"] = of_progress(*asking);
                           return object;
                         })}};
  if (next != nullptr) document["next"] = json_or_null(*next);
  return json_document(document);
}

}  // namespace lockstep::documents
