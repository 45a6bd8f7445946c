#include "documents/documents.h"

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

std::string sweeps_json(const std::vector<SweepInfo>& sweeps, const std::string* next) {
  json::object document{{"sweeps", json_array(sweeps, of_sweep)}};
  if (next != nullptr) document["next"] = json_or_null(*next);
  return json_document(document);
}

}  // namespace lockstep::documents
