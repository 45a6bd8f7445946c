// The tables as programs made them that knew an older version, with a row here and there.

#pragma once

namespace lockstep {

/// Version 1.
inline constexpr const char* kFirstVersion =
    "CREATE TABLE schema_version (version int NOT NULL);"
    "CREATE TABLE open_ports ("
    "  port int, protocol char(5), service char(50), host_type char(60));"
    "CREATE TABLE nodes ("
    "  name varchar(255) NOT NULL PRIMARY KEY,"
    "  cluster varchar(255) NOT NULL,"
    "  group_name varchar(255) NOT NULL);"
    "CREATE TABLE node_addresses ("
    "  node varchar(255) NOT NULL REFERENCES nodes (name),"
    "  address varchar(45) NOT NULL,"
    "  network varchar(255) NOT NULL);"
    "CREATE TABLE node_classes ("
    "  node varchar(255) NOT NULL REFERENCES nodes (name),"
    "  class varchar(255) NOT NULL,"
    "  PRIMARY KEY (node, class));"
    "INSERT INTO schema_version VALUES (1);"
    "INSERT INTO open_ports VALUES (22, 'tcp', 'ssh', 'compute');"
    "INSERT INTO nodes VALUES ('n1', 'lab', '');"
    "INSERT INTO node_addresses VALUES ('n1', '198.18.0.1', 'management');"
    "INSERT INTO node_classes VALUES ('n1', 'compute');";

/// What version 2 added. "{clustered}" stands for what SQLite wants: " WITHOUT ROWID".
inline constexpr const char* kSecondVersion =
    R"(CREATE INDEX node_addresses_by_node ON node_addresses (node);
CREATE TABLE port_rules (
  host_type varchar(60), protocol varchar(5), ports text, presence varchar(20),
  until varchar(20));
CREATE TABLE service_rules (name varchar(50) NOT NULL PRIMARY KEY, rule text);
CREATE TABLE baselines (
  host_type varchar(60) NOT NULL PRIMARY KEY,
  origin text NOT NULL,
  made varchar(20) NOT NULL,
  maker varchar(255) NOT NULL);
CREATE TABLE baseline_ports (
  host_type varchar(60) NOT NULL REFERENCES baselines (host_type),
  port int NOT NULL,
  protocol varchar(5) NOT NULL,
  service varchar(50) NOT NULL,
  PRIMARY KEY (host_type, port, protocol));
CREATE TABLE baseline_outliers (
  host_type varchar(60) NOT NULL REFERENCES baselines (host_type),
  line_number int NOT NULL,
  outlier text NOT NULL,
  PRIMARY KEY (host_type, line_number));
CREATE TABLE approvals (
  host_type varchar(60) NOT NULL,
  line_number int NOT NULL,
  line text NOT NULL,
  approved_at varchar(20) NOT NULL,
  approved_by varchar(255) NOT NULL,
  PRIMARY KEY (host_type, line_number));
CREATE TABLE port_sets (id bigint NOT NULL PRIMARY KEY, ports text NOT NULL);
CREATE TABLE sweeps (
  id bigint NOT NULL PRIMARY KEY,
  state varchar(20) NOT NULL,
  started varchar(20) NOT NULL,
  ended varchar(20) NOT NULL,
  nodes text NOT NULL,
  port_set bigint NOT NULL REFERENCES port_sets (id),
  owner varchar(255) NOT NULL,
  host varchar(255) NOT NULL,
  method varchar(60) NOT NULL,
  probes bigint NOT NULL,
  node_count bigint NOT NULL,
  proven bigint NOT NULL,
  problem text NOT NULL);
CREATE INDEX sweeps_by_state ON sweeps (state);
CREATE TABLE looks (
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
  PRIMARY KEY (node, network, address, protocol, port_set)){clustered};
CREATE TABLE port_states (
  node varchar(255) NOT NULL,
  network varchar(255) NOT NULL,
  address varchar(45) NOT NULL,
  protocol varchar(5) NOT NULL,
  port int NOT NULL,
  state varchar(20) NOT NULL,
  evidence varchar(20) NOT NULL,
  since varchar(20) NOT NULL,
  PRIMARY KEY (node, network, address, protocol, port)){clustered};
CREATE TABLE alerts (
  id bigint NOT NULL,
  node varchar(255) NOT NULL,
  kind varchar(30) NOT NULL,
  class text NOT NULL,
  network varchar(255) NOT NULL,
  protocol varchar(5),
  port int,
  state varchar(20),
  reason text NOT NULL,
  address varchar(45) NOT NULL,
  severity varchar(20) NOT NULL,
  status varchar(20) NOT NULL,
  first_seen varchar(20) NOT NULL,
  last_seen varchar(20) NOT NULL,
  changed varchar(20) NOT NULL,
  last_closed varchar(20),
  until varchar(20),
  expected text NOT NULL,
  detail text NOT NULL,
  clones text NOT NULL,
  owner varchar(255) NOT NULL,
  note text NOT NULL,
  resolution text NOT NULL,
  PRIMARY KEY (id, node)){clustered};
INSERT INTO schema_version VALUES (2);
INSERT INTO port_rules VALUES ('compute', 'tcp', '8000', 'rpc:4294967295', '2026-12-24T00:00:00Z');
INSERT INTO port_sets VALUES (1, '1-100');
INSERT INTO sweeps VALUES (1, 'finished', '2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z', 'n1', 1,
  'owner', 'mon1', 'packet', 1000, 1, 1, '');
INSERT INTO looks VALUES ('n1', 'management', '198.18.0.1', 'tcp', 1, 1, '2026-01-01T00:00:02Z',
  '2026-01-01T00:00:02Z', 'none', 100, 100);
INSERT INTO port_states VALUES ('n1', 'management', '198.18.0.1', 'tcp', 22, 'open', 'syn-ack',
  '2026-01-01T00:00:02Z');
)";

}  // namespace lockstep
