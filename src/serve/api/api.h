// The HTTP API: who asks, which route, what he may, the answer.

#pragma once

#include <mutex>
#include <span>
#include <vector>

#include "serve/api/call.h"
#include "serve/api/live.h"
#include "serve/api/partial_events.h"
#include "serve/api/routes.h"
#include "serve/http/server.h"
#include "serve/pages/pages.h"

namespace lockstep::serve {

struct ApiOptions {
  AccessPolicy access{};
  bool open_metrics = false;       ///< /metrics without a token
  std::span<const Asset> pages{};  ///< the user interface; borrowed
};

/// For several threads at once.
class Api {
 public:
  /// All outlive it.
  Api(ApiWorld& world, Live& live, const HttpServer& server, ApiOptions options = {})
      : world_(world), live_(live), server_(server), options_(options) {}

  HttpResponse answer(const HttpRequest& request);

 private:
  Result<std::unique_ptr<Store>> take_store();
  void give_back(std::unique_ptr<Store> store);
  HttpResponse answer_path(const HttpRequest& request, Store& store);
  HttpResponse answer_route(const HttpRequest& request, const Match& match, Store& store);
  Result<std::optional<Identity>> identify(const HttpRequest& request, Access& access);
  /// To what the caller may know.
  void limit_events(const ApiCall& call, HttpResponse& response);
  HttpResponse health(bool ready);
  HttpResponse metrics();

  ApiWorld& world_;
  Live& live_;
  const HttpServer& server_;
  ApiOptions options_;
  Throttle throttle_;
  PartialEvents partial_events_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Store>> stores_;  // that nobody uses
};

}  // namespace lockstep::serve
