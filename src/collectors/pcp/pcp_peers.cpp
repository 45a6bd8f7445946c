#include "collectors/pcp/pcp_peers.h"

#include <sys/socket.h>

#include <algorithm>

#include "proc/packets.h"

namespace lockstep::pcp {

Result<Worker*> Pool::State::worker_for(bool suspect) {
  Worker* best = nullptr;
  for (const auto& each : workers) {
    if (each->for_suspects != suspect || !each->lost.empty()) continue;
    if (best == nullptr || each->connections < best->connections) best = each.get();
  }
  if (best != nullptr && best->connections < options.connections_a_worker) return best;
  LOCKSTEP_TRY(ConfinedChild child, ConfinedChild::start(options.command));
  workers.push_back(std::make_unique<Worker>(std::move(child), suspect));
  return workers.back().get();
}

void Pool::State::disconnect(Peer& peer) {
  if (!peer.socket) return;
  // The worker's descriptor is of the same connection.
  ::shutdown(peer.socket.get(), SHUT_RDWR);
  peer.socket = UniqueFd();
  Worker& worker = *peer.worker;
  --worker.connections;
  std::erase(worker.to_ask, &peer);
  const auto asked = worker.asked.find(peer.connection);
  if (asked != worker.asked.end()) asked->second.peer = nullptr;
  if (std::exchange(peer.handed_over, false)) worker.to_close.push_back(peer.connection);
  peer.worker = nullptr;
  tell_closings(worker);
}

void Pool::State::tell_closings(Worker& worker) {
  while (!worker.to_close.empty()) {
    const auto sent =
        send_packet(worker.child.socket(), encode(Close{.connection = worker.to_close.front()}));
    if (!sent || !*sent) return;  // who is gone is found when it is listened to
    worker.to_close.pop_front();
  }
}

}  // namespace lockstep::pcp
