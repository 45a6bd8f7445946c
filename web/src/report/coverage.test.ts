import { expect, it } from 'vitest';
import type { Sweep } from '../api/types';
import { coverageBars, percentOf, sumOf, sweepsOf } from './coverage';

const period = { from: Date.parse('2026-11-30T00:00:00Z'), to: Date.parse('2026-11-30T03:00:00Z') };
const sweep = (started: string, nodes: number, proven: number): Sweep => ({
  id: 1,
  state: 'ended',
  started,
  ended: started,
  host: 'mon1',
  engine: 'packet',
  probes_sent: 10,
  nodeset: '',
  ports: '',
  nodes,
  proven,
  problem: '',
  progress: null,
});
const sweeps = [
  sweep('2026-11-30T00:10:00Z', 4, 4),
  sweep('2026-11-30T02:10:00Z', 4, 3),
  sweep('2026-11-30T02:20:00Z', 4, 4),
  sweep('2026-11-29T02:20:00Z', 4, 0),
];

it('sums up what was asked in the period', () => {
  expect(sumOf(sweepsOf(sweeps, period))).toEqual({
    sweeps: 3,
    probes: 30,
    nodes: 12,
    proven: 11,
    incomplete: 1,
  });
});

it('has a bar for each hour, and none where nothing was asked', () => {
  expect(coverageBars(sweeps, period).map(({ values }) => values)).toEqual([
    [100, 0],
    [0, 0],
    [87.5, 12.5],
  ]);
});

it.each([
  [99_999, 100_000, 99.9],
  [1, 3, 33.3],
  [0, 0, 0],
])('%d of %d is %d per cent', (part, whole, percent) => {
  expect(percentOf(part, whole)).toBe(percent);
});
