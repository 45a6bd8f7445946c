import { describe, expect, it } from 'vitest';
import type { Nodes } from '../cluster/cluster.svelte';
import { filterOf, NodeRow, select, standingOf } from './list';

const age = { now_s: 10_000, stale_s: 7200 };
const names = ['login1', 'node1', 'node2', 'node3'];
const all: Nodes = {
  names,
  columns: {
    worst: Uint8Array.of(0, 4, 0, 2),
    muted: Uint8Array.of(0, 0, 3, 0),
    sight: Uint8Array.of(4, 6, 6, 1),
    alerts: Uint16Array.of(0, 1, 1, 1),
    looked: Uint32Array.of(0, 9000, 1000, 9000),
    classSet: Uint16Array.of(1, 0, 0, 0),
    group: Uint16Array.of(0, 1, 1, 2),
    schedule: Uint16Array.of(0, 1, 1, 0),
    kinds: new Uint8Array(4),
  },
  dictionary: {
    cluster: 'c',
    classes: [['compute'], ['login']],
    groups: ['', 'r1', 'r2'],
    schedules: [
      { state: null, partitions: [] },
      { state: 'idle', partitions: ['main'] },
    ],
  },
  indices: new Map(names.map((name, i) => [name, i])),
};
const group = (name: string) => (name === 'compute' ? ['node1', 'node2', 'node3'] : undefined);

describe('select', () => {
  it.each([
    ['all', {}, names],
    ['by nodeset', { nodes: 'node[1-2]' }, ['node1', 'node2']],
    ['by @class', { nodes: '@compute!node2' }, ['node1', 'node3']],
    ['by class', { class: 'login' }, ['login1']],
    ['by rack', { rack: 'r1' }, ['node1', 'node2']],
    ['by state', { state: 'idle' }, ['node1', 'node2']],
    ['by severity or worse', { severity: 'medium' }, ['node1']],
    ['nothing open', { severity: 'none' }, ['login1', 'node2']],
    ['by coverage', { coverage: 'never' }, ['login1']],
    ['what was proven too long ago', { coverage: 'stale' }, ['node2']],
    ['what is proven', { coverage: 'proven' }, ['node1']],
    ['not watched', { coverage: 'unwatched' }, ['node3']],
    ['a nodeset that cannot be read', { nodes: 'node[' }, names],
  ])('%s', (_, query, expected) => {
    const { rows, problem } = select(all, filterOf(query as Record<string, string>), group, age);
    expect(rows.map(({ name }) => name)).toEqual(expected);
    expect(problem !== '').toBe((query as { nodes?: string }).nodes === 'node[');
  });
});

it.each([
  ['login1', false, 'not known'],
  ['node1', false, 'high'],
  ['node2', false, 'medium, dealt with'],
  ['node3', false, 'low'],
])('%s stands so', (name, isOld, word) => {
  expect(standingOf(new NodeRow(all, names.indexOf(name), age), isOld).word).toBe(word);
});

it('is not in step when it is old, or stale', () => {
  const calm = {
    ...all,
    columns: { ...all.columns, worst: new Uint8Array(4), muted: new Uint8Array(4) },
  };
  expect(standingOf(new NodeRow(calm, 1, age), false).word).toBe('in step');
  expect(standingOf(new NodeRow(calm, 1, age), true).word).toBe('not known');
  expect(standingOf(new NodeRow(calm, 2, age), false).word).toBe('not known');
  expect(JSON.parse(JSON.stringify(new NodeRow(calm, 2, age)))).toMatchObject({
    sight: 'proven',
    stale: true,
  });
});
