#include "store/sql/libpq_connect.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace lockstep {
namespace {

using Clock = std::chrono::steady_clock;

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

/// True where the socket became ready for what `wanted` waits for.
bool wait_for(PGconn* connection, PostgresPollingStatusType wanted, Clock::time_point deadline) {
  pollfd socket{PQsocket(connection), 0, 0};
  socket.events = wanted == PGRES_POLLING_WRITING ? POLLOUT : POLLIN;
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left > 0 && ::poll(&socket, 1, static_cast<int>(left)) > 0;
}

/// The SQLSTATE in "FATAL:  3D000", which is all that PQERRORS_SQLSTATE leaves of a message.
std::string state_in(std::string_view message) {
  constexpr std::size_t kLength = 5;
  message = message.substr(0, message.find_last_not_of(" \n") + 1);
  if (message.size() < kLength) return {};
  const std::string_view state = message.substr(message.size() - kLength);
  const bool fits = std::ranges::all_of(
      state, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
  return fits ? std::string(state) : std::string();
}

}  // namespace

std::string sqlstate_of_refusal(const std::string& url, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  const std::unique_ptr<PGconn, Finish> connection(PQconnectStart(url.c_str()));
  if (!connection) return {};
  PQsetErrorVerbosity(connection.get(), PQERRORS_SQLSTATE);
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status == PGRES_POLLING_WRITING || status == PGRES_POLLING_READING) {
    if (PQstatus(connection.get()) == CONNECTION_BAD) return {};
    if (!wait_for(connection.get(), status, deadline)) return {};
    status = PQconnectPoll(connection.get());
  }
  if (status == PGRES_POLLING_OK) return {};
  return state_in(PQerrorMessage(connection.get()));
}

}  // namespace lockstep
