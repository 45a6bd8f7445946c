// A book of alerts for tests, which sweeps and people change.

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "analysis/alerts.h"
#include "analysis/test_world.h"

namespace lockstep {

struct Book {
  /// Judges `world` and writes what comes of it.
  AlertChanges sweep(const World& world, WallTime now, bool interrupted = false) {
    const AlertChanges changes = world.judged_by([&](const JudgeInput& input) {
      const std::vector<Finding> findings = judge(input);
      return update_alerts(records,
                           {.input = input,
                            .findings = findings,
                            .interrupted = interrupted,
                            .last_closed = last_closed},
                           policy, now);
    });
    write(changes);
    return changes;
  }

  void act(AlertAction::Kind kind, std::int64_t id, std::chrono::seconds duration, WallTime now) {
    write(act_on_alerts(records,
                        {.kind = kind,
                         .ids = {id},
                         .nodes = {},
                         .person = "kim",
                         .note = "a note",
                         .duration = duration},
                        now)
              .value());
  }

  void write(const AlertChanges& changes) {
    const auto same = [](std::int64_t id, const std::string& node) {
      return [id, &node](const AlertRecord& each) { return each.id == id && each.node == node; };
    };
    for (const auto& [id, node] : changes.forgotten) std::erase_if(records, same(id, node));
    for (const AlertRecord& written : changes.written) {
      std::erase_if(records, same(written.id, written.node));
      records.push_back(written);
    }
    std::ranges::sort(records, [](const AlertRecord& a, const AlertRecord& b) {
      return std::tie(a.id, a.node) < std::tie(b.id, b.node);
    });
  }

  /// "A-1 open unexpected-port n2 4444"; with "= WHY" behind what is resolved.
  std::vector<std::string> told() const {
    std::vector<std::string> lines;
    for (const AlertRecord& each : records) {
      std::string line = fmt::format("A-{} {} {} {}", each.id, to_string(each.status),
                                     to_string(each.subject.kind), each.node);
      if (each.subject.port) line += fmt::format(" {}", *each.subject.port);
      if (each.status == AlertStatus::resolved) line += fmt::format(" = {}", each.resolution);
      lines.push_back(line);
    }
    return lines;
  }

  std::vector<AlertRecord> records;
  AlertPolicy policy;
  LastClosed last_closed;
};

}  // namespace lockstep
