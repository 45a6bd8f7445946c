// An engine that is preferred, and one that takes over where the preferred one cannot.

#pragma once

#include <memory>

#include "scan/engine.h"

namespace lockstep::scan {

class PreferredEngine final : public Engine {
 public:
  /// Both must be given, and agree in whether they complete handshakes.
  PreferredEngine(std::unique_ptr<Engine> preferred, std::unique_ptr<Engine> other)
      : preferred_(std::move(preferred)), other_(std::move(other)) {}

  /// Of the one that ran last.
  std::string_view name() const override {
    return other_ran_ ? other_->name() : preferred_->name();
  }
  bool completes_handshakes() const override { return preferred_->completes_handshakes(); }

 private:
  /// The other runs where the preferred one fails before its first probe.
  Result<void> do_run(const Plan& plan, const ResultTable& table,
                      std::vector<std::uint32_t> /*targets*/) override {
    const auto done = preferred_->run(plan, table);
    other_ran_ = !done && table.run().probes == 0 && !table.run().stop;
    return other_ran_ ? other_->run(plan, table) : done;
  }

  std::unique_ptr<Engine> preferred_;
  std::unique_ptr<Engine> other_;
  bool other_ran_ = false;
};

}  // namespace lockstep::scan
