import { expect, it } from 'vitest';
import type { Profiles } from '../api/types';
import { failureSince, isLearnedSince } from './learning';

const at = Date.parse('2026-11-30T10:00:00Z');
const entry = (seconds: number, detail: string, action = 'learn') => ({
  at: new Date(at + seconds * 1000).toISOString(),
  by: 'kim',
  action,
  detail,
});

it.each([
  ['nothing', [], null],
  ['an old one', [entry(-60, 'failed: old')], null],
  ['a new one', [entry(5, 'failed: no route'), entry(-60, 'failed: old')], 'no route'],
  ['one that went well', [entry(5, 'what node1 shows: 3 ports, 0 outliers')], null],
  ['something else', [entry(5, 'failed: x', 'import')], null],
  ['within rounding', [entry(-1, 'failed: ')], 'It failed.'],
])('finds %s', (_, entries, failure) => {
  expect(failureSince(entries, at)).toBe(failure);
});

it.each([
  ['nothing', [], false],
  ['of the class', [['compute', 5]], true],
  ['of a network of it', [['compute@hsn', 5]], true],
  ['within rounding', [['compute', -1]], true],
  ['what waited before', [['compute', -60]], false],
  ['of another class', [['login', 5]], false],
] as [string, [string, number][], boolean][])('sees what was learned: %s', (_, made, expected) => {
  const waiting: Profiles['waiting'] = made.map(([host_type, seconds]) => ({
    host_type,
    made: new Date(at + seconds * 1000).toISOString(),
    maker: 'kim',
    origin: '',
    open_ports: [],
    outliers: [],
  }));
  expect(isLearnedSince(waiting, 'compute', at)).toBe(expected);
});
