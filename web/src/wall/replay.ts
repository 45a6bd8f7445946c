// The past: what the wall showed at a moment of a period, from what the server says of all of it.

import { kSeverities, type Timeline } from '../api/types';
import { expand } from '../base/nodeset';
import { moment } from '../base/time';
import type { Glance } from './states';

/** The bit of a kind of alert, as the snapshot has it (groups.ts: kKinds). */
const kKindBits: Record<string, number> = {
  'unexpected-port': 1,
  'transient-port': 1,
  'unexpected-filtered': 1,
  'missing-port': 1,
  'service-mismatch': 2,
  'service-silent': 2,
  'version-drift': 2,
  'hostkey-changed': 2,
  'hostkey-shared': 2,
  'certificate-changed': 2,
  'node-rebuilt': 2,
  'node-unreachable': 4,
  'coverage-gap': 4,
  'scan-overdue': 4,
  'value-deviates': 8,
  'orphan-listener': 16,
};
const kOtherKinds = 32;

interface Span {
  from: number; // milliseconds since 1970, as all times here
  to: number;
  muted: number; // from then on somebody deals with it
  severity: number; // 1 to 5
  kind: number;
  nodes: Uint32Array;
}

interface Looks {
  at: number[]; // ascending
  nodes: Uint32Array;
}

const orElse = (at: number, other: number) => (Number.isNaN(at) ? other : at);

/** The index of the last that is not after `at`; -1: none is. */
function lastUntil(times: number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Replay {
  readonly from: number;
  readonly to: number;
  readonly complete: boolean;
  private readonly spans: Span[];
  private readonly looks: Looks[];
  private readonly glance: Glance;

  /** `indices`: of the nodes that there are now; others are left out. */
  constructor(timeline: Timeline, indices: ReadonlyMap<string, number>) {
    this.from = moment(timeline.from);
    this.to = moment(timeline.to);
    this.complete = timeline.complete;
    const known = new Map<string, Uint32Array>();
    const nodesOf = (text: string) => {
      let nodes = known.get(text);
      if (!nodes) known.set(text, (nodes = indicesOf(text, indices)));
      return nodes;
    };
    this.spans = timeline.spans.map((span) => ({
      from: moment(span.from),
      to: orElse(moment(span.to), Infinity),
      muted: orElse(moment(span.muted), Infinity),
      severity: kSeverities.indexOf(span.severity) + 1,
      kind: kKindBits[span.kind] ?? kOtherKinds,
      nodes: nodesOf(span.nodes),
    }));
    // Most looks are at the same nodes: of each set of nodes only the latest look counts.
    const looks = new Map<string, Looks>();
    for (const { at, nodes } of timeline.looks) {
      const same = looks.get(nodes) ?? { at: [], nodes: nodesOf(nodes) };
      same.at.push(moment(at));
      looks.set(nodes, same);
    }
    this.looks = [...looks.values()];
    for (const { at } of this.looks) at.sort((a, b) => a - b);
    const n = indices.size;
    this.glance = {
      worst: new Uint8Array(n),
      muted: new Uint8Array(n),
      sight: new Uint8Array(n),
      looked: new Uint32Array(n),
      alerts: new Uint16Array(n),
      kinds: new Uint8Array(n),
    };
  }

  /** What was known then. The answer is the same object each time. */
  at(time: number): Glance {
    const { worst, muted, sight, looked, alerts, kinds } = this.glance;
    for (const column of Object.values(this.glance)) column.fill(0);
    for (const span of this.spans) {
      if (span.from > time || span.to <= time) continue;
      const column = span.muted <= time ? muted : worst;
      for (const node of span.nodes) {
        column[node] = Math.max(column[node]!, span.severity);
        kinds[node]! |= span.kind;
        ++alerts[node]!;
      }
    }
    for (const { at, nodes } of this.looks) {
      const last = lastUntil(at, time);
      if (last < 0) continue;
      const seconds = Math.floor(at[last]! / 1000);
      for (const node of nodes) {
        sight[node] = 2;
        if (seconds > looked[node]!) looked[node] = seconds;
      }
    }
    return this.glance;
  }

  /** When something began or ended, ascending: where one may want to jump to. */
  moments(): number[] {
    const all = this.spans.flatMap(({ from, to, muted }) => [from, to, muted]);
    const within = all.filter((at) => at >= this.from && at <= this.to);
    return [...new Set(within)].sort((a, b) => a - b);
  }
}

function indicesOf(text: string, indices: ReadonlyMap<string, number>): Uint32Array {
  const found: number[] = [];
  for (const name of expand(text)) {
    const index = indices.get(name);
    if (index !== undefined) found.push(index);
  }
  return Uint32Array.from(found);
}
