#include "app/http_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <utility>

#include "app/commands.h"
#include "app/compose.h"
#include "app/console.h"
#include "app/instance_check.h"
#include "app/session.h"
#include "cli/options.h"
#include "control/scan_targets.h"
#include "model/port_spec.h"
#include "proc/stop_watch.h"
#include "serve/pages/assets.h"

namespace lockstep {
namespace {

constexpr std::size_t kMostOrders = 4;

/// Of a sweep that nobody waits for: what went wrong goes to the log.
class OrderConsole final : public Console {
 public:
  Result<void> print(std::string_view /*text*/) override { return {}; }
  void warn(std::string_view text) override { lockstep::warn(fmt::format("sweep: {}", text)); }
  void progress(const CollectProgress& /*progress*/) override {}
  Result<void> open_report(const std::string& /*path*/) override { return {}; }
  Result<void> write_report(std::string_view /*text*/) override { return {}; }
};

}  // namespace

Result<std::unique_ptr<HttpService>> HttpService::listen(DaemonLink& daemon, std::string config) {
  const HttpConfig http = daemon.setup()->config.http;
  if (!http.enabled()) return nullptr;
  std::unique_ptr<HttpService> service(new HttpService(daemon, std::move(config)));
  serve::HttpOptions options;
  options.address = http.address;
  options.port = http.port;
  options.certificate = http.certificate;
  options.key = http.key;
  LOCKSTEP_TRY(service->server_, serve::HttpServer::listen(options));
  serve::ApiOptions api;
  api.access.session_idle = http.session;
  api.open_metrics = http.open_metrics;
  api.pages = serve::built_assets();
  service->live_ = std::make_unique<serve::Live>(*service, service->server_->feed());
  service->api_ = std::make_unique<serve::Api>(*service, *service->live_, *service->server_, api);
  return service;
}

HttpService::~HttpService() {
  stop();
}

void HttpService::start() {
  live_->start();
  server_->start([this](const serve::HttpRequest& request) { return api_->answer(request); });
  sweeper_ = std::jthread([this] { sweep_ordered(); });
}

void HttpService::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  ordered_.notify_all();
  if (sweeper_.joinable()) sweeper_.join();
  // First who publishes, then where it goes.
  if (live_) live_->stop();
  if (server_) server_->stop();
}

std::string HttpService::url() const {
  const HttpConfig http = daemon_.setup()->config.http;
  const bool is_v6 = http.address.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", http.certificate.empty() ? "http" : "https",
                     is_v6 ? "[" : "", http.address, is_v6 ? "]" : "", server_->port());
}

void HttpService::look_at_certificate() {
  const HttpConfig http = daemon_.setup()->config.http;
  if (http.certificate.empty()) return;
  std::filesystem::file_time_type latest{};
  for (const std::string& file : {http.certificate, http.key}) {
    std::error_code error;
    const auto time = std::filesystem::last_write_time(file, error);
    if (error) return;  // it is being replaced
    latest = std::max(latest, time);
  }
  if (std::exchange(certificate_seen_, latest) == latest) return;
  // Where the other of the two is written a moment later, it is looked at again then.
  if (const auto taken = server_->reload_certificate(); !taken) {
    warn("the certificate stays as it was: " + taken.error().message());
  }
}

Result<std::unique_ptr<Store>> HttpService::open_store() {
  return make_store(daemon_.setup()->config);
}

WallTime HttpService::now() {
  return now_in_seconds();
}

std::vector<std::string> HttpService::watched() {
  const auto inventory = daemon_.inventory();
  const auto policy = make_policy(daemon_.setup()->config, *inventory, {});
  std::vector<std::string> names = names_of(*inventory);
  if (policy) {
    std::erase_if(names,
                  [&](const std::string& name) { return policy->excluded_nodes.contains(name); });
  }
  return names;
}

std::vector<Instance> HttpService::configured_instances() {
  return daemon_.setup()->config.serve.instances;
}

Result<void> HttpService::check_instance(const Instance& instance) {
  return check_instance_against(instance, daemon_.setup()->config, *daemon_.inventory());
}

Result<void> HttpService::order_sweep(const serve::SweepOrder& order, const std::string& person) {
  LOCKSTEP_TRY(const auto nodes, parse_inventory_nodes(order.nodes, *daemon_.inventory()));
  if (!order.ports.empty()) LOCKSTEP_CHECK(parse_port_spec(order.ports, Protocol::tcp));
  const std::scoped_lock lock(mutex_);
  if (orders_.size() >= kMostOrders) {
    return fail(ErrorKind::unavailable, "too many sweeps wait already: try again later");
  }
  orders_.push_back({order, person});
  ordered_.notify_all();
  return {};
}

void HttpService::sweep_ordered() {
  while (true) {
    std::unique_lock lock(mutex_);
    ordered_.wait(lock, [this] { return stop_ || !orders_.empty(); });
    if (stop_) return;
    const Ordered next = std::move(orders_.front());
    orders_.pop_front();
    lock.unlock();
    do_sweep(next);
  }
}

void HttpService::do_sweep(const Ordered& ordered) {
  OrderConsole console;
  cli::SweepCommand command;
  command.nodes = ordered.order.nodes;
  if (!ordered.order.ports.empty()) command.ports.ports = ordered.order.ports;
  command.services.due = ordered.order.services;
  Invocation call{.config = config_,
                  .person = ordered.person,
                  .console = console,
                  .stops = [this](const std::string& file) -> std::unique_ptr<StopSource> {
                    return std::make_unique<StopWatch>(file, stop_, nullptr);
                  },
                  .daemon = &daemon_};
  std::ignore = run_to_status(command, call);
}

}  // namespace lockstep
