// What the API answers (docs/api.md, /api/v1/openapi.json), as far as the pages use it. Times are
// texts, RFC 3339 in UTC; null: none.

export type Severity = 'informational' | 'low' | 'medium' | 'high' | 'critical';
export const kSeverities: Severity[] = ['informational', 'low', 'medium', 'high', 'critical'];

export type AlertStatus =
  'pending' | 'open' | 'reopened' | 'acknowledged' | 'silenced' | 'resolved';

export type Role = 'viewer' | 'operator' | 'admin';

export interface Me {
  user: string;
  role: Role;
  classes: string[];
  via: string;
}

/** Findings of one class, kind and subject: one row, whatever the number of nodes. */
export interface AlertRow extends Subject {
  id: string; // "A-17"
  kind: string;
  severity: Severity;
  status: AlertStatus;
  class: string;
  network: string;
  nodes: string; // a nodeset
  node_count: number;
  reason: string | null;
  instance: string | null; // the plug-in instance that says so; null: our own looks
  first_seen: string;
  last_seen: string;
  last_closed: string | null;
  expected: string;
  owner: string | null;
  until: string | null;
  note: string;
  detail: string;
  clones: string;
  resolution: string;
}

export interface Subject {
  protocol: string | null;
  port: number | null;
  state: string | null;
}

export interface AlertPage {
  alerts: AlertRow[];
  total: number;
  next: string | null;
  complete: boolean;
  unproven: number;
  event: number;
}

export interface Address {
  address: string;
  network: string;
}

export interface Service {
  name: string | null;
  product: string | null;
  version: string | null;
  info: string | null;
  banner?: string;
  tunnel: string | null;
  hostkeys: { type: string; sha256: string }[];
  certificate_sha256: string | null;
  answer: string;
  [more: string]: unknown;
}

export type Verdict =
  | 'in-step'
  | 'unexpected'
  | 'wrong-service'
  | 'missing'
  | 'conditional'
  | 'not-judged'
  | 'not-known'
  | 'of-job';

export interface PagePort {
  network: string;
  protocol: string;
  port: number;
  state: string | null;
  since: string | null;
  expected: boolean;
  service: string;
  answers: Service | null;
  asked: string | null;
  verdict: Verdict;
  last_closed: string | null;
  clones: number;
  clones_open: number;
  jobs?: string;
}

export interface ValueRow {
  node: string;
  instance: string;
  name: string;
  value: number | string | null;
  unit: string | null;
  measured: string | null;
  alert: string | null;
  expected: string | null;
  clones: string | null;
}

export interface NodeLook {
  address: string | null;
  network: string;
  protocol: string;
  sweep: number;
  looked: string | null;
  examined: string | null;
  gap: string;
  asked: number;
  wanted: number;
  ports?: string; // those that it was about
  proven: boolean;
}

export interface NodePage {
  node: string;
  classes: string[];
  group: string | null;
  addresses: Address[];
  scheduler?: {
    state: string;
    responding: boolean;
    jobs: { id: string; user: string | null }[];
    reason: string | null;
    partitions: string[];
    features: string[];
  };
  looks: NodeLook[];
  ports: PagePort[];
  filtered: { network: string; protocol: string; ports: string }[];
  reported: {
    instance: string;
    network: string;
    address: string;
    protocol: string;
    port: number;
    since: string;
    looked: string;
    expected: boolean;
    verdict: Verdict;
    jobs?: string;
  }[];
  profiles: {
    host_type: string;
    exists: boolean;
    approved_at: string | null;
    approved_by: string | null;
    unapproved_changes: boolean;
  }[];
  values: ValueRow[];
  alerts: AlertRow[];
}

export interface NodeHistory {
  node: string;
  from: string;
  to: string;
  ports: {
    network: string;
    protocol: string;
    port: number;
    changes: { at: string; address?: string; state: string; was: string | null }[];
  }[];
  alerts: {
    id: string;
    kind: string;
    class: string;
    severity: Severity;
    status: AlertStatus;
    protocol: string | null;
    port: number | null;
    first_seen: string;
    last_seen: string;
    changed: string;
    owner: string | null;
    note: string;
  }[];
  looks: { at: string; sweep: number; ports: string; nodes: number; nodes_proven: number }[];
  complete: boolean;
}

export interface Series {
  instance: string;
  name: string;
  unit: string;
  points: [number, number][]; // seconds since 1970, ascending
}

/** What the wall showed at any moment of a period. */
export interface Timeline {
  from: string;
  to: string;
  spans: (Subject & {
    alert: string;
    kind: string;
    class: string;
    severity: Severity;
    nodes: string;
    from: string;
    to: string | null;
    muted: string | null;
  })[];
  looks: { at: string; nodes: string }[];
  complete: boolean;
}

export interface ExpectedPort {
  port: number;
  protocol: string;
  service: string;
  host_type: string;
  service_rule?: string;
}

export interface LineDiff {
  host_type: string;
  added: string[];
  removed: string[];
}

export interface Profiles {
  open_ports: ExpectedPort[];
  port_rules: {
    host_type: string;
    protocol: string;
    ports: string;
    presence: string;
    rpc_program: number | null;
    service: string | null;
    until: string | null;
  }[];
  waiting: {
    host_type: string;
    origin: string;
    made: string;
    maker: string;
    open_ports: ExpectedPort[];
    outliers: string[];
  }[];
  approved: { host_type: string; at: string; by: string }[];
  unapproved: LineDiff[]; // the table as it stands beside what was approved
  proposed: LineDiff[]; // what waits beside the table
  value_rules?: { host_type: string; instance: string; name: string; rule: string }[];
}

export interface ProfileHistory {
  entries: { at: string; by: string; action: string; detail: string }[];
}

export interface Key {
  node: string;
  network: string;
  protocol: string;
  port: number;
  type: string;
  sha256: string;
  known: boolean;
  seen: boolean;
  since: string;
  accepted_by: string | null;
}

export interface Run {
  id: number;
  instance: string;
  state: string;
  started: string;
  ended: string;
  nodes: number;
  proven: number;
  steps: number;
  steps_done: number;
  probes: number;
  problem: string | null;
}

export interface Instance {
  name: string;
  collector: string;
  enabled: boolean;
  interval_s: number;
  settings: Record<string, string>;
  configured: boolean;
  changed_at: string | null;
  changed_by: string | null;
  problem: string | null;
  promise: string | null;
  latest_run: Run | null;
}

export interface Status {
  now: string;
  since: string;
  host: string;
  pid: number;
  config: string;
  nodes: number;
  scheduler: string | null;
  scheduler_trouble: string | null;
  scheduler_states: { age_s: number; nodes: Record<string, string> } | null;
  stopped: string | null;
  reload_problem: string | null;
  instances: Instance[];
  statuses: {
    instance: string;
    next: string | null;
    run: Run | null;
    step: string | null;
    problem: string | null;
    passed_over_busy: number;
    passed_over_withdrawn: number;
    round: { at: string; nodes: number; covered: number; values: number; ports: number } | null;
    progress?: { pass: number; done: number; planned: number };
  }[];
  troubles: string[];
  orders: SweepOrder[];
}

/** A sweep that somebody ordered. */
export interface SweepOrder {
  number: number;
  nodes: string;
  ports: string;
  services: boolean;
  by: string;
  ordered: string;
  state: 'waiting' | 'running' | 'ended' | 'failed';
  ended: string | null;
  problem: string | null;
}

export interface Sweep {
  id: number;
  state: string;
  started: string;
  ended: string;
  host: string;
  engine: string;
  probes_sent: number;
  nodeset: string;
  ports: string;
  nodes: number;
  proven: number;
  problem: string;
  progress: SweepProgress | null;
}

/** Of the sweep that the daemon asks at the moment. */
export interface SweepProgress {
  asks: 'ports' | 'services';
  pass: number;
  done: number;
  planned: number;
  per_second: number;
  open_ports: number;
}

export interface User {
  name: string;
  role: Role;
  classes: string[];
  enabled: boolean;
  has_password: boolean;
  changed_at: string;
}

export interface Token {
  id: number;
  kind: 'api' | 'session' | 'invitation';
  user: string;
  label: string;
  role: Role;
  classes: string[];
  created: string;
  expires: string | null;
  used: string | null;
}

export interface AuditEntry {
  id: number;
  at: string;
  person: string;
  action: string;
  subject: string;
  detail: string;
  chain: string | null;
}

export interface AuditCheck {
  holds: boolean;
  entries: number;
  tied: number; // of them have their place in the chain
  broken: number | null;
  latest: string | null;
}
