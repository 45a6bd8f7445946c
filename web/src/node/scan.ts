// A sweep that somebody ordered: which of the sweeps it is, and how it went.

import type { Status, Sweep } from '../api/types';

/** The sweep of this node alone that began after the order; the oldest, since orders queue. */
export function orderedSweep(sweeps: Sweep[], name: string, after: number): Sweep | undefined {
  return sweeps
    .filter(({ id, nodeset }) => id > after && nodeset === name)
    .sort((a, b) => a.id - b.id)[0];
}

export function latestId(sweeps: Sweep[]): number {
  return Math.max(0, ...sweeps.map(({ id }) => id));
}

/** Why an order came to nothing; empty: it did not, or nobody knows of it any more. */
export function failureOf(orders: Status['orders'], number: number): string {
  const order = orders.find((each) => each.number === number);
  return order?.state === 'failed' ? (order.problem ?? 'nobody knows why') : '';
}

/** For a person. */
export function sweepText(sweep: Sweep): string {
  const of = `Sweep ${sweep.id}`;
  if (sweep.state === 'running') {
    const part = sweep.progress && sweep.progress.planned > 0 ? sweep.progress : null;
    const percent = part ? ` ${Math.floor((100 * part.done) / part.planned)} %,` : '';
    return `${of} is running:${percent} ${sweep.probes_sent} probes sent.`;
  }
  const problem = sweep.problem ? ` ${sweep.problem}` : '';
  if (sweep.state !== 'finished') return `${of} ended early: ${sweep.state}.${problem}`;
  return sweep.proven >= sweep.nodes && sweep.nodes > 0
    ? `${of} examined all of ports ${sweep.ports}.${problem}`
    : `${of} ended, and did not examine all of ports ${sweep.ports}.${problem}`;
}
