#include "store/sql/migrations.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <span>
#include <string>
#include <string_view>

#include "store/sql/errors.h"
#include "store/sql/transaction.h"

namespace lockstep {

int schema_version(Connection& connection) {
  if (!connection.has_table("schema_version")) return 0;
  int version = 0;
  soci::indicator present = soci::i_null;
  connection.sql() << "SELECT MAX(version) FROM schema_version", soci::into(version, present);
  return present == soci::i_ok ? version : 0;
}

namespace {

// A site may have made Table 1 itself, from the paper; it has neither key nor further column, so
// that a plain INSERT of four values works.
constexpr std::string_view kFirst[] = {
    R"(CREATE TABLE IF NOT EXISTS open_ports (
  port int, protocol char(5), service char(50), host_type char(60)))",
    "{adopt} open_ports",
    R"(CREATE TABLE nodes (
  name varchar(255) NOT NULL PRIMARY KEY,
  cluster varchar(255) NOT NULL,
  group_name varchar(255) NOT NULL))",
    R"(CREATE TABLE node_addresses (
  node varchar(255) NOT NULL REFERENCES nodes (name),
  address varchar(45) NOT NULL,
  network varchar(255) NOT NULL))",
    R"(CREATE TABLE node_classes (
  node varchar(255) NOT NULL REFERENCES nodes (name),
  class varchar(255) NOT NULL,
  PRIMARY KEY (node, class)))",
};

constexpr std::string_view kSecond[] = {
    // The inventory is compared with what is stored, and only differences are written.
    "CREATE INDEX node_addresses_by_node ON node_addresses (node)",

    // For hands, like Table 1: no key that would refuse a row; what has no sense is told when read.
    R"(CREATE TABLE port_rules (
  host_type varchar(60), protocol varchar(5), ports {text}, presence varchar(20),
  until varchar(20)))",
    "CREATE TABLE service_rules (name varchar(50) NOT NULL PRIMARY KEY, rule {text})",

    R"(CREATE TABLE baselines (
  host_type varchar(60) NOT NULL PRIMARY KEY,
  origin {text} NOT NULL,
  made varchar(20) NOT NULL,
  maker varchar(255) NOT NULL))",
    R"(CREATE TABLE baseline_ports (
  host_type varchar(60) NOT NULL REFERENCES baselines (host_type),
  port int NOT NULL,
  protocol varchar(5) NOT NULL,
  service varchar(50) NOT NULL,
  PRIMARY KEY (host_type, port, protocol)))",
    R"(CREATE TABLE baseline_outliers (
  host_type varchar(60) NOT NULL REFERENCES baselines (host_type),
  line_number int NOT NULL,
  outlier {text} NOT NULL,
  PRIMARY KEY (host_type, line_number)))",
    // Lines are numbered, since a line may be longer than PostgreSQL allows in a key.
    R"(CREATE TABLE approvals (
  host_type varchar(60) NOT NULL,
  line_number int NOT NULL,
  line {text} NOT NULL,
  approved_at varchar(20) NOT NULL,
  approved_by varchar(255) NOT NULL,
  PRIMARY KEY (host_type, line_number)))",

    "CREATE TABLE port_sets (id bigint NOT NULL PRIMARY KEY, ports {text} NOT NULL)",
    R"(CREATE TABLE sweeps (
  id bigint NOT NULL PRIMARY KEY,
  state varchar(20) NOT NULL,
  started varchar(20) NOT NULL,
  ended varchar(20) NOT NULL,
  nodes {text} NOT NULL,
  port_set bigint NOT NULL REFERENCES port_sets (id),
  owner varchar(255) NOT NULL,
  host varchar(255) NOT NULL,
  method varchar(60) NOT NULL,
  probes bigint NOT NULL,
  node_count bigint NOT NULL,
  proven bigint NOT NULL,
  problem {text} NOT NULL))",
    "CREATE INDEX sweeps_by_state ON sweeps (state)",  // who is running
    R"(CREATE TABLE looks (
  node varchar(255) NOT NULL,
  network varchar(255) NOT NULL,
  address varchar(45) NOT NULL,
  protocol varchar(5) NOT NULL,
  port_set bigint NOT NULL REFERENCES port_sets (id),
  sweep bigint NOT NULL,
  looked varchar(20) NOT NULL,
  examined varchar(20),
  gap varchar(20) NOT NULL,
  asked bigint NOT NULL,
  wanted bigint NOT NULL,
  PRIMARY KEY (node, network, address, protocol, port_set)){clustered})",
    R"(CREATE TABLE port_states (
  node varchar(255) NOT NULL,
  network varchar(255) NOT NULL,
  address varchar(45) NOT NULL,
  protocol varchar(5) NOT NULL,
  port int NOT NULL,
  state varchar(20) NOT NULL,
  evidence varchar(20) NOT NULL,
  since varchar(20) NOT NULL,
  PRIMARY KEY (node, network, address, protocol, port)){clustered})",

    R"(CREATE TABLE alerts (
  id bigint NOT NULL,
  node varchar(255) NOT NULL,
  kind varchar(30) NOT NULL,
  class {text} NOT NULL,
  network varchar(255) NOT NULL,
  protocol varchar(5),
  port int,
  state varchar(20),
  reason {text} NOT NULL,
  address varchar(45) NOT NULL,
  severity varchar(20) NOT NULL,
  status varchar(20) NOT NULL,
  first_seen varchar(20) NOT NULL,
  last_seen varchar(20) NOT NULL,
  changed varchar(20) NOT NULL,
  last_closed varchar(20),
  until varchar(20),
  expected {text} NOT NULL,
  detail {text} NOT NULL,
  clones {text} NOT NULL,
  owner varchar(255) NOT NULL,
  note {text} NOT NULL,
  resolution {text} NOT NULL,
  PRIMARY KEY (id, node)){clustered})",
};

// Texts come from services, whoever they are: what is too long for a column is cut before. A key
// belongs to a place of `services`; no database checks that, since it would for each of many.
constexpr std::string_view kThird[] = {
    "ALTER TABLE port_rules {widen} presence {to} varchar(80)",  // "service:TEXT"
    R"(CREATE TABLE services (
  node varchar(255) NOT NULL,
  network varchar(255) NOT NULL,
  address varchar(45) NOT NULL,
  protocol varchar(5) NOT NULL,
  port int NOT NULL,
  name varchar(100) NOT NULL,
  product varchar(255) NOT NULL,
  version varchar(255) NOT NULL,
  info varchar(255) NOT NULL,
  hostname varchar(255) NOT NULL,
  "system" varchar(255) NOT NULL,
  device varchar(255) NOT NULL,
  tls int NOT NULL,
  "match" varchar(10) NOT NULL,
  answer varchar(20) NOT NULL,
  doubt varchar(20) NOT NULL,
  note {text} NOT NULL,
  programs {text} NOT NULL,
  asked_at varchar(20) NOT NULL,
  PRIMARY KEY (node, network, address, protocol, port)){clustered})",
    R"(CREATE TABLE service_keys (
  node varchar(255) NOT NULL,
  network varchar(255) NOT NULL,
  address varchar(45) NOT NULL,
  protocol varchar(5) NOT NULL,
  port int NOT NULL,
  type varchar(100) NOT NULL,
  sha256 varchar(100) NOT NULL,
  PRIMARY KEY (node, network, address, protocol, port, type, sha256)){clustered})",
    R"(CREATE TABLE known_keys (
  node varchar(255) NOT NULL,
  network varchar(255) NOT NULL,
  protocol varchar(5) NOT NULL,
  port int NOT NULL,
  type varchar(100) NOT NULL,
  sha256 varchar(100) NOT NULL,
  since varchar(20) NOT NULL,
  accepted_by varchar(255) NOT NULL,
  PRIMARY KEY (node, network, protocol, port, type, sha256)){clustered})",
};

constexpr std::string_view kFourth[] = {
    // Of an instance that the configuration has too, what stands here holds.
    R"(CREATE TABLE instances (
  name varchar(60) NOT NULL PRIMARY KEY,
  settings {text} NOT NULL,
  changed_at varchar(20) NOT NULL,
  changed_by varchar(255) NOT NULL))",
    R"(CREATE TABLE runs (
  id bigint NOT NULL PRIMARY KEY,
  instance varchar(60) NOT NULL,
  state varchar(20) NOT NULL,
  started varchar(20) NOT NULL,
  ended varchar(20) NOT NULL,
  owner varchar(255) NOT NULL,
  nodes bigint NOT NULL,
  proven bigint NOT NULL,
  steps bigint NOT NULL,
  steps_done bigint NOT NULL,
  probes bigint NOT NULL,
  problem {text} NOT NULL))",
    "ALTER TABLE sweeps ADD COLUMN run bigint",  // null: of no instance
    R"(CREATE TABLE audit (
  id bigint NOT NULL PRIMARY KEY,
  happened_at varchar(20) NOT NULL,
  person varchar(255) NOT NULL,
  action varchar(60) NOT NULL,
  subject {text} NOT NULL,
  detail {text} NOT NULL))",
    R"(CREATE TABLE node_values (
  node varchar(255) NOT NULL,
  instance varchar(60) NOT NULL,
  name varchar(100) NOT NULL,
  number varchar(40),
  text {text},
  unit varchar(40) NOT NULL,
  measured_at varchar(20) NOT NULL,
  PRIMARY KEY (node, instance, name)){clustered})",
    // For hands, like port_rules.
    R"(CREATE TABLE value_rules (
  host_type varchar(60), instance varchar(60), name varchar(100), rule {text}))",
    R"(CREATE TABLE job_listeners (
  node varchar(255) NOT NULL,
  network varchar(255) NOT NULL,
  protocol varchar(5) NOT NULL,
  port int NOT NULL,
  jobs {text} NOT NULL,
  since varchar(20) NOT NULL,
  PRIMARY KEY (node, network, protocol, port)){clustered})",
};

// What a plug-in instance says of ports is none of our looks: it stands apart.
constexpr std::string_view kFifth[] = {
    R"(CREATE TABLE reported_looks (
  node varchar(255) NOT NULL,
  instance varchar(60) NOT NULL,
  network varchar(255) NOT NULL,
  address varchar(45) NOT NULL,
  tcp varchar(1024) NOT NULL,
  udp varchar(1024) NOT NULL,
  looked varchar(20) NOT NULL,
  PRIMARY KEY (node, instance, network, address)){clustered})",
    R"(CREATE TABLE reported_ports (
  node varchar(255) NOT NULL,
  instance varchar(60) NOT NULL,
  network varchar(255) NOT NULL,
  address varchar(45) NOT NULL,
  protocol varchar(5) NOT NULL,
  port int NOT NULL,
  since varchar(20) NOT NULL,
  PRIMARY KEY (node, instance, network, address, protocol, port)){clustered})",
};

constexpr std::string_view kSixth[] = {
    R"(CREATE TABLE events (
  id bigint NOT NULL PRIMARY KEY,
  happened_at varchar(20) NOT NULL,
  kind varchar(40) NOT NULL,
  subject varchar(255) NOT NULL,
  nodes {text} NOT NULL))",
    R"(CREATE TABLE users (
  name varchar(60) NOT NULL PRIMARY KEY,
  role varchar(20) NOT NULL,
  classes {text} NOT NULL,
  password varchar(255) NOT NULL,
  enabled int NOT NULL,
  changed_at varchar(20) NOT NULL))",
    R"(CREATE TABLE access_tokens (
  hash varchar(64) NOT NULL PRIMARY KEY,
  id bigint NOT NULL,
  kind varchar(20) NOT NULL,
  user_name varchar(60) NOT NULL,
  label varchar(100) NOT NULL,
  role varchar(20) NOT NULL,
  classes {text} NOT NULL,
  created varchar(20) NOT NULL,
  expires varchar(20),
  used varchar(20)))",
    "ALTER TABLE audit ADD COLUMN chain varchar(64)",  // null: noted before there was a chain
};

// What is told of alerts, and what waits to be told.
constexpr std::string_view kSeventh[] = {
    R"(CREATE TABLE notice_cursor (
  id int NOT NULL PRIMARY KEY,
  last_event bigint NOT NULL))",
    R"(CREATE TABLE notices (
  channel varchar(60) NOT NULL,
  cause varchar(255) NOT NULL,
  state varchar(20) NOT NULL,
  since varchar(20) NOT NULL,
  first_told varchar(20),
  last_told varchar(20),
  due varchar(20),
  messages int NOT NULL,
  updates int NOT NULL,
  raised int NOT NULL,
  severity varchar(20) NOT NULL,
  nodes {text} NOT NULL,
  facts {text} NOT NULL,
  PRIMARY KEY (channel, cause)){clustered})",
    R"(CREATE TABLE outbox (
  id bigint NOT NULL PRIMARY KEY,
  channel varchar(60) NOT NULL,
  dedup varchar(255) NOT NULL,
  made varchar(20) NOT NULL,
  due varchar(20) NOT NULL,
  tries int NOT NULL,
  state varchar(20) NOT NULL,
  payload {text} NOT NULL,
  problem {text} NOT NULL))",
};

constexpr std::string_view kEighth[] = {
    R"(CREATE TABLE spool_marks (
  spool varchar(40) NOT NULL PRIMARY KEY,
  number bigint NOT NULL))",
};

constexpr std::string_view kNinth[] = {
    R"(CREATE TABLE maintenance (
  id bigint NOT NULL PRIMARY KEY,
  nodes {text} NOT NULL,
  begins varchar(20) NOT NULL,
  ends varchar(20) NOT NULL,
  note {text} NOT NULL,
  made_by varchar(255) NOT NULL,
  made varchar(20) NOT NULL,
  removed varchar(20)))",
};

// The past. Points lie in the order of time, so that they are written at one end and taken away at
// the other; numbers are texts as in node_values, the same in each database.
constexpr std::string_view kTenth[] = {
    // The sweep that first examined all of the ports; null: none, or before this was noted.
    "ALTER TABLE looks ADD COLUMN first_sweep bigint",
    R"(CREATE TABLE port_changes (
  node varchar(255) NOT NULL,
  happened_at varchar(20) NOT NULL,
  network varchar(255) NOT NULL,
  address varchar(45) NOT NULL,
  protocol varchar(5) NOT NULL,
  port int NOT NULL,
  state varchar(20) NOT NULL,
  was varchar(20) NOT NULL,
  PRIMARY KEY (node, happened_at, network, address, protocol, port)){clustered})",
    R"(CREATE TABLE value_points (
  slot bigint NOT NULL,
  node varchar(255) NOT NULL,
  instance varchar(60) NOT NULL,
  name varchar(100) NOT NULL,
  measured_at bigint NOT NULL,
  number varchar(40) NOT NULL,
  PRIMARY KEY (slot, node, instance, name)){clustered})",
    R"(CREATE TABLE alert_spans (
  id bigint NOT NULL,
  node varchar(255) NOT NULL,
  began varchar(20) NOT NULL,
  ended varchar(20),
  severity varchar(20) NOT NULL,
  muted varchar(20),
  PRIMARY KEY (id, node, began)){clustered})",
    "CREATE TABLE past_begins (since varchar(20) NOT NULL PRIMARY KEY)",
    // What is there already began at some time before, and nobody noted what became of it.
    R"(INSERT INTO alert_spans (id, node, began, ended, severity, muted)
  SELECT id, node, CASE WHEN status = 'reopened' THEN changed ELSE first_seen END, NULL, severity,
    CASE WHEN status IN ('acknowledged', 'silenced') THEN changed ELSE NULL END
  FROM alerts WHERE status NOT IN ('pending', 'resolved')
    AND NOT EXISTS (SELECT 1 FROM alert_spans))",
    R"(INSERT INTO past_begins (since)
  SELECT latest FROM (SELECT MAX(ended) AS latest FROM sweeps) ended_sweeps
  WHERE latest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM past_begins))",
};

// What was said first, as text that escaped() makes; null: asked before it was kept. It stands with
// its row, in which it is replaced whenever the row is: a table of what differs among clones would
// be smaller for greetings that are alike, and grow with each sweep by those that have a date.
constexpr std::string_view kEleventh[] = {
    "ALTER TABLE services ADD COLUMN banner {text}",
};

/// The step at index i leads from version i to i + 1, in the words of dialect.h. Steps that were
/// released never change. A step may find each of its statements done already (see note_step()):
/// one that changes rows must come to the same when it is run again. Each has its way back in
/// schema_back.cpp.
constexpr Statements kSteps[] = {kFirst,   kSecond, kThird, kFourth, kFifth,   kSixth,
                                 kSeventh, kEighth, kNinth, kTenth,  kEleventh};
constexpr int kNewest = static_cast<int>(std::size(kSteps));

Result<void> check_known(int version) {
  if (version >= 0 && version <= kNewest) return {};
  return fail(ErrorKind::unsupported,
              fmt::format("its schema has version {}, this program knows up to {}: use the newer "
                          "Lockstep that wrote it, or another store",
                          version, kNewest));
}

// --- Where the database does not undo what is done to the schema ---
//
// There each statement counts at once, and a program may end between two of them. So the step under
// way is noted before its first statement, and its version written after its last: who finds the
// note does the whole step again, and what is done already is well. Only what stands there although
// no step was under way is somebody else's.

/// The name in "CREATE TABLE NAME (..."; empty for statements of other kinds.
std::string_view table_made_by(std::string_view statement) {
  constexpr std::string_view kCreate = "CREATE TABLE ";
  if (!statement.starts_with(kCreate)) return {};
  statement.remove_prefix(kCreate.size());
  if (statement.starts_with("IF NOT EXISTS ")) return {};
  return statement.substr(0, statement.find(' '));
}

Result<void> check_free(Connection& connection, Statements step) {
  for (const std::string_view statement : step) {
    const std::string_view table = table_made_by(statement);
    if (table.empty() || !connection.has_table(table)) continue;
    return fail(ErrorKind::invalid,
                fmt::format("preparing the tables: there is a table {} that this program has not "
                            "made: give it a database of its own",
                            table));
  }
  return {};
}

/// Notes that the step is under way. True where it was already.
Result<bool> note_step(Connection& connection, int step) {
  connection.prepare_schema();
  int noted = 0;
  connection.sql() << "SELECT COUNT(*) FROM schema_step WHERE step = :step", soci::into(noted),
      soci::use(step);
  if (noted != 0) return true;
  LOCKSTEP_CHECK(check_free(connection, kSteps[step - 1]));
  connection.sql() << "DELETE FROM schema_step";
  connection.sql() << "INSERT INTO schema_step (step) VALUES (:step)", soci::use(step);
  return false;
}

Result<void> apply(Connection& connection, int version) {
  const int next = version + 1;
  bool again = false;
  if (!connection.dialect().undoes_schema) {
    LOCKSTEP_TRY(again, note_step(connection, next));
  }
  for (const std::string_view statement : kSteps[version]) {
    const auto said = in_dialect(statement, connection.dialect());
    if (said) connection.change_schema(*said, again);
  }
  connection.sql() << "INSERT INTO schema_version (version) VALUES (:version)", soci::use(next);
  return {};
}

}  // namespace

int newest_schema_version() {
  return kNewest;
}

Result<void> migrate(Connection& connection) {
  return guarded("preparing the tables", [&]() -> Result<void> {
    int version = schema_version(connection);
    LOCKSTEP_CHECK(check_known(version));
    while (version < kNewest) {
      Transaction transaction(connection, Access::write);
      connection.sql() << "CREATE TABLE IF NOT EXISTS schema_version (version int NOT NULL)";
      version = schema_version(connection);  // another process may have been faster
      LOCKSTEP_CHECK(check_known(version));
      if (version == kNewest) break;
      LOCKSTEP_CHECK(apply(connection, version));
      ++version;
      transaction.commit();
    }
    return {};
  });
}

Result<void> check_newest(Connection& connection) {
  return guarded("looking at the tables", [&]() -> Result<void> {
    const int version = schema_version(connection);
    LOCKSTEP_CHECK(check_known(version));
    if (version == kNewest) return {};
    return fail(ErrorKind::unsupported,
                version == 0
                    ? std::string("it is no store of Lockstep's")
                    : fmt::format("its schema has version {} of {}: use it once with this program",
                                  version, kNewest));
  });
}

std::span<const Statements> schema_steps() {
  return kSteps;
}

}  // namespace lockstep
