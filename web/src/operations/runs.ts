// Runs and sweeps in words, and as points of a chart.

import type { Instance, Run, Status, SweepOrder, SweepProgress } from '../api/types';
import { duration, moment } from '../base/time';

/** "8,874 of 9,000 proven"; of nothing, nothing was due. */
export function coverageText(proven: number, nodes: number): string {
  if (nodes === 0) return 'nothing was due';
  return `${proven.toLocaleString()} of ${nodes.toLocaleString()} proven`;
}

/** In percent, rounded down: 8,999 of 9,000 are not 100 %. Null: nothing was due. */
export function coverage(proven: number, nodes: number): number | null {
  return nodes === 0 ? null : Math.floor((1000 * proven) / nodes) / 10;
}

/** Seconds from its beginning to its end, or to now. */
export function lasted(
  run: { state: string; started: string; ended: string },
  now: number,
): number {
  const end = run.state === 'running' ? now : moment(run.ended);
  return Math.max(0, (end - moment(run.started)) / 1000);
}

export function lastedText(
  run: { state: string; started: string; ended: string },
  now: number,
): string {
  return duration(lasted(run, now));
}

export interface RunSeries {
  times: number[]; // seconds since 1970, ascending
  coverage: (number | null)[]; // percent
  durations: (number | null)[]; // seconds
}

/** Ended runs of one instance, the oldest first. */
export function seriesOf(runs: Run[], instance: string): RunSeries {
  const ended = runs
    .filter((run) => run.instance === instance && run.state !== 'running')
    .sort((a, b) => moment(a.started) - moment(b.started));
  const series: RunSeries = { times: [], coverage: [], durations: [] };
  for (const run of ended) {
    series.times.push(moment(run.started) / 1000);
    series.coverage.push(coverage(run.proven, run.nodes));
    series.durations.push(lasted(run, NaN));
  }
  return series;
}

export interface InstanceState extends Instance {
  status: Status['statuses'][number] | null;
}

/** What is set, and what the daemon is at with it. */
export function statesOf(status: Status): InstanceState[] {
  const byName = new Map(status.statuses.map((each) => [each.instance, each]));
  return status.instances.map((each) => ({ ...each, status: byName.get(each.name) ?? null }));
}

/** How far a run is, over its steps, of which one is under way. */
export function progressOf(
  run: Run,
  progress: Status['statuses'][number]['progress'],
): { done: number; planned: number; words: string } {
  const part = progress && progress.planned > 0 ? progress.done / progress.planned : 0;
  const steps = Math.max(run.steps, run.steps_done, 1);
  const done = Math.min(steps, run.steps_done + (run.steps_done < steps ? Math.min(1, part) : 0));
  const percent = `${Math.floor((100 * done) / steps)} %`;
  const step = steps > 1 ? `, step ${Math.min(steps, run.steps_done + 1)} of ${steps}` : '';
  const pass = progress && progress.pass > 0 ? `, pass ${progress.pass}` : '';
  return { done, planned: steps, words: percent + step + pass };
}

/** "41 %, pass 2, 12 ports open" */
export function sweepProgress(progress: SweepProgress): {
  done: number;
  planned: number;
  words: string;
} {
  const { done, planned } = progress;
  const percent =
    planned > 0 ? `${Math.floor((100 * Math.min(done, planned)) / planned)} %` : '0 %';
  if (progress.asks === 'services') return { done, planned, words: `${percent} of services asked` };
  const pass = progress.pass > 1 ? `, pass ${progress.pass}` : '';
  return { done, planned, words: `${percent}${pass}, ${progress.open_ports} open` };
}

/** Those that wait, and those that failed: of all others there is a sweep. */
export function ordersToTell(orders: SweepOrder[]): SweepOrder[] {
  return orders.filter(({ state }) => state === 'waiting' || state === 'failed');
}

export function orderText(order: SweepOrder): string {
  if (order.state === 'waiting') return 'waits for its turn';
  return `failed: ${order.problem ?? 'nobody knows why'}`;
}
