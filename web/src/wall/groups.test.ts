import { expect, it } from 'vitest';
import type { Nodes } from '../cluster/cluster.svelte';
import { groupsOf, naturalOrder, ordered, type By, type Order } from './groups';

const names = ['login1', 'node1', 'node10', 'node2'];
const nodes: Nodes = {
  names,
  indices: new Map(names.map((name, i) => [name, i])),
  columns: {
    worst: Uint8Array.of(0, 0, 4, 0),
    muted: Uint8Array.of(0, 3, 0, 0),
    sight: Uint8Array.of(2, 2, 2, 0),
    alerts: new Uint16Array(4),
    looked: new Uint32Array(4),
    classSet: Uint16Array.of(1, 0, 0, 0),
    group: Uint16Array.of(0, 2, 1, 1),
    schedule: Uint16Array.of(0, 1, 2, 9),
    kinds: Uint8Array.of(0, 0, 3, 0),
  },
  dictionary: {
    cluster: 'test',
    classes: [['compute'], ['login', 'gpu']],
    groups: ['', 'rack2', 'rack10'],
    schedules: [
      { state: null, partitions: [] },
      { state: 'idle', partitions: ['batch'] },
      { state: 'idle', partitions: ['batch', 'debug'] },
    ],
  },
};

it.each<[By, string[], number[]]>([
  ['class', ['compute', 'login + gpu'], [3, 1]],
  ['rack', ['no rack', 'rack2', 'rack10'], [1, 2, 1]],
  ['state', ['idle', 'no scheduler', 'not known'], [2, 1, 1]],
  ['partition', ['batch', 'batch + debug', 'no partition', 'not known'], [1, 1, 1, 1]],
  ['severity', ['high', 'dealt with', 'nothing open'], [1, 1, 2]],
  ['kind', ['nothing found', 'ports, services and keys'], [3, 1]],
])('by %s', (by, labels, counts) => {
  const groups = groupsOf(nodes, nodes.columns, by);
  expect(groups.labels).toEqual(labels);
  expect([...groups.counts]).toEqual(counts);
});

it.each<[Order, string[]]>([
  ['name', ['node1', 'node2', 'node10', 'login1']],
  ['layout', ['node2', 'node10', 'node1', 'login1']],
  ['likeness', ['node10', 'node1', 'node2', 'login1']],
])('ordered by %s, within groups', (order, expected) => {
  const groups = groupsOf(nodes, nodes.columns, 'class');
  const sorted = ordered(nodes, nodes.columns, groups, order);
  expect([...sorted].map((i) => names[i])).toEqual(expected);
});

it('orders 150,000 names in little time', () => {
  const many = Array.from({ length: 150_000 }, (_, i) => `r${i % 97}n${i}`);
  const start = performance.now();
  const order = naturalOrder(many);
  expect(performance.now() - start).toBeLessThan(5000); // 100 ms on a quiet machine
  expect(many[order[0]!]).toBe('r0n0');
});
