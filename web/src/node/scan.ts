// A sweep that somebody ordered: which of the sweeps it is, and how it went.

import type { Sweep } from '../api/types';

/** The sweep of this node alone that began after the order; the oldest, since orders queue. */
export function orderedSweep(sweeps: Sweep[], name: string, after: number): Sweep | undefined {
  return sweeps
    .filter(({ id, nodeset }) => id > after && nodeset === name)
    .sort((a, b) => a.id - b.id)[0];
}

export function latestId(sweeps: Sweep[]): number {
  return Math.max(0, ...sweeps.map(({ id }) => id));
}

/** For a person. */
export function sweepText(sweep: Sweep): string {
  const of = `Sweep ${sweep.id}`;
  if (sweep.state === 'running') return `${of} is running: ${sweep.probes_sent} probes sent.`;
  const problem = sweep.problem ? ` ${sweep.problem}` : '';
  if (sweep.state !== 'finished') return `${of} ended early: ${sweep.state}.${problem}`;
  return sweep.proven >= sweep.nodes && sweep.nodes > 0
    ? `${of} examined all of ports ${sweep.ports}.${problem}`
    : `${of} ended, and did not examine all of ports ${sweep.ports}.${problem}`;
}
