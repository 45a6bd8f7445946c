import { describe, expect, it } from 'vitest';
import { figureOf, stepFor } from './bars';

const frame = { width: 110, height: 120, left: 10, bottom: 15, top: 5 };

it.each([
  [0, 1],
  [3, 1],
  [4, 1],
  [5, 2],
  [17, 5],
  [40, 10],
  [90, 50],
  [1234, 500],
])('the steps up to %d are %d', (top, step) => expect(stepFor(top)).toBe(step));

describe('a figure', () => {
  it('stacks what belongs together, within its frame', () => {
    const bars = [
      { label: 'a', values: [1, 2] },
      { label: 'b', values: [0, 4] },
    ];
    const { rects, ticks, labels } = figureOf(bars, frame);
    expect(rects.map(({ bar, series, y, height }) => [bar, series, y, height])).toEqual([
      [0, 0, 80, 25],
      [0, 1, 30, 50],
      [1, 1, 5, 100],
    ]);
    expect(rects.every(({ x, width }) => x >= 10 && x + width <= 110)).toBe(true);
    expect(ticks.map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4']);
    expect(labels.map(({ x }) => x)).toEqual([35, 85]);
  });

  it('of nothing has an axis', () => {
    const { rects, ticks } = figureOf([], frame);
    expect(rects).toEqual([]);
    expect(ticks.length).toBeGreaterThan(1);
  });

  it('may stand for a hundred per cent', () => {
    const { rects } = figureOf([{ label: '', values: [50] }], frame, 100);
    expect(rects[0]!.height).toBe(50);
  });

  it('has no more labels than there is room for', () => {
    const bars = Array.from({ length: 100 }, (_, i) => ({ label: String(i), values: [1] }));
    expect(figureOf(bars, frame).labels.length).toBeLessThanOrEqual(12);
  });
});
