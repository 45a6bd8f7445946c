import { expect, it } from 'vitest';
import type { Series, ValueRow } from '../api/types';
import { charted, numberText, pointRows } from './series';

const series = (name: string, points: [number, number][] = [[0, 1]]): Series => ({
  instance: 'load',
  name,
  unit: '',
  points,
});
const value = (name: string, more: Partial<ValueRow>) =>
  ({ instance: 'load', name, alert: null, expected: null, ...more }) as ValueRow;

it('puts what is wrong first, and leaves out what has no points', () => {
  const shown = charted(
    [series('a10'), series('a2'), series('b'), series('c'), series('d', [])],
    [value('c', { alert: 'A-1' }), value('b', { expected: '1..2' })],
  );
  expect(shown.map((each) => each.series.name)).toEqual(['c', 'b', 'a2', 'a10']);
});

it('has the latest points first', () => {
  const rows = pointRows([
    series('a', [
      [60, 1],
      [120, 2],
    ]),
    series('b', [[90, 3]]),
  ]);
  expect(rows.map(({ value }) => value)).toEqual([2, 3, 1]);
});

it.each([
  [0.1 + 0.2, '0.3'],
  [512, '512'],
  ['6.1.0', '6.1.0'],
])('writes %s', (value, text) => {
  expect(numberText(value)).toBe(text);
});
