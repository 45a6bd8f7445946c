import { expect, it } from 'vitest';
import { levelOf, pooled } from './pool';
import { kNever, kProven } from '../cluster/coverage';
import { codeOf } from './states';

const well = codeOf(0, kProven, false, false);
const never = codeOf(0, kNever, false, false);
const critical = codeOf(5, kProven, false, false);

it.each([
  [12, 0],
  [1, 0],
  [0.9, 1],
  [0.5, 1],
  [0.49, 2],
  [0.1, 4],
])('cells of %f pixels: level %i', (cell, level) => {
  expect(levelOf(cell)).toBe(level);
  expect(cell * 2 ** level).toBeGreaterThanOrEqual(1);
});

it('the worst shows, on odd grids too', () => {
  const codes = Uint8Array.from([well, well, well, well, never, 0, well, well, critical]);
  const grid = { columns: 3, rows: 3, codes };
  expect([...pooled(grid, 1).codes]).toEqual([never, well, well, critical]);
  expect([...pooled(grid, 2).codes]).toEqual([critical]);
  expect(pooled(grid, 0)).toBe(grid);
});

it('of 150,000 nodes one is never lost', () => {
  const [columns, rows] = [500, 300];
  for (const at of [0, 499, 74_321, 149_999]) {
    const codes = new Uint8Array(columns * rows).fill(well);
    codes[at] = critical;
    const small = pooled({ columns, rows, codes }, 3);
    const x = (at % columns) >> 3;
    const y = Math.floor(at / columns) >> 3;
    expect(small.codes[y * small.columns + x]).toBe(critical);
  }
});
