// All nodes as rows of a table, read from the columns as they are needed: a hundred thousand rows
// cost an object each and no more.

import { kSeverities, type Severity } from '../api/types';
import { expand, NodesetError, type GroupResolver } from '../base/nodeset';
import type { Nodes } from '../cluster/cluster.svelte';
import { coverageOf, kCoverages, type Age, type Coverage } from '../cluster/coverage';

/** What was examined, however long ago: as the API has it. */
const kSights = ['never', 'partial', 'proven'];

export class NodeRow {
  constructor(
    private readonly all: Nodes,
    private readonly i: number,
    private readonly age: Age,
  ) {}
  get name(): string {
    return this.all.names[this.i]!;
  }
  get classes(): string[] {
    return this.all.dictionary.classes[this.all.columns.classSet[this.i]!] ?? [];
  }
  get rack(): string {
    return this.all.dictionary.groups[this.all.columns.group[this.i]!] ?? '';
  }
  get state(): string {
    return this.all.dictionary.schedules[this.all.columns.schedule[this.i]!]?.state ?? '';
  }
  /** 0: nothing is open; else an index into kSeverities and one. */
  get worst(): number {
    return this.all.columns.worst[this.i]!;
  }
  get muted(): number {
    return this.all.columns.muted[this.i]!;
  }
  get coverage(): Coverage {
    const { sight, looked } = this.all.columns;
    const { now_s, stale_s } = this.age;
    return kCoverages[coverageOf(sight[this.i]!, looked[this.i]!, now_s, stale_s)]!;
  }
  get isWatched(): boolean {
    return (this.all.columns.sight[this.i]! & 4) !== 0;
  }
  get alerts(): number {
    return this.all.columns.alerts[this.i]!;
  }
  /** Milliseconds since 1970; NaN: never. */
  get looked(): number {
    const at = this.all.columns.looked[this.i]!;
    return at === 0 ? NaN : at * 1000;
  }
  toJSON(): object {
    const { name, classes, rack, state, coverage, isWatched, alerts, looked } = this;
    return {
      node: name,
      classes,
      group: rack || null,
      state: state || null,
      worst: kSeverities[this.worst - 1] ?? null,
      worst_muted: kSeverities[this.muted - 1] ?? null,
      sight: kSights[this.all.columns.sight[this.i]! & 3] ?? 'never',
      stale: coverage === 'stale',
      watched: isWatched,
      alerts,
      looked: Number.isNaN(looked) ? null : new Date(looked).toISOString(),
    };
  }
}

export interface Standing {
  word: string;
  glyph: Severity | 'none' | 'unknown';
  muted: boolean;
}

/** One word for a node. What was not examined in full, or is old, is not said to be in step. */
export function standingOf(row: NodeRow, isOld: boolean): Standing {
  const worst = kSeverities[row.worst - 1];
  if (worst) return { word: worst, glyph: worst, muted: false };
  const muted = kSeverities[row.muted - 1];
  if (muted) return { word: `${muted}, dealt with`, glyph: muted, muted: true };
  if (row.coverage !== 'proven' || isOld)
    return { word: 'not known', glyph: 'unknown', muted: false };
  return { word: 'in step', glyph: 'none', muted: false };
}

export interface NodeFilter {
  nodes: string; // a nodeset
  class: string;
  rack: string;
  state: string;
  severity: string; // this or worse; "none": nothing open
  coverage: string; // a Coverage, or "unwatched"
}

/** From the query of the link. */
export function filterOf(query: Record<string, string>): NodeFilter {
  const { nodes = '', class: of = '', rack = '', state = '', severity = '', coverage = '' } = query;
  return { nodes, class: of, rack, state, severity, coverage };
}

export interface Selected {
  rows: NodeRow[];
  problem: string; // why the nodeset cannot be read; all nodes are shown then
}

export function select(all: Nodes, filter: NodeFilter, group: GroupResolver, age: Age): Selected {
  let names: Set<string> | undefined;
  let problem = '';
  try {
    if (filter.nodes.trim()) names = expand(filter.nodes, group);
  } catch (error) {
    if (!(error instanceof NodesetError)) throw error;
    problem = error.message;
  }
  const least = kSeverities.indexOf(filter.severity as Severity) + 1;
  const rows: NodeRow[] = [];
  for (let i = 0; i < all.names.length; ++i) {
    const row = new NodeRow(all, i, age);
    if (names && !names.has(row.name)) continue;
    if (filter.class && !row.classes.includes(filter.class)) continue;
    if (filter.rack && row.rack !== filter.rack) continue;
    if (filter.state && row.state !== filter.state) continue;
    if (filter.severity === 'none' ? row.worst > 0 : row.worst < least) continue;
    if (
      filter.coverage === 'unwatched'
        ? row.isWatched
        : filter.coverage && row.coverage !== filter.coverage
    )
      continue;
    rows.push(row);
  }
  return { rows, problem };
}
