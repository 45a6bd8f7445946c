// /status, /instances, /runs, /sweeps, /reload

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "control/instance_use_cases.h"
#include "documents/documents.h"
#include "documents/json_parts.h"
#include "serve/api/page.h"
#include "serve/api/routes.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;
using control::InstanceRow;

HttpResponse accepted() {
  HttpResponse response;
  response.status = 202;
  response.body = documents::json_document({{"accepted", true}});
  return response;
}

Result<HttpResponse> status(ApiCall& call) {
  LOCKSTEP_TRY(const control::DaemonStatus status, call.world.status());
  return json_answer(documents::status_json(status));
}

Result<HttpResponse> reload(ApiCall& call) {
  LOCKSTEP_CHECK(call.world.reload(call.identity->user));
  return json_answer(documents::json_document({{"reloaded", true}}));
}

Result<std::vector<InstanceRow>> rows_of(ApiCall& call) {
  const std::vector<Instance> configured = call.world.configured_instances();
  return control::list_instances(call.store, configured);
}

Result<HttpResponse> instances(ApiCall& call) {
  LOCKSTEP_TRY(const auto rows, rows_of(call));
  return json_answer(documents::instances_json(rows));
}

Result<std::vector<InstanceRow>> row_named(ApiCall& call, const std::string& name) {
  LOCKSTEP_TRY(auto rows, rows_of(call));
  std::erase_if(rows, [&](const InstanceRow& row) { return row.instance.name != name; });
  if (!rows.empty()) return rows;
  return fail(ErrorKind::not_found, fmt::format("there is no instance {}", quoted(name)));
}

Result<HttpResponse> instance(ApiCall& call) {
  LOCKSTEP_TRY(const auto rows, row_named(call, call.path["name"]));
  return json_answer(documents::instances_json(rows));
}

Result<HttpResponse> change(ApiCall& call) {
  const std::string& name = call.path["name"];
  boost::system::error_code error;
  const json::value body = json::parse(call.request.body, error);
  if (error || !body.is_object())
    return fail(ErrorKind::invalid, "the body is to be a JSON object");
  InstanceSettings settings;
  for (const auto& each : body.as_object()) {
    const std::string key(each.key());
    LOCKSTEP_TRY(settings[key], text_of(body.as_object(), key));
  }
  const std::vector<Instance> configured = call.world.configured_instances();
  const auto check = [&](const Instance& changed) { return call.world.check_instance(changed); };
  LOCKSTEP_TRY(const Instance changed,
               control::change_instance(call.store, configured, name, settings, check, call.act()));
  call.world.instances_changed();
  LOCKSTEP_TRY(const auto rows, row_named(call, changed.name));
  return json_answer(documents::instances_json(rows));
}

Result<HttpResponse> reset(ApiCall& call) {
  LOCKSTEP_CHECK(control::reset_instance(call.store, call.path["name"], call.act()));
  call.world.instances_changed();
  HttpResponse response;
  response.status = 204;
  return response;
}

Result<HttpResponse> run(ApiCall& call) {
  LOCKSTEP_CHECK(call.world.run_now(call.path["name"]));
  return accepted();
}

Result<HttpResponse> runs(ApiCall& call) {
  LOCKSTEP_TRY(const LatestOrder order, latest_order(call));
  LOCKSTEP_TRY(const auto runs, call.store.runs(order.limit, order.below));
  const std::string next = order.next_after(runs);
  return json_answer(documents::runs_json(runs, &next));
}

Result<HttpResponse> sweeps(ApiCall& call) {
  LOCKSTEP_TRY(const LatestOrder order, latest_order(call));
  LOCKSTEP_TRY(const auto sweeps, call.store.sweeps(order.limit, order.below));
  const std::string next = order.next_after(sweeps);
  return json_answer(documents::sweeps_json(sweeps, call.world.sweeping(), &next));
}

Result<HttpResponse> order(ApiCall& call) {
  LOCKSTEP_TRY(const json::object body, call.body({"nodes", "ports", "services"}));
  SweepOrder order;
  LOCKSTEP_TRY(order.nodes, text_of(body, "nodes"));
  LOCKSTEP_TRY(order.ports, text_of(body, "ports"));
  LOCKSTEP_TRY(order.services, flag_of(body, "services"));
  LOCKSTEP_TRY(const std::int64_t number, call.world.order_sweep(order, call.identity->user));
  HttpResponse response = accepted();
  response.body = documents::json_document({{"accepted", true}, {"order", number}});
  return response;
}

constexpr Route kRoutes[] = {
    {"GET",
     "/status",
     Role::viewer,
     false,
     true,
     "What the daemon is at, and what troubles it",
     {},
     nullptr,
     "Status",
     status},
    {"POST",
     "/reload",
     Role::admin,
     false,
     true,
     "Reads the configuration again; one that is bad changes nothing",
     {},
     nullptr,
     "Reloaded",
     reload},
    {"GET",
     "/instances",
     Role::viewer,
     false,
     true,
     "Plug-in instances",
     {},
     nullptr,
     "Instances",
     instances},
    {"GET",
     "/instances/{name}",
     Role::viewer,
     false,
     true,
     "One of them",
     {},
     nullptr,
     "Instances",
     instance},
    {"PATCH",
     "/instances/{name}",
     Role::admin,
     false,
     true,
     "Changes settings, or makes an instance; an empty text takes a setting back",
     {},
     "InstanceSettings",
     "Instances",
     change},
    {"DELETE",
     "/instances/{name}",
     Role::admin,
     false,
     true,
     "Takes back what was changed at run time",
     {},
     nullptr,
     nullptr,
     reset},
    {"POST",
     "/instances/{name}/run",
     Role::operating,
     false,
     true,
     "Runs it next",
     {},
     nullptr,
     "Accepted",
     run},
    {"GET", "/runs", Role::viewer, false, true, "Passes of instances, the latest first", kPageQuery,
     nullptr, "Runs", runs},
    {"GET", "/sweeps", Role::viewer, false, true, "Sweeps, the latest first", kPageQuery, nullptr,
     "Sweeps", sweeps},
    {"POST",
     "/sweeps",
     Role::operating,
     false,
     true,
     "Begins a sweep of these nodes when no step of an instance runs",
     {},
     "SweepOrder",
     "AcceptedSweep",
     order},
};

}  // namespace

std::span<const Route> work_routes() {
  return kRoutes;
}

}  // namespace lockstep::serve
