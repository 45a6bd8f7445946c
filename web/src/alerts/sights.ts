// How much of the cluster has been looked at.

const kSight = 3;
const kProven = 2;
const kPartial = 1;
const kWatched = 4;

export interface Sights {
  proven: number;
  partial: number;
  never: number;
  unwatched: number; // no sweep is to examine them
}

/** Of a snapshot's column. */
export function sightsOf(column: Uint8Array): Sights {
  const sights: Sights = { proven: 0, partial: 0, never: 0, unwatched: 0 };
  for (const sight of column) {
    if ((sight & kWatched) === 0) ++sights.unwatched;
    else if ((sight & kSight) === kProven) ++sights.proven;
    else if ((sight & kSight) === kPartial) ++sights.partial;
    else ++sights.never;
  }
  return sights;
}
