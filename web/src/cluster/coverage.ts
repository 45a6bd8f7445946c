// How well nodes have been looked at, and how long that holds. One meaning and one set of words for
// all views: what is stale is said to be in step nowhere.

import type { Columns } from '../api/snapshot';

export const kNever = 0;
export const kPartial = 1;
export const kStale = 2;
export const kProven = 3;
export const kCoverages = ['never', 'partial', 'stale', 'proven'] as const;
export type Coverage = (typeof kCoverages)[number];

export const kCoverageWords: Record<Coverage, string> = {
  never: 'never examined',
  partial: 'in part',
  stale: 'stale',
  proven: 'proven',
};

/** What was seen longer ago than this may be otherwise by now, whatever the rule of sweeps is. */
export const kStaleAtLatest_s = 24 * 3600;
/** And nothing is stale before: while a sweep runs, half of the nodes have just been looked at. */
export const kStaleAtSoonest_s = 2 * 3600;

/** The bits of a snapshot's column "sight". */
const kSight = 3;
const kSightProven = 2;
const kWatched = 4;

/** What ages are reckoned by. */
export interface Age {
  now_s: number;
  stale_s: number; // the age from which on a node is stale
}

/**
 * A node is stale that has not been looked at for longer than twice the median of all nodes, or for
 * longer than a day. Returns the age in seconds from which on nodes are.
 */
export function staleAfter(looked: Uint32Array, now_s: number): number {
  const ages: number[] = [];
  // A few thousand tell the median well enough, and this is done often.
  const step = Math.max(1, Math.floor(looked.length / 4096));
  for (let i = 0; i < looked.length; i += step) {
    if (looked[i]! > 0) ages.push(Math.max(0, now_s - looked[i]!));
  }
  if (ages.length === 0) return kStaleAtLatest_s;
  ages.sort((a, b) => a - b);
  const median = ages[ages.length >> 1]!;
  return Math.min(kStaleAtLatest_s, Math.max(kStaleAtSoonest_s, 2 * median));
}

/** An index into kCoverages. */
export function coverageOf(sight: number, looked: number, now_s: number, stale_s: number): number {
  if ((sight & kSight) === 0 || looked === 0) return kNever;
  if (now_s - looked > stale_s) return kStale;
  return (sight & kSight) === kSightProven ? kProven : kPartial;
}

export interface Sights extends Record<Coverage, number> {
  unwatched: number; // no sweep is to examine them; they count nowhere else
}

/** How much of the cluster has been looked at. */
export function sightsOf(
  { sight, looked }: Pick<Columns, 'sight' | 'looked'>,
  { now_s, stale_s }: Age,
): Sights {
  const sights: Sights = { never: 0, partial: 0, stale: 0, proven: 0, unwatched: 0 };
  for (let i = 0; i < sight.length; ++i) {
    if ((sight[i]! & kWatched) === 0) ++sights.unwatched;
    else ++sights[kCoverages[coverageOf(sight[i]!, looked[i]!, now_s, stale_s)]!];
  }
  return sights;
}
