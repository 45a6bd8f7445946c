import { describe, expect, it } from 'vitest';
import type { Run, SweepOrder, SweepProgress } from '../api/types';
import {
  coverage,
  coverageText,
  lasted,
  ordersToTell,
  orderText,
  progressOf,
  seriesOf,
  sweepProgress,
} from './runs';

function run(changes: Partial<Run>): Run {
  return {
    id: 1,
    instance: 'ports',
    state: 'finished',
    started: '2026-11-30T10:00:00Z',
    ended: '2026-11-30T10:01:30Z',
    nodes: 10,
    proven: 9,
    steps: 1,
    steps_done: 1,
    probes: 100,
    problem: null,
    ...changes,
  };
}

describe('runs', () => {
  it.each([
    [8999, 9000, 99.9, '8,999 of 9,000 proven'],
    [9000, 9000, 100, '9,000 of 9,000 proven'],
    [0, 0, null, 'nothing was due'],
  ])('%i of %i', (proven, nodes, percent, text) => {
    expect(coverage(proven, nodes)).toBe(percent);
    expect(coverageText(proven, nodes)).toBe(text);
  });
  it('last until now while they are under way', () => {
    const now = Date.parse('2026-11-30T10:00:10Z');
    expect(lasted(run({ state: 'running' }), now)).toBe(10);
    expect(lasted(run({}), now)).toBe(90);
  });
  it('become points, the oldest first', () => {
    const runs = [
      run({ started: '2026-11-30T12:00:00Z', ended: '2026-11-30T12:00:05Z', nodes: 0, proven: 0 }),
      run({}),
      run({ instance: 'other' }),
      run({ state: 'running' }),
    ];
    const series = seriesOf(runs, 'ports');
    expect(series.times[1]! - series.times[0]!).toBe(7200);
    expect(series.coverage).toEqual([90, null]);
    expect(series.durations).toEqual([90, 5]);
  });
  it.each([
    [
      { steps: 4, steps_done: 1 },
      { pass: 2, done: 5, planned: 10 },
      1.5,
      '37 %, step 2 of 4, pass 2',
    ],
    [{ steps: 4, steps_done: 1 }, undefined, 1, '25 %, step 2 of 4'],
    [{ steps: 1, steps_done: 1 }, { pass: 1, done: 9, planned: 9 }, 1, '100 %, pass 1'],
    [{ steps: 0, steps_done: 0 }, undefined, 0, '0 %'],
  ])('are as far as their steps: %o %o', (steps, progress, done, words) => {
    expect(progressOf(run(steps), progress)).toMatchObject({ done, words });
  });
});

describe('a sweep', () => {
  const at: SweepProgress = {
    asks: 'ports',
    pass: 1,
    done: 41,
    planned: 100,
    per_second: 9,
    open_ports: 3,
  };
  it.each([
    [{}, '41 %, 3 open'],
    [{ pass: 2 }, '41 %, pass 2, 3 open'],
    [{ planned: 0 }, '0 %, 3 open'],
    [{ asks: 'services' as const }, '41 % of services asked'],
  ])('says how far it is: %o', (change, words) => {
    expect(sweepProgress({ ...at, ...change }).words).toBe(words);
  });

  it('that was ordered is told of until it runs, and where it failed', () => {
    const order = (state: string, problem: string | null = null) =>
      ({ state, problem }) as SweepOrder;
    const told = ordersToTell([
      order('waiting'),
      order('running'),
      order('ended', 'slow'),
      order('failed', 'no route'),
    ]);
    expect(told.map(orderText)).toEqual(['waits for its turn', 'failed: no route']);
  });
});
