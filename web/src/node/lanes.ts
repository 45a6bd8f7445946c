// The past of a node's ports as lanes: for each port what it was, from when to when.

import type { NodeHistory, PagePort, Severity } from '../api/types';
import { moment } from '../base/time';
import { portKey, portName } from './verdict';

export interface Span {
  from: number; // milliseconds since 1970, within the period
  to: number;
  state: string; // as the API has it; "unknown" before the first that is known
}

export interface Mark {
  at: number;
  alert: string;
  severity: Severity;
  text: string;
}

export interface Lane {
  key: string;
  name: string;
  port: number;
  spans: Span[];
  marks: Mark[];
  latest: number; // of its changes and alerts; NaN: none in the period
}

type Place = Pick<PagePort, 'network' | 'protocol' | 'port'>;

const kUnknown = 'unknown';

/** A port is open where it is open at any address of the network; what is known counts before what
 * is not. */
const kRanks = ['open', 'filtered', 'open|filtered', 'closed', kUnknown];

function mostOpen(states: Iterable<string>): string {
  const rank = (state: string) => {
    const found = kRanks.indexOf(state);
    return found < 0 ? kRanks.length - 1.5 : found;
  };
  return [...states].reduce((a, b) => (rank(b) < rank(a) ? b : a), kUnknown);
}

type Change = NodeHistory['ports'][number]['changes'][number];

function spansOf(
  changes: Change[],
  now: Pick<PagePort, 'state' | 'since'> | undefined,
  from: number,
  to: number,
): Span[] {
  const steps = changes
    .map((change) => ({ ...change, at: moment(change.at), address: change.address ?? '' }))
    .sort((a, b) => a.at - b.at);
  const states = new Map<string, string>();
  for (const { address, was } of steps) {
    if (!states.has(address)) states.set(address, was ?? kUnknown);
  }
  // What is so now and did not change is of an address that the changes are not about.
  const last = new Map(steps.map(({ address, state }) => [address, state]));
  if (now?.state && mostOpen(last.values()) !== now.state) {
    const since = moment(now.since);
    if (!Number.isNaN(since)) {
      steps.push({ at: since, address: '(other)', state: now.state, was: null });
      steps.sort((a, b) => a.at - b.at);
    }
  }
  const spans: Span[] = [];
  let begun = from;
  let state = mostOpen(states.values());
  const close = (at: number) => {
    const end = Math.min(at, to);
    if (end <= begun) return;
    spans.push({ from: begun, to: end, state });
    begun = end;
  };
  for (const step of steps) {
    states.set(step.address, step.state);
    const next = mostOpen(states.values());
    if (next === state) continue;
    close(Math.max(step.at, from));
    state = next;
  }
  close(to);
  return spans;
}

/** A lane for each port that changed, is open or expected, or has alerts; the latest news first. */
export function lanesOf(history: NodeHistory, ports: PagePort[]): Lane[] {
  const from = moment(history.from);
  const to = moment(history.to);
  const current = new Map(ports.map((port) => [portKey(port), port]));
  const changes = new Map(history.ports.map((port) => [portKey(port), port.changes]));
  const places = new Map<string, Place>(
    [...history.ports, ...ports].map((port) => [portKey(port), port]),
  );
  const known = new Set([...places.values()].map(({ protocol, port }) => `${port}/${protocol}`));
  for (const { protocol, port } of history.alerts) {
    // As a plug-in reports it, for one: no look of ours has it.
    if (protocol === null || port === null || known.has(`${port}/${protocol}`)) continue;
    const place = { network: '', protocol, port };
    places.set(portKey(place), place);
  }
  const marks = new Map<string, Mark[]>();
  for (const alert of history.alerts) {
    const key = `${alert.port}/${alert.protocol}`;
    const mark = {
      at: Math.max(moment(alert.first_seen), from),
      alert: alert.id,
      severity: alert.severity,
      text: `${alert.id}: ${alert.kind}, ${alert.severity}, ${alert.status}`,
    };
    marks.set(key, [...(marks.get(key) ?? []), mark]);
  }
  const lanes = [...places].map(([key, place]): Lane => {
    const own = changes.get(key) ?? [];
    const alerts = marks.get(`${place.port}/${place.protocol}`) ?? [];
    const times = [...own.map(({ at }) => moment(at)), ...alerts.map(({ at }) => at)];
    return {
      key,
      name: portName(place),
      port: place.port,
      spans: spansOf(own, current.get(key), from, to),
      marks: alerts,
      latest: times.length > 0 ? Math.max(...times) : NaN,
    };
  });
  // Alerts about no port are of the node as a whole.
  const own = marks.get('null/null') ?? [];
  if (own.length > 0) {
    const latest = Math.max(...own.map(({ at }) => at));
    lanes.push({ key: '', name: 'the node', port: 0, spans: [], marks: own, latest });
  }
  const rank = ({ latest }: Lane) => (Number.isNaN(latest) ? -Infinity : latest);
  return lanes.sort((a, b) => {
    const [first, second] = [rank(a), rank(b)];
    return first === second ? a.port - b.port : second - first;
  });
}

export interface Happening {
  at: string;
  what: string; // "port", "alert" or "look"
  place: string;
  text: string;
  alert: string;
}

/** The same as a table: all that happened, the latest first. */
export function happenings(history: NodeHistory): Happening[] {
  const rows: Happening[] = [];
  for (const port of history.ports) {
    for (const change of port.changes) {
      const text = `${change.was ?? kUnknown} → ${change.state}`;
      rows.push({ at: change.at, what: 'port', place: portName(port), text, alert: '' });
    }
  }
  for (const alert of history.alerts) {
    const place = alert.port === null ? '' : portName({ ...alert, network: '' });
    const text = [alert.kind, alert.severity, alert.status].join(', ');
    rows.push({ at: alert.first_seen, what: 'alert', place, text, alert: alert.id });
  }
  for (const look of history.looks) {
    const text = `sweep ${look.sweep}, ${look.nodes_proven} of ${look.nodes} proven`;
    rows.push({ at: look.at, what: 'look', place: look.ports, text, alert: '' });
  }
  return rows.sort((a, b) => moment(b.at) - moment(a.at));
}

/** Moments for an axis of so many marks at most: whole hours or days. */
export function ticks(from: number, to: number, most: number): number[] {
  const kHour = 3_600_000;
  const steps = [1, 2, 6, 12, 24, 48, 168, 336, 720].map((hours) => hours * kHour);
  const step = steps.find((each) => (to - from) / each <= most) ?? 2160 * kHour;
  const midnight = new Date(from);
  midnight.setHours(0, 0, 0, 0);
  const found: number[] = [];
  for (let at = midnight.getTime(); at <= to; at += step) if (at >= from) found.push(at);
  return found;
}
