#include "cli/format.h"
#include "cli/json.h"
#include "cli/json_values.h"

namespace lockstep::cli {
namespace {

namespace json = boost::json;

json::value of_sweep(const std::optional<SweepInfo>& sweep) {
  if (!sweep) return nullptr;
  return json::object{{"id", sweep->id},
                      {"state", to_string(sweep->state)},
                      {"started", format_time(sweep->started)},
                      {"ended", format_time(sweep->ended)},
                      {"host", json_text(sweep->host)},
                      {"engine", json_text(sweep->method)},
                      {"probes_sent", sweep->probes},
                      {"nodeset", json_text(sweep->nodes)},
                      {"ports", json_text(sweep->ports)},
                      {"nodes", sweep->node_count},
                      {"proven", sweep->proven},
                      {"problem", json_text(sweep->problem)}};
}

}  // namespace

std::string alerts_json(const control::AlertListing& listing) {
  json::object document{{"alerts", json_array(listing.rows, json_alert)},
                        {"complete", listing.complete()},
                        {"unproven", listing.unproven},
                        {"nodes", listing.node_count},
                        {"latest_sweep", of_sweep(listing.latest)}};
  if (listing.measured) document["measured"] = json_time(listing.measured);
  return json_document(document);
}

}  // namespace lockstep::cli
