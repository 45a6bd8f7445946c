// Messages that tests send.

#pragma once

#include "notify/message.h"

namespace lockstep::notify::samples {

/// 2026-12-01T00:00:00Z and `second` seconds.
inline WallTime at(int second) {
  return WallTime(std::chrono::seconds(1'796'083'200 + second));
}

/// With a value of its own in every field.
inline Message full() {
  return {.what = What::updated,
          .id = "A-17.1796083200.2",
          .cluster = "lab",
          .cause = "A-17",
          .subject = {.kind = FindingKind::unexpected_port,
                      .node_class = "compute+gpu",
                      .network = "hsn",
                      .protocol = Protocol::udp,
                      .port = Port{4444},
                      .state = PortState::open_filtered,
                      .reason = "reason"},
          .severity = Severity::high,
          .severity_before = Severity::medium,
          .nodes = "node[017,201]",
          .new_nodes = "node201",
          .node_count = 2,
          .first_seen = at(1),
          .last_seen = at(2),
          .at = at(3),
          .detail = "re-asked 2x, still open",
          .expected = "closed",
          .clones = "8,278 closed",
          .resolution = "because"};
}

/// What somebody who owns a node may make it say.
inline Message hostile() {
  Message message = full();
  message.cluster = "lab\r\nBcc: eve@example.org";
  message.subject.node_class = "x\r\nBcc: eve@example.org";
  message.detail =
      "\r\nBcc: eve@example.org\r\n\r\n.\r\nMAIL FROM:<eve>\x1b[2J\x07 <!channel> @here `code` "
      "*bold* \"]|=\\ \xff \xe2\x80\xae";
  message.clones = "\"] [x y=\"z\"] a=b|c\\";
  return message;
}

}  // namespace lockstep::notify::samples
