import { describe, expect, it } from 'vitest';
import { intervalOf, intervalText, settingOf } from './interval';

describe('an interval', () => {
  it.each([
    [10, '10s', '10 s'],
    [60, '1m', '1 min'],
    [5400, '90m', '90 min'],
    [3600, '1h', '1 h'],
    [86_400, '1d', '1 d'],
    [90_000, '25h', '25 h'],
    [3601, '3601s', '3,601 s'],
  ])('of %i seconds is %s', (seconds, setting, text) => {
    expect(settingOf(intervalOf(seconds))).toBe(setting);
    expect(intervalText(seconds)).toBe(text);
  });
  it.each([0, -1, 1.5, NaN])('is never %d of a unit', (number) => {
    expect(settingOf({ number, unit: 'h' })).toBeUndefined();
  });
  it('of nothing is 0 s', () => expect(intervalText(0)).toBe('0 s'));
});
