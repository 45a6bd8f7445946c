// What a report is made of: each part is asked for by itself, so that one that fails does not keep
// the others back, and says so where it would stand.

import { get, problemOf } from '../api/client';
import type {
  AlertPage,
  AlertRow,
  AuditCheck,
  AuditEntry,
  Profiles,
  Run,
  Sweep,
  Timeline,
} from '../api/types';
import { queryOf, type Period } from './period';

export type Part<T> = { value: T; problem?: undefined } | { value?: undefined; problem: string };

export interface Facts {
  timeline: Part<Timeline>;
  alerts: Part<AlertRow[]>;
  sweeps: Part<Sweep[]>;
  runs: Part<Run[]>;
  profiles: Part<Profiles>;
  audit: Part<AuditEntry[]> | null; // null: not for him
  check: Part<AuditCheck> | null;
}

const kMost = 1000; // what the server gives at once
const kMostPages = 20;

async function part<T>(ask: Promise<T>): Promise<Part<T>> {
  try {
    return { value: await ask };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

/** All lines of a list that begin in the period; `at` says when one did. The latest come first. */
async function lines<T>(
  path: string,
  name: string,
  at: (line: T) => string | null,
  period: Period,
  signal: AbortSignal,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  for (let i = 0; i < kMostPages; ++i) {
    const page: { next: string | null } = await get(path, { limit: kMost, cursor }, signal);
    all.push(...(page as unknown as Record<string, T[]>)[name]!);
    cursor = page.next;
    const last = all.at(-1);
    const text = last === undefined ? null : at(last);
    if (!cursor || (text !== null && Date.parse(text) < period.from)) break;
  }
  return all;
}

async function alerts(signal: AbortSignal): Promise<AlertRow[]> {
  const rows: AlertRow[] = [];
  let cursor: string | null = null;
  for (let i = 0; i < kMostPages; ++i) {
    const query = { all: true, limit: kMost, cursor };
    const page: AlertPage = await get<AlertPage>('/alerts', query, signal);
    rows.push(...page.alerts);
    cursor = page.next;
    if (!cursor) break;
  }
  return rows;
}

export async function factsOf(
  period: Period,
  isAdmin: boolean,
  signal: AbortSignal,
): Promise<Facts> {
  const [timeline, rows, sweeps, runs, profiles, audit, check] = await Promise.all([
    part(get<Timeline>('/timeline', queryOf(period), signal)),
    part(alerts(signal)),
    part(lines<Sweep>('/sweeps', 'sweeps', ({ started }) => started, period, signal)),
    part(lines<Run>('/runs', 'runs', ({ started }) => started, period, signal)),
    part(get<Profiles>('/profiles', {}, signal)),
    isAdmin ? part(lines<AuditEntry>('/audit', 'audit', ({ at }) => at, period, signal)) : null,
    isAdmin ? part(get<AuditCheck>('/audit/check', {}, signal)) : null,
  ]);
  return { timeline, alerts: rows, sweeps, runs, profiles, audit, check };
}

export const isWithin = (text: string | null, { from, to }: Period) => {
  const at = text ? Date.parse(text) : NaN;
  return at >= from && at <= to;
};

/** The list was cut, and its last line is of this period: earlier ones are missing. */
export function isCut<T>(all: T[], at: (line: T) => string | null, period: Period): boolean {
  const last = all.at(-1);
  return all.length >= kMost * kMostPages && last !== undefined && isWithin(at(last), period);
}
