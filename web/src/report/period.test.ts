import { describe, expect, it } from 'vitest';
import { dateText, dayStart, periodOf, problemWith, queryOf, slotsOf } from './period';

const now = Date.parse('2026-11-30T12:00:00Z');
const day = 86_400_000;

describe('a period', () => {
  it.each([
    ['nothing', {}, now - 7 * day, now],
    ['rubbish', { from: 'x', to: 'y' }, now - 7 * day, now],
    [
      'both',
      { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' },
      now - 29.5 * day,
      now - 28.5 * day,
    ],
    ['the future', { from: '2026-11-29T12:00:00Z', to: '2030-01-01T00:00:00Z' }, now - day, now],
  ])('of a link with %s', (_, query, from, to) => {
    expect(periodOf(query, now)).toEqual({ from, to });
  });

  it('is in the link as it was', () => {
    const period = { from: now - day, to: now };
    expect(periodOf(queryOf(period), now)).toEqual(period);
  });

  it.each([
    ['backwards', { from: now, to: now }, /ends before/],
    ['too long', { from: now - 41 * day, to: now }, /40 days/],
    ['right', { from: now - 40 * day, to: now }, /^$/],
  ])('that is %s', (_, period, problem) => {
    expect(problemWith(period)).toMatch(problem);
  });

  it('has dates of the viewer', () => {
    expect(dateText(dayStart('2026-03-01'))).toBe('2026-03-01');
    expect(dateText(dayStart('2026-02-28', 1))).toBe('2026-03-01');
    expect(dayStart('soon')).toBeNaN();
  });
});

describe('slots', () => {
  it.each([
    ['hours', { from: now - day, to: now }, 24],
    ['some of the first hour', { from: now - day - 60_000, to: now }, 25],
  ])('are %s', (_, period, n) => {
    expect(slotsOf(period)).toHaveLength(n);
  });

  it('cover the period without gap', () => {
    const period = { from: now - 30 * day, to: now };
    const slots = slotsOf(period);
    expect(slots[0]!.from).toBe(period.from);
    expect(slots.at(-1)!.to).toBe(period.to);
    slots.slice(1).forEach((slot, i) => expect(slot.from).toBe(slots[i]!.to));
  });
});
