// One engine for TCP and one for UDP behind one name: what a protocol is asked best with differs.

#pragma once

#include <memory>

#include "scan/engine.h"

namespace lockstep::scan {

class ByProtocolEngine final : public Engine {
 public:
  /// Both must be given, and agree in whether they complete handshakes.
  ByProtocolEngine(std::unique_ptr<Engine> tcp, std::unique_ptr<Engine> udp)
      : tcp_(std::move(tcp)), udp_(std::move(udp)) {}

  /// Of the one that ran last; before any run, of the one for TCP.
  std::string_view name() const override { return udp_ran_ ? udp_->name() : tcp_->name(); }
  bool completes_handshakes() const override { return tcp_->completes_handshakes(); }

 private:
  /// Each checks the fence once more, as any engine does.
  Result<void> do_run(const Plan& plan, const ResultTable& table,
                      std::vector<std::uint32_t> /*targets*/) override {
    udp_ran_ = plan.protocol == Protocol::udp;
    return (udp_ran_ ? udp_ : tcp_)->run(plan, table);
  }

  std::unique_ptr<Engine> tcp_;
  std::unique_ptr<Engine> udp_;
  bool udp_ran_ = false;
};

}  // namespace lockstep::scan
