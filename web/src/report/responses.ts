// What a period's spans of alerts come to. A case is a cause on nodes that got it and lost it
// together: people answer it once, whatever the number of nodes.

import type { Timeline } from '../api/types';
import type { Period } from './period';

export type Span = Timeline['spans'][number];

export interface Times {
  n: number;
  median_s: number | null;
  worst_s: number | null;
}

export interface Tally {
  key: string;
  raised: number; // cases that began in the period
  before: number; // that stood when it began
  resolved: number; // that ended in it
  open: number; // that stood when it ended
  causes: number;
  nodes: number; // of cases that began in it, counted as often as they have one
  acknowledge: Times;
  resolve: Times;
}

const seconds = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000;

export function timesOf(values: number[]): Times {
  const sorted = values.filter((value) => value >= 0).sort((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) return { n, median_s: null, worst_s: null };
  const middle = (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
  return { n, median_s: middle, worst_s: sorted[n - 1]! };
}

/** How many nodes a folded nodeset has, without writing them out. */
export function sizeOf(nodeset: string): number {
  if (nodeset === '') return 0;
  let total = 0;
  let product = 1;
  let depth = 0;
  for (let i = 0; i <= nodeset.length; ++i) {
    const c = nodeset[i];
    if (c === '[') {
      depth = i + 1;
    } else if (c === ']' && depth > 0) {
      product *= rangesSize(nodeset.slice(depth, i));
      depth = 0;
    } else if (depth === 0 && (c === ',' || c === undefined)) {
      total += product;
      product = 1;
    }
  }
  return total;
}

function rangesSize(text: string): number {
  let size = 0;
  for (const part of text.split(',')) {
    const [first, last] = part.split('-').map(Number);
    size += last === undefined ? 1 : Math.max(0, last - first! + 1);
  }
  return size;
}

export const beganIn = (span: Span, { from, to }: Period) => {
  const at = Date.parse(span.from);
  return at >= from && at < to;
};
export const endedIn = (span: Span, { from, to }: Period) => {
  const at = span.to === null ? NaN : Date.parse(span.to);
  return at >= from && at <= to;
};
export const isOpenAt = (span: Span, at: number) =>
  Date.parse(span.from) <= at && (span.to === null || Date.parse(span.to) > at);

function tallyOf(key: string, spans: Span[], period: Period): Tally {
  const raised = spans.filter((span) => beganIn(span, period));
  const resolved = spans.filter((span) => endedIn(span, period));
  return {
    key,
    raised: raised.length,
    before: spans.filter((span) => Date.parse(span.from) < period.from).length,
    resolved: resolved.length,
    open: spans.filter((span) => isOpenAt(span, period.to)).length,
    causes: new Set(spans.map(({ alert }) => alert)).size,
    nodes: raised.reduce((sum, { nodes }) => sum + sizeOf(nodes), 0),
    acknowledge: timesOf(
      raised.flatMap(({ from, muted }) => (muted ? [seconds(from, muted)] : [])),
    ),
    resolve: timesOf(resolved.flatMap(({ from, to }) => (to ? [seconds(from, to)] : []))),
  };
}

/** By severity, by class, ...: one line each, in the order of `keys`, others behind. */
export function tallies(
  spans: Span[],
  period: Period,
  keyOf: (span: Span) => string,
  keys: string[] = [],
): Tally[] {
  const groups = new Map<string, Span[]>(keys.map((key) => [key, []]));
  for (const span of spans) {
    const group = groups.get(keyOf(span));
    if (group) group.push(span);
    else groups.set(keyOf(span), [span]);
  }
  return [...groups].map(([key, group]) => tallyOf(key, group, period));
}

export const total = (spans: Span[], period: Period) => tallyOf('all', spans, period);
