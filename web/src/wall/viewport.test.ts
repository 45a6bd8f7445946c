import { expect, it } from 'vitest';
import { clamped, kWhole, showing, zoomed } from './viewport';

const size = { width: 1000, height: 500 };

it('is never smaller than the whole, and never beside it', () => {
  expect(clamped({ scale: 0.2, x: 50, y: -900 }, size, 10)).toEqual(kWhole);
  expect(clamped({ scale: 2, x: -5000, y: 3 }, size, 10)).toEqual({ scale: 2, x: -1000, y: 0 });
});

it('stops where cells are large', () => {
  expect(clamped({ scale: 1000, x: 0, y: 0 }, size, 56).scale).toBe(2);
  expect(clamped({ scale: 3, x: 0, y: 0 }, size, 120).scale).toBe(1);
});

it('what is under the pointer stays there', () => {
  const view = zoomed(kWhole, 3, 400, 200, size, 2);
  expect((400 - view.x) / view.scale).toBeCloseTo(400);
  expect((200 - view.y) / view.scale).toBeCloseTo(200);
});

it('moves as little as it has to', () => {
  const view = { scale: 4, x: 0, y: 0 };
  expect(showing(view, 5, 5, size, 2)).toEqual({ scale: 4, x: 0, y: 0 + 0 });
  const moved = showing(view, 400, 5, size, 2);
  expect(moved.x + 400 * 8).toBeLessThanOrEqual(1000);
  expect(moved.y).toBeCloseTo(0);
});
