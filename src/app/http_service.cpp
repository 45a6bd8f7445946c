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
#include "app/notifications.h"
#include "app/session.h"
#include "app/stop_order.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/options.h"
#include "control/scan_targets.h"
#include "model/port_spec.h"
#include "notify/message.h"
#include "proc/stop_watch.h"
#include "serve/pages/assets.h"

namespace lockstep {
namespace {

constexpr std::size_t kMostOrders = 4;
constexpr std::size_t kMostSweepsTold = 20;

/// Of what nobody waits for: what went wrong goes to the log.
class OrderConsole final : public Console {
 public:
  /// `begun` is called, more than once and from any thread, once something is asked.
  explicit OrderConsole(std::string what, std::function<void()> begun = {})
      : what_(std::move(what)), begun_(std::move(begun)) {}
  /// What was said last; empty: nothing.
  const std::string& last_word() const { return last_word_; }
  Result<void> print(std::string_view /*text*/) override { return {}; }
  void warn(std::string_view text) override {
    last_word_ = text;
    lockstep::warn(fmt::format("{}: {}", what_, text));
  }
  void progress(const CollectProgress& /*progress*/) override {
    if (begun_) begun_();
  }
  Result<void> open_report(const std::string& /*path*/) override { return {}; }
  Result<void> write_report(std::string_view /*text*/) override { return {}; }

 private:
  std::string what_;
  std::function<void()> begun_;
  std::string last_word_;
};

/// The command that somebody would have typed.
cli::SweepCommand as_command(const serve::SweepOrder& order) {
  cli::SweepCommand command;
  command.nodes = order.nodes;
  if (!order.ports.empty()) command.ports.ports = order.ports;
  command.services.due = order.services;
  return command;
}
cli::LearnCommand as_command(const serve::LearnOrder& order) {
  cli::LearnCommand command;
  command.node_class = order.host_type;
  command.from = order.node;
  command.consensus = order.node.empty();
  return command;
}

}  // namespace

Result<std::unique_ptr<HttpService>> HttpService::listen(DaemonLink& daemon, std::string config,
                                                         UniqueFd socket) {
  const HttpConfig http = daemon.setup()->config.http;
  if (!http.enabled()) {
    if (!socket) return nullptr;
    return fail(ErrorKind::invalid, "a socket was handed over, and [http] listen says nothing");
  }
  std::unique_ptr<HttpService> service(new HttpService(daemon, std::move(config)));
  serve::HttpOptions options;
  options.address = http.address;
  options.port = http.port;
  options.certificate = http.certificate;
  options.key = http.key;
  LOCKSTEP_TRY(service->server_, serve::HttpServer::listen(options, std::move(socket)));
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
  sweeper_ = std::jthread([this] { do_ordered(); });
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

Result<std::int64_t> HttpService::order_sweep(const serve::SweepOrder& order,
                                              const std::string& person) {
  LOCKSTEP_TRY(const auto nodes, parse_inventory_nodes(order.nodes, *daemon_.inventory()));
  if (!order.ports.empty()) LOCKSTEP_CHECK(parse_port_spec(order.ports, Protocol::tcp));
  const auto setup = daemon_.setup();
  LOCKSTEP_CHECK(require_fence(*setup));
  LOCKSTEP_CHECK(require_no_stop_order(setup->config));
  return take({.order = order, .person = person});
}

Result<control::DaemonStatus> HttpService::status() {
  LOCKSTEP_TRY(control::DaemonStatus status, daemon_.status());
  const std::scoped_lock lock(mutex_);
  status.orders.assign(sweeps_.begin(), sweeps_.end());
  return status;
}

Result<void> HttpService::order_learning(const serve::LearnOrder& order,
                                         const std::string& person) {
  const auto setup = daemon_.setup();
  const auto inventory = daemon_.inventory();
  LOCKSTEP_TRY(const TargetPolicy policy, make_policy(setup->config, *inventory, {}));
  LOCKSTEP_CHECK(control::check_learnable(*inventory, policy, order.host_type, order.node,
                                          setup->config.analysis.consensus));
  LOCKSTEP_CHECK(take({.order = order, .person = person}));
  return {};
}

Result<std::int64_t> HttpService::take(Ordered ordered) {
  const std::scoped_lock lock(mutex_);
  if (orders_.size() >= kMostOrders) {
    return fail(ErrorKind::unavailable, "too much waits to be done already: try again later");
  }
  if (const auto* const sweep = std::get_if<serve::SweepOrder>(&ordered.order)) {
    ordered.number = ++latest_sweep_;
    sweeps_.push_front({.number = ordered.number,
                        .nodes = sweep->nodes,
                        .ports = sweep->ports,
                        .services = sweep->services,
                        .person = ordered.person,
                        .ordered = now()});
    if (sweeps_.size() > kMostSweepsTold) sweeps_.pop_back();
  }
  const std::int64_t number = ordered.number;
  orders_.push_back(std::move(ordered));
  ordered_.notify_all();
  return number;
}

void HttpService::update(std::int64_t number,
                         const std::function<void(control::OrderedSweep&)>& change) {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(sweeps_, number, &control::OrderedSweep::number);
  if (found != sweeps_.end()) change(*found);
}

void HttpService::do_ordered() {
  while (true) {
    std::unique_lock lock(mutex_);
    ordered_.wait(lock, [this] { return stop_ || !orders_.empty(); });
    if (stop_) {
      const std::deque<Ordered> left = std::exchange(orders_, {});
      lock.unlock();
      for (const Ordered& each : left) give_up(each);
      return;
    }
    const Ordered next = std::move(orders_.front());
    orders_.pop_front();
    lock.unlock();
    do_one(next);
  }
}

/// It was accepted, and the daemon ends before it began.
void HttpService::give_up(const Ordered& ordered) {
  const auto* const learning = std::get_if<serve::LearnOrder>(&ordered.order);
  if (learning == nullptr) {
    warn("a sweep that was ordered is not begun: the daemon ends");
    return;
  }
  note_not_learned(*learning, ordered.person, "the daemon ended before it began");
}

void HttpService::do_one(const Ordered& ordered) {
  std::holds_alternative<serve::LearnOrder>(ordered.order) ? learn(ordered) : do_sweep(ordered);
}

Invocation HttpService::invocation(Console& console, const std::string& person) {
  return {.config = config_,
          .person = person,
          .console = console,
          .stops = [this](const std::string& file) -> std::unique_ptr<StopSource> {
            return std::make_unique<StopWatch>(file, stop_, nullptr);
          },
          .daemon = &daemon_};
}

void HttpService::do_sweep(const Ordered& ordered) {
  using State = control::OrderedSweep::State;
  OrderConsole console("sweep", [this, number = ordered.number] {
    update(number, [](control::OrderedSweep& sweep) { sweep.state = State::running; });
  });
  Invocation call = invocation(console, ordered.person);
  const auto done =
      run_sweep_without_profile(as_command(std::get<serve::SweepOrder>(ordered.order)), call);
  if (!done) console.warn(done.error().message());
  update(ordered.number, [&](control::OrderedSweep& sweep) {
    sweep.state = done ? State::ended : State::failed;
    sweep.ended = now();
    sweep.problem = console.last_word();
  });
}

void HttpService::learn(const Ordered& ordered) {
  const auto& order = std::get<serve::LearnOrder>(ordered.order);
  OrderConsole console("learning " + lockstep::quoted(order.host_type));
  Invocation call = invocation(console, ordered.person);
  if (run_to_status(as_command(order), call) == cli::kInStep) return;
  note_not_learned(order, ordered.person, console.last_word());
}

/// Nobody waits for it: who ordered it finds it in the history, and an event says so.
void HttpService::note_not_learned(const serve::LearnOrder& order, const std::string& person,
                                   const std::string& why) {
  const auto store = open_store();
  if (!store) return;  // the log has it
  const AuditEntry entry = {.at = now(),
                            .person = person,
                            .action = "profile learn",
                            .subject = order.host_type,
                            .detail = "failed: " + why};
  const Event event = {.id = 0,
                       .at = entry.at,
                       .kind = EventKind::profile_not_learned,
                       .subject = order.host_type,
                       .nodes = {}};
  if (const auto noted = (*store)->add_audit(entry, &event); !noted) {
    warn("noting what failed: " + noted.error().message());
  }
}

std::vector<control::ChannelInfo> HttpService::channels() {
  return channel_infos(daemon_.setup()->config);
}

Result<control::TestDelivery> HttpService::test_channel(const std::string& name) {
  const auto setup = daemon_.setup();
  const auto& channels = setup->config.notify.channels;
  const auto found = std::ranges::find_if(
      channels, [&](const NotifyChannelConfig& each) { return each.policy.name == name; });
  if (found == channels.end()) {
    return fail(ErrorKind::not_found,
                fmt::format("there is no channel {}", lockstep::quoted(name)));
  }
  // It holds one of few threads for as long as the other side takes.
  const std::unique_lock lock(testing_, std::try_to_lock);
  if (!lock) return fail(ErrorKind::unavailable, "a message is being sent already: try again");
  return send_test(*found, setup->config.cluster, stop_);
}

std::string HttpService::title_of(const OutboxMessage& message) {
  const auto read = notify::read_message(message.payload);
  return read ? notify::title_of(*read) : read.error().message();
}

std::vector<MaintenanceWindow> HttpService::configured_maintenance() {
  return maintenance_of(daemon_.setup()->config);
}

}  // namespace lockstep
