// The targets behind one interface, ready to be asked: the frame of each probe, and what a received
// frame tells. One class a protocol. Immutable while threads use it.

#pragma once

#include <optional>
#include <vector>

#include "net/io/frame_io.h"
#include "net/route.h"
#include "scan/result_table.h"
#include "scan/walk.h"

namespace lockstep::scan {

struct AnsweredPort {
  std::uint32_t target = 0;  ///< index in the plan
  Port port = 0;
};

/// What a received frame was.
struct Classified {
  bool news = false;                  ///< the first answer of a probe
  std::optional<net::Frame> reset{};  ///< to send, where it was the SYN-ACK of an open port of ours
  std::optional<AnsweredPort> again{};  ///< answers, as it did before
};

class ProbeLink {
 public:
  explicit ProbeLink(net::Interface interface) : interface_(std::move(interface)) {}
  virtual ~ProbeLink() = default;

  const net::Interface& interface() const { return interface_; }
  const std::vector<std::uint32_t>& targets() const { return order_; }

  /// `index` is the target's index in the plan. Before any probe of it is written.
  void add(std::uint32_t index, const net::LinkAddresses& addresses) {
    order_.push_back(index);
    do_add(index, addresses);
  }

  virtual net::FrameFilter filter() const = 0;
  /// Room for the largest frame of a probe, in bytes.
  virtual std::size_t frame_room() const = 0;

  /// Writes the frame of `probe` in pass `pass` (from 1) into `room`; returns its size.
  virtual std::size_t write(const Probe& probe, unsigned pass, net::MutableBytes room) const = 0;

  /// Notes what a received frame tells in `table`. A frame that claims to answer a probe of ours,
  /// and does not, counts as stray.
  virtual Classified classify(net::Bytes frame, const ResultTable& table) const = 0;

  /// Notes what only the end of a pass can tell. Called when no thread classifies any more.
  virtual void settle(const ResultTable& /*table*/) const {}

 private:
  virtual void do_add(std::uint32_t index, const net::LinkAddresses& addresses) = 0;

  net::Interface interface_;
  std::vector<std::uint32_t> order_;
};

/// Counts a frame that answers nothing of ours.
inline Classified stray(const ResultTable& table) {
  table.run().stray.fetch_add(1, std::memory_order_relaxed);
  return {};
}

}  // namespace lockstep::scan
