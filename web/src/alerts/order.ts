// Which causes are shown, and in what order.

import { kSeverities, type AlertRow, type AlertStatus } from '../api/types';

export interface Filter {
  severity: string; // so grave or graver; empty: all
  status: string; // "open" takes those that are reopened, "muted" acknowledged and silenced ones
  kind: string;
  nodeClass: string;
}

export const kStatuses = ['open', 'muted', 'acknowledged', 'silenced', 'pending', 'resolved'];

const kMuted: AlertStatus[] = ['acknowledged', 'silenced'];
const kOver: AlertStatus[] = ['pending', 'resolved'];

/** Somebody deals with it, or nobody wants to hear of it. */
export const isMuted = ({ status }: Pick<AlertRow, 'status'>) => kMuted.includes(status);
/** Nobody deals with it: it is shown filled, all else hollow. */
export const isOpen = ({ status }: AlertRow) => status === 'open' || status === 'reopened';
/** Somebody can still act on it. */
export const isStanding = (row: AlertRow) => !kOver.includes(row.status);
/** Rows of one id differ in how they are dealt with. */
export const keyOf = (row: AlertRow) =>
  [row.id, row.status, row.owner ?? '', row.until ?? ''].join(' ');

export const rankOf = (row: AlertRow) => kSeverities.indexOf(row.severity);

/** The part of its class that has it; 1 where the class is not known. */
export function shareOf(row: AlertRow, sizes: Map<string, number>): number {
  const size = sizes.get(row.class);
  return size ? Math.min(1, row.node_count / size) : 1;
}

/** The gravest first, what nobody deals with before what somebody does, the rarest, the newest. */
export function inOrder(rows: AlertRow[], sizes: Map<string, number>): AlertRow[] {
  const burden = (row: AlertRow) => (isStanding(row) ? (isMuted(row) ? 1 : 0) : 2);
  return rows
    .map((row) => ({ row, share: shareOf(row, sizes), at: Date.parse(row.first_seen) || 0 }))
    .sort(
      (a, b) =>
        Number(!isStanding(a.row)) - Number(!isStanding(b.row)) ||
        rankOf(b.row) - rankOf(a.row) ||
        burden(a.row) - burden(b.row) ||
        a.share - b.share ||
        b.at - a.at,
    )
    .map(({ row }) => row);
}

function hasStatus(row: AlertRow, wanted: string): boolean {
  if (wanted === 'open') return isOpen(row);
  if (wanted === 'muted') return isMuted(row);
  return row.status === wanted;
}

export function isWanted(row: AlertRow, filter: Filter): boolean {
  const least = kSeverities.indexOf(filter.severity as AlertRow['severity']);
  if (rankOf(row) < least) return false;
  if (filter.status && !hasStatus(row, filter.status)) return false;
  if (filter.kind && row.kind !== filter.kind) return false;
  if (filter.nodeClass && !row.class.split('+').includes(filter.nodeClass)) {
    if (row.class !== filter.nodeClass) return false;
  }
  return true;
}

/** All values of a field, for a choice: each once, in order. */
export function choices(rows: AlertRow[], of: (row: AlertRow) => string[]): string[] {
  return [...new Set(rows.flatMap(of))].filter(Boolean).sort();
}
