// What a table shows; the same columns go to its CSV.

import type { Cell } from '../base/csv';

export interface Column<Row> {
  key: string;
  title: string;
  /** For sorting, filtering, CSV, and for the eye where the table is given no snippet. */
  value: (row: Row) => Cell;
  /** What it is sorted by, where that is not its value: the gravest first. */
  rank?: (row: Row) => number;
  /** As CSS grid takes it; "1fr" where nothing is said. */
  width?: string;
  numeric?: boolean;
  /** Left out on a phone. */
  wide?: boolean;
  /** Not for the eye: filtered by, and in the CSV. */
  hidden?: boolean;
}

export interface Order {
  key: string;
  descending: boolean;
}

/** A key for each, also where several have the same: these go by their place as well. */
export function uniqueKeys(keys: { key: string; place: number }[]): string[] {
  const seen = new Set<string>();
  return keys.map(({ key, place }) => {
    const unique = seen.has(key) ? `${key}\0${place}` : key;
    seen.add(unique);
    return unique;
  });
}

// One for all: to make it anew for each pair takes ten times as long.
const kOrder = new Intl.Collator(undefined, { numeric: true });

function compare(a: Cell, b: Cell): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return kOrder.compare(String(a ?? ''), String(b ?? ''));
}

/** Rows in this order; equal ones stay as they were. Empty cells go last, whichever way. */
export function sorted<Row>(rows: Row[], columns: Column<Row>[], order: Order | null): Row[] {
  const column = columns.find(({ key }) => key === order?.key);
  if (!column || !order) return rows;
  const isEmpty = (cell: Cell) =>
    cell === null || cell === undefined || cell === '' || Number.isNaN(cell);
  return rows
    .map((row) => ({ row, cell: (column.rank ?? column.value)(row) }))
    .sort((a, b) => {
      if (isEmpty(a.cell) || isEmpty(b.cell))
        return Number(isEmpty(a.cell)) - Number(isEmpty(b.cell));
      return order.descending ? compare(b.cell, a.cell) : compare(a.cell, b.cell);
    })
    .map(({ row }) => row);
}

/** Rows that have all of these words somewhere. */
export function filtered<Row>(rows: Row[], columns: Column<Row>[], words: string): Row[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  return rows.filter((row) => {
    const text = columns.map(({ value }) => String(value(row) ?? '').toLowerCase()).join('\n');
    return wanted.every((word) => text.includes(word));
  });
}
