#include "store/sql/store_check.h"

#include <fmt/format.h>

#include <limits>
#include <memory>
#include <vector>

#include "store/sql/connect.h"
#include "store/sql/errors.h"
#include "store/sql/sql_store.h"
#include "store/sql/transaction.h"

namespace lockstep {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::int32_t>::max();

class Problems {
 public:
  template <typename T>
  void note(const Result<T>& result) {
    if (!result) lines_.push_back(result.error().message());
  }
  void note(std::string line) { lines_.push_back(std::move(line)); }

  Result<void> result() const {
    if (lines_.empty()) return {};
    return fail(ErrorKind::corrupt, fmt::format("{}", fmt::join(lines_, "\n")));
  }

 private:
  std::vector<std::string> lines_;
};

/// What the file itself has to say.
Result<void> check_file(std::string_view url, Problems& problems) {
  if (!url.starts_with("sqlite:")) return {};
  LOCKSTEP_TRY(const auto connection, connect(url, kStoreBusyTimeout));
  return guarded(name_of_store(url), [&]() -> Result<void> {
    const Transaction reading(*connection, Access::read);
    return connection->bulk().read("PRAGMA integrity_check", [&](Fields row) -> Result<void> {
      const std::string_view said = row.empty() ? "" : row[0].value_or("");
      if (said != "ok") problems.note(fmt::format("the file is damaged: {}", said));
      return {};
    });
  });
}

void check_meaning(Store& store, Problems& problems) {
  problems.note(store.profiles());
  problems.note(store.baselines());
  problems.note(store.approvals());
  problems.note(store.sweeps(kAll));
  problems.note(store.looks());
  problems.note(store.port_states());
  problems.note(store.services());
  problems.note(store.known_keys());
  problems.note(store.alerts());
  problems.note(store.instances());
  problems.note(store.maintenance());
  problems.note(store.runs(kAll));
  problems.note(store.job_listeners());
  problems.note(store.values());
  problems.note(store.value_rules());
  problems.note(store.port_reports());
  problems.note(store.events(0, kAll));
  problems.note(store.users());
  problems.note(store.tokens());
  problems.note(store.notices());
  problems.note(store.outbox({.limit = kAll}));
  const Period ever = {WallTime(), WallTime::max()};
  problems.note(store.port_changes("", ever, kAll));
  problems.note(store.alert_spans(ever, kAll));
  problems.note(store.past_begins());
  const auto chain = store.check_audit();
  problems.note(chain);
  if (!chain || !chain->broken) return;
  problems.note(
      fmt::format("what people did was changed: entry {} of the audit does not follow "
                  "the one before it",
                  *chain->broken));
}

}  // namespace

Result<StoreContents> check_store(std::string_view url) {
  LOCKSTEP_TRY(StoreContents contents, read_contents(url));
  Problems problems;
  LOCKSTEP_CHECK(check_file(url, problems));
  LOCKSTEP_TRY(const std::unique_ptr<Store> store, open_store(url));
  check_meaning(*store, problems);
  LOCKSTEP_CHECK(problems.result());
  return contents;
}

}  // namespace lockstep
