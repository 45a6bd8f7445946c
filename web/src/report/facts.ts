// What a report is made of: each part is asked for by itself, so that one that fails does not keep
// the others back, and says so where it would stand.

import { get, problemOf } from '../api/client';
import type {
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

/** All rows of a list, page by page; of the latest on, until one of them is enough. */
async function rowsOf<T>(
  path: string,
  name: string,
  query: Record<string, boolean>,
  signal: AbortSignal,
  isEnough: (last: T) => boolean = () => false,
): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | null = null;
  for (let i = 0; i < kMostPages; ++i) {
    const asked = { ...query, limit: kMost, cursor };
    const page: { next: string | null } = await get(path, asked, signal);
    rows.push(...(page as unknown as Record<string, T[]>)[name]!);
    cursor = page.next;
    const last = rows.at(-1);
    if (!cursor || (last !== undefined && isEnough(last))) break;
  }
  return rows;
}

export async function factsOf(
  period: Period,
  isAdmin: boolean,
  signal: AbortSignal,
): Promise<Facts> {
  const isBefore = (text: string | null) => text !== null && Date.parse(text) < period.from;
  const [timeline, rows, sweeps, runs, profiles, audit, check] = await Promise.all([
    part(get<Timeline>('/timeline', queryOf(period), signal)),
    part(rowsOf<AlertRow>('/alerts', 'alerts', { all: true }, signal)),
    part(rowsOf<Sweep>('/sweeps', 'sweeps', {}, signal, ({ started }) => isBefore(started))),
    part(rowsOf<Run>('/runs', 'runs', {}, signal, ({ started }) => isBefore(started))),
    part(get<Profiles>('/profiles', {}, signal)),
    isAdmin
      ? part(rowsOf<AuditEntry>('/audit', 'audit', {}, signal, ({ at }) => isBefore(at)))
      : null,
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
