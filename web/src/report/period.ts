// The time that a report is about.

import { apiTime } from '../base/time';

export interface Period {
  from: number; // milliseconds since 1970
  to: number;
}

const kHour_ms = 3_600_000;
const kDay_ms = 24 * kHour_ms;
/** The server tells of no longer time at once. */
export const kMostDays = 40;

const startOfMonth = (at: Date, months = 0) =>
  new Date(at.getFullYear(), at.getMonth() + months, 1).getTime();

/** What is asked for often; months are those of the viewer's calendar. */
export const kPresets: { name: string; of: (now: number) => Period }[] = [
  { name: 'Last 24 hours', of: (now) => ({ from: now - kDay_ms, to: now }) },
  { name: 'Last 7 days', of: (now) => ({ from: now - 7 * kDay_ms, to: now }) },
  { name: 'Last 30 days', of: (now) => ({ from: now - 30 * kDay_ms, to: now }) },
  { name: 'This month', of: (now) => ({ from: startOfMonth(new Date(now)), to: now }) },
  {
    name: 'Last month',
    of: (now) => ({ from: startOfMonth(new Date(now), -1), to: startOfMonth(new Date(now)) }),
  },
];

/** Of a link; seven days where it says nothing that can be read. */
export function periodOf(query: Record<string, string>, now: number): Period {
  const from = Date.parse(query.from ?? '');
  const to = Date.parse(query.to ?? '');
  const end = Number.isNaN(to) ? now : Math.min(to, now);
  return { from: Number.isNaN(from) ? end - 7 * kDay_ms : from, to: end };
}

export const queryOf = ({ from, to }: Period) => ({ from: apiTime(from), to: apiTime(to) });

/** Why there is no report of it; empty: there is. */
export function problemWith({ from, to }: Period): string {
  if (from >= to) return 'The period ends before it begins, or lies in the future.';
  if (to - from > kMostDays * kDay_ms) return `A report covers ${kMostDays} days at most.`;
  return '';
}

/** "2026-11-30": as a date field has it, in the viewer's zone. */
export function dateText(at: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The beginning of that day, or of the day after it; NaN: it is no date. */
export function dayStart(text: string, after = 0): number {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!found) return NaN;
  return new Date(Number(found[1]), Number(found[2]) - 1, Number(found[3]) + after).getTime();
}

const kHours = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const kDays = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

export interface Slot extends Period {
  label: string;
}

/** Days, or hours where there are few: what a figure has bars of. */
export function slotsOf({ from, to }: Period): Slot[] {
  const isShort = to - from <= 2 * kDay_ms;
  const slots: Slot[] = [];
  const start = new Date(from);
  if (isShort) start.setMinutes(0, 0, 0);
  else start.setHours(0, 0, 0, 0);
  for (let at = start; at.getTime() < to && slots.length < 200;) {
    const next = new Date(at);
    // By the calendar: a day may have 23 hours, or 25.
    if (isShort) next.setTime(at.getTime() + kHour_ms);
    else next.setDate(at.getDate() + 1);
    const label = isShort ? kHours.format(at) : kDays.format(at);
    slots.push({ from: Math.max(from, at.getTime()), to: Math.min(to, next.getTime()), label });
    at = next;
  }
  return slots;
}
