// What a node is shown as, in one byte: its worst open severity, how well it has been looked at,
// whether it stands back, and whether it is selected. Tiles (tiles.ts) are drawn by this byte.

import type { Columns } from '../api/snapshot';
import {
  coverageOf,
  kCoverages,
  kNever,
  kPartial,
  kProven,
  kStale,
  staleAfter,
  type Coverage,
} from '../cluster/coverage';

export type Glance = Pick<Columns, 'worst' | 'muted' | 'sight' | 'looked' | 'alerts' | 'kinds'>;

/** What is found: nothing, open 1 to 5, or only what somebody deals with (acknowledged, silenced). */
export const kFindings = [
  'nothing',
  'informational',
  'low',
  'medium',
  'high',
  'critical',
  'muted',
] as const;
export type Finding = (typeof kFindings)[number];
export const kMuted = 6;

/** An index into kFindings. */
export function findingOf(worst: number, muted: number): number {
  return worst > 0 ? Math.min(worst, 5) : muted > 0 ? kMuted : 0;
}

/** 0 is no node at all; 176 is the largest. `level`: 0 nothing, 1-5 open, 6-10 muted. */
export function codeOf(level: number, coverage: number, isBack: boolean, isSelected: boolean) {
  return 1 + level * 16 + coverage * 4 + (isBack ? 2 : 0) + (isSelected ? 1 : 0);
}

export interface Look {
  level: number;
  coverage: number;
  isBack: boolean;
  isSelected: boolean;
}

export function lookOf(code: number): Look {
  const bits = code - 1;
  return {
    level: bits >> 4,
    coverage: (bits >> 2) & 3,
    isBack: (bits & 2) !== 0,
    isSelected: (bits & 1) !== 0,
  };
}

/** Which of two nodes shows where they share a pixel: the one with the greater rank. */
function rankOf(code: number): number {
  if (code === 0) return 0;
  const { level, coverage, isBack, isSelected } = lookOf(code);
  let rank = 10;
  if (level > 1 && level < 6) rank = 50 + level * 4;
  else if (coverage === kNever) rank = 40;
  else if (coverage === kStale) rank = 38;
  else if (level === 1) rank = 36;
  else if (level > 5) rank = 20 + level;
  else if (coverage === kPartial) rank = 15;
  return rank + (isBack ? 0 : 100) + (isSelected ? 1 : 0);
}

export const kRanks = Uint8Array.from({ length: 256 }, (_, code) => rankOf(code));

/** Findings and coverages that a filter lets stand out; no bits at all: everything. */
export interface Filter {
  findings: number;
  coverages: number;
}

export function parseFilter(text: string | undefined): Filter {
  const filter = { findings: 0, coverages: 0 };
  for (const word of (text ?? '').split(',')) {
    const finding = kFindings.indexOf(word as Finding);
    const coverage = kCoverages.indexOf(word as Coverage);
    if (finding >= 0) filter.findings |= 1 << finding;
    if (coverage >= 0) filter.coverages |= 1 << coverage;
  }
  return filter;
}

export function filterText({ findings, coverages }: Filter): string {
  return [
    ...kFindings.filter((_, i) => findings & (1 << i)),
    ...kCoverages.filter((_, i) => coverages & (1 << i)),
  ].join(',');
}

export const isAll = ({ findings, coverages }: Filter) => findings === 0 && coverages === 0;

/** Whether a node stands out: by what is found, or by how it has been looked at. */
export const passes = (filter: Filter, finding: number, coverage: number) =>
  ((filter.findings >> finding) & 1) === 1 ||
  ((filter.coverages >> coverage) & 1) === 1 ||
  isAll(filter);

/** How many nodes there are of each, whatever the filter. */
export interface Counts {
  findings: number[]; // as kFindings
  coverages: number[]; // as kCoverages
  inStep: number; // nothing is found, and that is proven and fresh
  outOfStep: number; // something is open
  muted: number; // only what somebody deals with
  unknown: number; // nothing is found, which is not proven
  stale_s: number; // the age from which on a node is stale
}

export interface Marks {
  /** One value a node: bit 0 selected, bit 1 lit. */
  of: Uint8Array;
  selected: number;
  lit: number;
}

/** Writes each node's code; returns what there is of each. */
export function encode(
  glance: Glance,
  now_s: number,
  filter: Filter,
  marks: Marks,
  codes: Uint8Array,
): Counts {
  const { worst, muted, sight, looked } = glance;
  const findings = kFindings.map(() => 0);
  const coverages = kCoverages.map(() => 0);
  const stale_s = staleAfter(looked, now_s);
  const counts = { findings, coverages, inStep: 0, outOfStep: 0, muted: 0, unknown: 0, stale_s };
  // What is pointed at goes before what is selected.
  const standing = marks.lit > 0 ? 2 : marks.selected > 0 ? 1 : 0;
  for (let i = 0; i < codes.length; ++i) {
    const finding = findingOf(worst[i]!, muted[i]!);
    const coverage = coverageOf(sight[i]!, looked[i]!, now_s, stale_s);
    ++findings[finding]!;
    ++coverages[coverage]!;
    if (finding === kMuted) ++counts.muted;
    else if (finding > 0) ++counts.outOfStep;
    else if (coverage === kProven) ++counts.inStep;
    else ++counts.unknown;
    const mark = marks.of[i]!;
    const isBack = !passes(filter, finding, coverage) || (standing > 0 && (mark & standing) === 0);
    const level = finding === kMuted ? 5 + Math.min(muted[i]!, 5) : finding;
    codes[i] = codeOf(level, coverage, isBack, (mark & 1) !== 0);
  }
  return counts;
}
