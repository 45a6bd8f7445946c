import { expect, it } from 'vitest';
import type { Sweep } from '../api/types';
import { failureOf, latestId, orderedSweep, sweepText } from './scan';

const sweep = (id: number, nodeset: string, more: Partial<Sweep> = {}) =>
  ({
    id,
    nodeset,
    state: 'finished',
    nodes: 1,
    proven: 1,
    problem: '',
    probes_sent: 9,
    ports: '1-99',
    ...more,
  }) as Sweep;

it('finds its own sweep', () => {
  const sweeps = [sweep(9, 'node1'), sweep(8, 'node1'), sweep(7, 'node[1-4]'), sweep(5, 'node1')];
  expect(orderedSweep(sweeps, 'node1', 5)?.id).toBe(8);
  expect(orderedSweep(sweeps, 'node2', 0)).toBeUndefined();
  expect(latestId(sweeps)).toBe(9);
  expect(latestId([])).toBe(0);
});

it('tells why an order came to nothing', () => {
  const order = { number: 2, state: 'failed', problem: 'no route' } as never;
  expect(failureOf([order], 2)).toBe('no route');
  expect(failureOf([order], 1)).toBe('');
  expect(failureOf([{ number: 2, state: 'waiting', problem: null } as never], 2)).toBe('');
});

it.each([
  [
    { state: 'running', progress: { done: 1, planned: 3 } as never },
    'Sweep 1 is running: 33 %, 9 probes sent.',
  ],
  [{}, 'Sweep 1 examined all of ports 1-99.'],
  [{ proven: 0 }, 'Sweep 1 ended, and did not examine all of ports 1-99.'],
  [{ state: 'running' }, 'Sweep 1 is running: 9 probes sent.'],
  [{ state: 'failed', problem: 'no route' }, 'Sweep 1 ended early: failed. no route'],
])('%o', (more, text) => {
  expect(sweepText(sweep(1, 'a', more))).toBe(text);
});
