import { describe, expect, it } from 'vitest';
import { Rate } from './rates';

describe('a rate', () => {
  it.each([
    ['nothing', [], null],
    ['one count', [[0, 5]], null],
    [
      'two',
      [
        [0, 0],
        [2000, 1000],
      ],
      500,
    ],
    [
      'the same moment twice',
      [
        [0, 0],
        [0, 1000],
      ],
      null,
    ],
    [
      'a new pass',
      [
        [0, 0],
        [2000, 1000],
        [4000, 10],
      ],
      null,
    ],
    [
      'a new pass, later',
      [
        [0, 5000],
        [1000, 0],
        [2000, 100],
      ],
      100,
    ],
    [
      'the latest half minute',
      [
        [0, 0],
        [40_000, 0],
        [50_000, 1000],
      ],
      100,
    ],
  ] as [string, [number, number][], number | null][])('of %s', (_, counts, expected) => {
    const rate = new Rate();
    for (const [at, done] of counts) rate.learn(at, done);
    expect(rate.perSecond).toBe(expected);
  });
});
