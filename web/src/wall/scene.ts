// All that is to be drawn, computed from the cluster's columns: who is where, and as what.

import type { Nodes } from '../cluster/cluster.svelte';
import { groupsOf, ordered, type By, type Groups, type Order } from './groups';
import { layOut, place, type Layout } from './layout';
import type { Grid } from './pool';
import { encode, kRanks, type Counts, type Filter, type Glance, type Marks } from './states';

export interface Wish {
  by: By;
  order: Order;
  width: number; // CSS pixels
  height: number;
  pixel: number; // of the screen, in CSS pixels
}

const same = (a: Uint32Array, b: Uint32Array) =>
  a.length === b.length && a.every((value, i) => value === b[i]);

export class Scene {
  groups: Groups = { labels: [], counts: new Uint32Array(), of: new Uint32Array() };
  layout: Layout = layOut([], 0, 0);
  order: Uint32Array = new Uint32Array(); // nodes as they stand
  cellOf: Uint32Array = new Uint32Array();
  nodeAt: Uint32Array = new Uint32Array(); // of each cell, and one more; 0: none
  codes = new Uint8Array(); // of each node
  grid: Grid = { columns: 0, rows: 0, codes: new Uint8Array() };
  used = new Set<number>();
  private wish: Wish | undefined;
  private names: string[] = [];

  /** Who is where; true: something has moved. */
  arrange(nodes: Nodes, glance: Glance, wish: Wish): boolean {
    const groups = groupsOf(nodes, glance, wish.by);
    const isOther =
      nodes.names !== this.names ||
      JSON.stringify(wish) !== JSON.stringify(this.wish) ||
      groups.labels.join('\n') !== this.groups.labels.join('\n') ||
      !same(groups.of, this.groups.of);
    if (!isOther && wish.order !== 'likeness') return false;
    const order = ordered(nodes, glance, groups, wish.order);
    if (!isOther && same(order, this.order)) return false;
    this.names = nodes.names;
    this.wish = wish;
    this.groups = groups;
    this.order = order;
    this.layout = layOut(groups.counts, wish.width, wish.height, wish.pixel);
    const { columns, rows } = this.layout;
    ({ cellOf: this.cellOf, nodeAt: this.nodeAt } = place(this.layout, order));
    this.grid = { columns, rows, codes: new Uint8Array(columns * rows) };
    if (this.codes.length !== order.length) this.codes = new Uint8Array(order.length);
    return true;
  }

  /** As what each node is shown; the rows of the grid in which something has changed. */
  recode(glance: Glance, now_s: number, filter: Filter, marks: Marks) {
    const counts: Counts = encode(glance, now_s, filter, marks, this.codes);
    const { codes: cells, columns } = this.grid;
    const isUsed = new Uint8Array(256);
    let first = cells.length;
    let last = -1;
    for (let i = 0; i < this.codes.length; ++i) {
      const code = this.codes[i]!;
      const cell = this.cellOf[i]!;
      isUsed[code] = 1;
      if (cells[cell] === code) continue;
      cells[cell] = code;
      if (cell < first) first = cell;
      if (cell > last) last = cell;
    }
    for (let code = 1; code < 256; ++code) if (isUsed[code]) this.used.add(code);
    const rows =
      last < 0
        ? undefined
        : { first: Math.floor(first / columns), last: Math.floor(last / columns) + 1 };
    return { counts, rows };
  }

  /** -1: none. In cells. */
  nodeIn(column: number, row: number): number {
    const { columns, rows } = this.layout;
    if (column < 0 || row < 0 || column >= columns || row >= rows) return -1;
    return (this.nodeAt[row * columns + column] ?? 0) - 1;
  }

  placeOf(node: number): { column: number; row: number } {
    const cell = this.cellOf[node] ?? 0;
    const { columns } = this.layout;
    return { column: cell % columns, row: Math.floor(cell / columns) };
  }

  /** The nodes within a rectangle of cells. */
  nodesIn(left: number, top: number, right: number, bottom: number): number[] {
    const { columns, rows } = this.layout;
    const [x0, x1] = [Math.max(0, Math.floor(left)), Math.min(columns - 1, Math.floor(right))];
    const [y0, y1] = [Math.max(0, Math.floor(top)), Math.min(rows - 1, Math.floor(bottom))];
    const found: number[] = [];
    for (let y = y0; y <= y1; ++y) {
      for (let x = x0; x <= x1; ++x) {
        const node = this.nodeAt[y * columns + x]!;
        if (node > 0) found.push(node - 1);
      }
    }
    return found;
  }

  /** The one of them that shows where they share a pixel; -1: there is none. */
  worstIn(left: number, top: number, right: number, bottom: number): number {
    let worst = -1;
    for (const node of this.nodesIn(left, top, right, bottom)) {
      const isWorse = worst < 0 || kRanks[this.codes[node]!]! > kRanks[this.codes[worst]!]!;
      if (isWorse) worst = node;
    }
    return worst;
  }

  /** The next node in a direction; the same one where there is none. */
  neighbour(node: number, dx: number, dy: number): number {
    const { columns, rows } = this.layout;
    let { column, row } = this.placeOf(node);
    const start = column;
    for (;;) {
      column += dx;
      row += dy;
      if (column < 0 || column >= columns || row < 0 || row >= rows) return node;
      const found = this.nodeIn(column, row);
      if (found >= 0) return found;
      if (dy === 0) continue;
      // The last row of a block may be short: the nearest to the left or right will do.
      for (let away = 1; away < 8; ++away) {
        const near = Math.max(this.nodeIn(start - away, row), this.nodeIn(start + away, row));
        if (near >= 0) return near;
      }
    }
  }
}
