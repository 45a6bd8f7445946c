// A recorded network: what is sent goes into a capture file, and the answers come out of another
// one, on a virtual clock. With the seed and the key of the recorded sweep, a replay gives the
// same result, so that what went wrong at a site can be looked at elsewhere.
//
// What keeps the two in step is not time but the count of our own frames: an answer that was
// recorded after n of them arrives as soon as n have been sent. So a capture has to hold both
// directions, of one end; in one that holds answers only, all of them arrive before the first
// probe, while the engine listens for neighbours alone.

#pragma once

#include <memory>
#include <string>

#include "net/io/frame_io.h"

namespace lockstep::net {

struct PcapFiles {
  std::string answers;  ///< read: frames from `monitor_mac` are the probes, the rest the answers
  std::string sent;     ///< written: the frames of this run; empty: they are dropped
};

/// An end that replays. `not_found`, `corrupt` or `unavailable` tell of the file concerned.
Result<std::unique_ptr<FrameIo>> open_pcap_file(const PcapFiles& files,
                                                const MacAddress& monitor_mac);

/// An end that passes everything on to `inner` and writes both directions into `path`.
Result<std::unique_ptr<FrameIo>> record_to_pcap(std::unique_ptr<FrameIo> inner,
                                                const std::string& path);

}  // namespace lockstep::net
