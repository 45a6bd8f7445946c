// How much of what was to be examined was, over time.

import type { Sweep } from '../api/types';
import type { Bar } from './bars';
import { isWithin } from './facts';
import { slotsOf, type Period } from './period';

export const sweepsOf = (sweeps: Sweep[], period: Period) =>
  sweeps.filter(({ started }) => isWithin(started, period));

export interface SweepSum {
  sweeps: number;
  probes: number;
  nodes: number; // asked for, counted as often as they were
  proven: number;
  incomplete: number; // sweeps that did not prove all of their nodes
}

export function sumOf(sweeps: Sweep[]): SweepSum {
  const sum: SweepSum = { sweeps: 0, probes: 0, nodes: 0, proven: 0, incomplete: 0 };
  for (const { probes_sent, nodes, proven } of sweeps) {
    ++sum.sweeps;
    sum.probes += probes_sent;
    sum.nodes += nodes;
    sum.proven += proven;
    if (proven < nodes) ++sum.incomplete;
  }
  return sum;
}

/** Rounded down: 99.99 % is not all. */
export const percentOf = (part: number, whole: number) =>
  whole > 0 ? Math.floor((part / whole) * 1000) / 10 : 0;

/** Per cent proven, and not, of the nodes that the sweeps of each slot were to examine. */
export function coverageBars(sweeps: Sweep[], period: Period): Bar[] {
  return slotsOf(period).map((slot) => {
    const within = { from: slot.from, to: slot.to - 1 };
    const { nodes, proven } = sumOf(sweeps.filter(({ started }) => isWithin(started, within)));
    const share = percentOf(proven, nodes);
    return {
      label: slot.label,
      values: nodes > 0 ? [share, Math.round((100 - share) * 10) / 10] : [0, 0],
    };
  });
}
