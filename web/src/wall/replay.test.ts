import { expect, it } from 'vitest';
import type { Timeline } from '../api/types';
import { Replay } from './replay';

const kPort = { protocol: 'tcp', port: 4444, state: 'open' };
const minute = (m: number) => `2026-01-01T00:${String(m).padStart(2, '0')}:00Z`;
const at = (m: number) => Date.parse(minute(m));
const indices = new Map(['n1', 'n2', 'n3', 'n4'].map((name, i) => [name, i]));

const timeline: Timeline = {
  from: minute(0),
  to: minute(59),
  complete: true,
  spans: [
    {
      ...kPort,
      alert: 'A-1',
      kind: 'unexpected-port',
      class: 'compute',
      severity: 'high',
      nodes: 'n[1-2],gone7',
      from: minute(10),
      to: minute(30),
      muted: minute(20),
    },
    {
      ...kPort,
      alert: 'A-2',
      kind: 'something-new',
      class: 'compute',
      severity: 'critical',
      nodes: 'n2',
      from: minute(15),
      to: null,
      muted: null,
    },
  ],
  looks: [
    { at: minute(25), nodes: 'n[1-3]' },
    { at: minute(5), nodes: 'n[1-3]' },
    { at: minute(12), nodes: 'n3' },
  ],
};

it.each([
  // minute, worst, muted, minute of the last look (0: never)
  ['before all', 1, [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
  ['looked at', 5, [0, 0, 0, 0], [0, 0, 0, 0], [5, 5, 5, 0]],
  ['one alert', 12, [4, 4, 0, 0], [0, 0, 0, 0], [5, 5, 12, 0]],
  ['two', 15, [4, 5, 0, 0], [0, 0, 0, 0], [5, 5, 12, 0]],
  ['one of them muted', 20, [0, 5, 0, 0], [4, 4, 0, 0], [5, 5, 12, 0]],
  ['looked at again', 25, [0, 5, 0, 0], [4, 4, 0, 0], [25, 25, 25, 0]],
  ['one resolved', 30, [0, 5, 0, 0], [0, 0, 0, 0], [25, 25, 25, 0]],
] as const)('%s', (_, when, worst, muted, looked) => {
  const glance = new Replay(timeline, indices).at(at(when));
  expect([...glance.worst]).toEqual(worst);
  expect([...glance.muted]).toEqual(muted);
  expect([...glance.looked]).toEqual(looked.map((m) => (m ? at(m) / 1000 : 0)));
  expect([...glance.sight]).toEqual(looked.map((m) => (m ? 2 : 0)));
});

it('counts alerts and their kinds', () => {
  const glance = new Replay(timeline, indices).at(at(15));
  expect([...glance.alerts]).toEqual([1, 2, 0, 0]);
  expect([...glance.kinds]).toEqual([1, 33, 0, 0]);
});

it('goes back as well as forth', () => {
  const replay = new Replay(timeline, indices);
  replay.at(at(40));
  expect([...replay.at(at(1)).worst]).toEqual([0, 0, 0, 0]);
});

it('knows when something happened', () => {
  expect(new Replay(timeline, indices).moments()).toEqual([10, 15, 20, 30].map(at));
});
