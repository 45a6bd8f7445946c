import { expect, it } from 'vitest';
import type { NodeHistory, PagePort } from '../api/types';
import { happenings, lanesOf, ticks } from './lanes';

const hour = 3_600_000;
const start = Date.parse('2026-11-30T00:00:00Z');
const at = (hours: number) => new Date(start + hours * hour).toISOString();

const history: NodeHistory = {
  node: 'node1',
  from: at(0),
  to: at(10),
  ports: [
    {
      network: 'management',
      protocol: 'tcp',
      port: 4444,
      changes: [
        { at: at(4), state: 'closed', was: 'open' },
        { at: at(2), state: 'open', was: 'closed' },
      ],
    },
  ],
  alerts: [
    {
      id: 'A-1',
      kind: 'unexpected-port',
      class: 'compute',
      severity: 'high',
      status: 'open',
      protocol: 'tcp',
      port: 4444,
      first_seen: at(2),
      last_seen: at(4),
      changed: at(4),
      owner: null,
      note: '',
    },
  ],
  looks: [{ at: at(9), sweep: 7, ports: 'all', nodes: 4, nodes_proven: 3 }],
  complete: true,
};
const port = (number: number, state: string | null, since: string | null) =>
  ({ network: 'management', protocol: 'tcp', port: number, state, since }) as PagePort;

it('makes a lane of each port', () => {
  const lanes = lanesOf(history, [
    port(22, 'open', at(-5)),
    port(80, 'open', at(6)),
    port(99, null, null),
  ]);
  expect(lanes.map(({ name }) => name)).toEqual(['4444/tcp', '22/tcp', '80/tcp', '99/tcp']);
  const states = lanes.map(({ spans }) =>
    spans.map(({ from, to, state }) => [(from - start) / hour, (to - start) / hour, state]),
  );
  expect(states).toEqual([
    [
      [0, 2, 'closed'],
      [2, 4, 'open'],
      [4, 10, 'closed'],
    ],
    [[0, 10, 'open']],
    [
      [0, 6, 'unknown'],
      [6, 10, 'open'],
    ],
    [[0, 10, 'unknown']],
  ]);
  expect(lanes[0]!.marks.map(({ alert }) => alert)).toEqual(['A-1']);
});

it('is open where it is open at any address', () => {
  const changes = [
    { at: at(2), address: 'a', state: 'open', was: 'closed' },
    { at: at(3), address: 'b', state: 'open', was: 'closed' },
    { at: at(4), address: 'a', state: 'closed', was: 'open' },
    { at: at(6), address: 'b', state: 'filtered', was: 'open' },
  ];
  const place = { network: 'hsn', protocol: 'tcp', port: 80 };
  const spansWith = (state: string | null, since: string | null) =>
    lanesOf({ ...history, ports: [{ ...place, changes }], alerts: [] }, [
      { ...port(80, state, since), network: 'hsn' },
    ])[0]!.spans.map((span) => [(span.from - start) / hour, span.state]);
  expect(spansWith('filtered', at(6))).toEqual([
    [0, 'closed'],
    [2, 'open'],
    [6, 'filtered'],
  ]);
  // A third address is open, and has been for long.
  expect(spansWith('open', at(1))).toEqual([
    [0, 'closed'],
    [1, 'open'],
  ]);
});

it('has a lane for alerts about no port', () => {
  const alert = { ...history.alerts[0]!, id: 'A-2', protocol: null, port: null };
  const lanes = lanesOf({ ...history, alerts: [alert] }, []);
  expect(lanes.map(({ name, marks }) => [name, marks.length])).toContainEqual(['the node', 1]);
  const elsewhere = { ...history, ports: [] };
  expect(lanesOf(elsewhere, []).map(({ name }) => name)).toEqual(['4444/tcp']);
});

it('tells the same as a table, the latest first', () => {
  expect(happenings(history).map(({ what, text }) => [what, text])).toEqual([
    ['look', 'sweep 7, 3 of 4 proven'],
    ['port', 'open → closed'],
    ['port', 'closed → open'],
    ['alert', 'unexpected-port, high, open'],
  ]);
});

it.each([
  [24, 8],
  [7 * 24, 8],
  [30 * 24, 8],
  [90 * 24, 4],
])('marks %i hours at most %i times', (hours, most) => {
  const marks = ticks(start, start + hours * hour, most);
  expect(marks.length).toBeGreaterThan(1);
  expect(marks.length).toBeLessThanOrEqual(most + 1);
});
