#include "serve/api/metrics.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <map>
#include <string_view>

namespace lockstep::serve {
namespace {

double seconds_of(WallTime time) {
  return static_cast<double>(
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

/// A label's value as the format wants it.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '"') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

class Writer {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  void sample(double value) { text_ += fmt::format("{} {}\n", name_, value); }
  void sample(std::string_view label, std::string_view of, double value) {
    text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name_, label, escaped(of), value);
  }
  void only(std::string_view name, std::string_view type, std::string_view help, double value) {
    family(name, type, help);
    sample(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

void write_alerts(Writer& out, const control::ClusterView& view) {
  std::map<std::pair<Severity, AlertStatus>, std::size_t> rows;
  for (const auto& each : view.rows) ++rows[{each->row().first.severity, each->row().status}];
  out.family("lockstep_alerts", "gauge", "Causes that are not over, by severity.");
  for (const Severity severity : {Severity::informational, Severity::low, Severity::medium,
                                  Severity::high, Severity::critical}) {
    std::size_t count = 0;
    for (const auto& [key, each] : rows) count += key.first == severity ? each : 0;
    out.sample("severity", to_string(severity), static_cast<double>(count));
  }
  std::size_t news = 0;
  for (const auto& [key, each] : rows) {
    const bool open = key.second == AlertStatus::open || key.second == AlertStatus::reopened;
    news += open ? each : 0;
  }
  out.only("lockstep_alerts_unattended", "gauge", "Causes that nobody deals with.",
           static_cast<double>(news));
}

void write_nodes(Writer& out, const control::ClusterView& view) {
  std::map<control::NodeSight, std::size_t> sights;
  for (const auto& glance : view.nodes) sights[glance.sight] += glance.watched ? 1 : 0;
  out.family("lockstep_nodes", "gauge", "Watched nodes, by how their latest sweep saw them.");
  for (const auto sight :
       {control::NodeSight::never, control::NodeSight::partial, control::NodeSight::proven}) {
    out.sample("sight", to_string(sight), static_cast<double>(sights[sight]));
  }
  if (view.listing.latest) {
    out.only("lockstep_latest_sweep_end_time_seconds", "gauge", "When the latest sweep ended.",
             seconds_of(view.listing.latest->ended));
  }
}

void write_instances(Writer& out, const control::DaemonStatus& status) {
  out.only("lockstep_start_time_seconds", "gauge", "When the daemon started.",
           seconds_of(status.since));
  out.only("lockstep_troubles", "gauge", "What troubles the daemon's own work.",
           static_cast<double>(status.troubles.size()));
  out.only("lockstep_sending_stopped", "gauge", "1: somebody stopped all sending.",
           status.stop_order ? 1 : 0);
  out.only("lockstep_config_reload_successful", "gauge",
           "0: the configuration's file does not hold.", status.reload_problem.empty() ? 1 : 0);
  out.family("lockstep_instance_run_end_time_seconds", "gauge",
             "When the latest run of an instance ended.");
  for (const auto& row : status.instances) {
    if (!row.latest || row.latest->state == SweepState::running) continue;
    out.sample("instance", row.instance.name, seconds_of(row.latest->ended));
  }
}

}  // namespace

std::string metrics_text(ApiWorld& world, const LiveView* live, const HttpCounts& counts) {
  Writer out;
  out.only("lockstep_up", "gauge", "1: the daemon's threads show signs of life.",
           world.is_alive() ? 1 : 0);
  out.only("lockstep_view_up", "gauge", "1: the store was read a moment ago.",
           live != nullptr ? 1 : 0);
  if (live != nullptr) {
    out.only("lockstep_view_time_seconds", "gauge", "When the store was read last.",
             seconds_of(live->view->made));
    out.only("lockstep_event", "gauge", "The number of the latest event.",
             static_cast<double>(live->view->event));
    write_alerts(out, *live->view);
    write_nodes(out, *live->view);
  }
  if (const auto status = world.status()) write_instances(out, *status);
  out.only("lockstep_http_requests_total", "counter", "Requests that were answered.",
           static_cast<double>(counts.requests));
  out.only("lockstep_http_refused_total", "counter",
           "Requests that were malformed, too large, too slow, or one too many.",
           static_cast<double>(counts.refused));
  out.only("lockstep_http_connections", "gauge", "Open connections.",
           static_cast<double>(counts.open_connections));
  out.only("lockstep_http_listeners", "gauge", "Listeners to the stream of events.",
           static_cast<double>(counts.listeners));
  return out.take();
}

}  // namespace lockstep::serve
