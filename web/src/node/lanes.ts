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

const kUnknown = 'unknown';

function spansOf(
  changes: NodeHistory['ports'][number]['changes'],
  now: Pick<PagePort, 'state' | 'since'> | undefined,
  from: number,
  to: number,
): Span[] {
  const spans: Span[] = [];
  const add = (begin: number, end: number, state: string) => {
    const span = { from: Math.max(begin, from), to: Math.min(end, to), state };
    if (span.to > span.from) spans.push(span);
  };
  const sorted = changes.toSorted((a, b) => moment(a.at) - moment(b.at));
  if (sorted.length === 0) {
    const since = moment(now?.since);
    const began = Number.isNaN(since) ? to : since;
    add(from, began, kUnknown);
    if (now?.state) add(began, to, now.state);
    return spans;
  }
  add(from, moment(sorted[0]!.at), sorted[0]!.was ?? kUnknown);
  sorted.forEach((change, i) => {
    const next = sorted[i + 1];
    add(moment(change.at), next ? moment(next.at) : to, change.state);
  });
  return spans;
}

/** A lane for each port that changed, is open or expected, or has alerts; the latest news first. */
export function lanesOf(history: NodeHistory, ports: PagePort[]): Lane[] {
  const from = moment(history.from);
  const to = moment(history.to);
  const current = new Map(ports.map((port) => [portKey(port), port]));
  const changes = new Map(history.ports.map((port) => [portKey(port), port.changes]));
  const places = new Map([...history.ports, ...ports].map((port) => [portKey(port), port]));
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
