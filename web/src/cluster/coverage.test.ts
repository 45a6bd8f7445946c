import { expect, it } from 'vitest';
import { coverageOf, kCoverages, sightsOf, staleAfter } from './coverage';

const kNow = 1_000_000;
const kHour = 3600;
const lookedAt = (ages: number[]) => Uint32Array.from(ages, (age) => (age < 0 ? 0 : kNow - age));

it.each([
  ['just swept: nothing is stale before two hours', [60, 60, 60], 2 * kHour],
  ['twice the median', [3 * kHour, 3 * kHour, 4 * kHour], 6 * kHour],
  ['a day at the latest', [100 * kHour, 100 * kHour, 100 * kHour], 24 * kHour],
  ['nobody was looked at', [-1, -1], 24 * kHour],
])('stale: %s', (_, ages, after) => {
  expect(staleAfter(lookedAt(ages), kNow)).toBe(after);
});

it.each([
  ['proven lately', 2, 60, 'proven'],
  ['proven long ago', 2, 3 * kHour, 'stale'],
  ['in part, and long ago', 1, 3 * kHour, 'stale'],
  ['in part lately', 1, 60, 'partial'],
  ['never', 0, 60, 'never'],
  ['said to be proven, but at no time', 2, -1, 'never'],
])('what was examined: %s', (_, sight, age, coverage) => {
  const looked = lookedAt([age])[0]!;
  expect(kCoverages[coverageOf(sight | 4, looked, kNow, 2 * kHour)]).toBe(coverage);
});

it('counts what has been looked at, and what too long ago', () => {
  const sight = Uint8Array.of(0, 1, 2, 4, 5, 5, 6, 6, 6);
  const looked = lookedAt([-1, 60, 60, -1, 60, 3 * kHour, 60, 60, 3 * kHour]);
  expect(sightsOf({ sight, looked }, { now_s: kNow, stale_s: 2 * kHour })).toEqual({
    never: 1,
    partial: 1,
    stale: 2,
    proven: 2,
    unwatched: 3,
  });
});
