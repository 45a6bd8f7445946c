import { expect, it } from 'vitest';
import { sharpnessFor } from './picture';

it.each([
  ['a plot', { width: 800, height: 300 }, 2],
  ['nothing', { width: 0, height: 0 }, 2],
  ['one that no browser would draw', { width: 20_000, height: 10_000 }, 0.5],
])('how sharp %s is', (_, size, sharpness) => {
  expect(sharpnessFor(size)).toBeCloseTo(sharpness);
});
