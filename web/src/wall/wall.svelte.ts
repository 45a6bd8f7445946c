// The wall as it is shown: what the link says, what the cluster is, and where in it one looks.

import { untrack } from 'svelte';
import { aging } from '../cluster/aging.svelte';
import { cluster } from '../cluster/cluster.svelte';
import { staleAfter } from '../cluster/coverage';
import { selection } from '../cluster/selection.svelte';
import { clock } from '../base/clock.svelte';
import { router } from '../shell/router.svelte';
import { factsOf, type Facts } from './facts';
import { isVolatile, kBys, kOrders, type By, type Order } from './groups';
import type { Painter } from './painter';
import type { Replay } from './replay';
import { Scene } from './scene';
import { filterText, parseFilter, type Counts, type Filter, type Marks } from './states';
import { clamped, kWhole, showing, zoomed, type Viewport } from './viewport';

/** Nodes that change their group all the time would make nobody the wiser. */
const kRearrange_ms = 2000;
/** A pointer means the worst of the nodes that are as near as this. */
const kReach_px = 2;

export class Wall {
  readonly scene = new Scene();
  painter: Painter | undefined;

  by: By = $derived(kBys.find((by) => by === router.place.query.by) ?? 'class');
  order: Order = $derived(kOrders.find((order) => order === router.place.query.order) ?? 'name');
  filter: Filter = $derived(parseFilter(router.place.query.show));
  isTable = $derived(router.place.query.table !== undefined);
  isDisplay = $derived(router.place.query.display === 'wall');

  size = $state.raw({ width: 0, height: 0, pixel: 1 });
  view = $state.raw<Viewport>(kWhole);
  counts = $state.raw<Counts | null>(null);
  /** Counts the arrangements: whoever draws by places watches it. */
  arranged = $state(0);
  /** The node that the keyboard is at, by name; empty: none. */
  cursor = $state('');
  /** Its card stays. */
  isPinned = $state(false);
  /** The node that is pointed at, by name: indices are of one list of nodes. Empty: none. */
  private hovered = $state('');
  isSelecting = $state(false);
  /** The past that is shown; null: now. */
  past = $state.raw<{ replay: Replay; at: number } | null>(null);

  private marks: Marks = { of: new Uint8Array(), selected: 0, lit: 0 };
  private arrangedAt = 0;
  private scheduled = 0;

  get glance() {
    return this.past ? this.past.replay.at(this.past.at) : cluster.nodes.columns;
  }

  /** Of what is shown, in milliseconds since 1970. */
  get now(): number {
    return this.past ? this.past.at : clock.now;
  }

  /** To be called in an effect: whatever changes, the wall follows, once a frame. */
  follow(): void {
    void [cluster.revision, cluster.nodes, selection.nodes, selection.lit, aging.turn];
    void [this.by, this.order, this.filter, this.size, this.past, this.painter];
    untrack(() => this.schedule());
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.update();
    });
  }

  private update(): void {
    const { scene, painter, size } = this;
    const { nodes } = cluster;
    if (!painter || nodes.names.length === 0 || size.width < 1) return;
    const glance = this.glance;
    const isDue = !isVolatile(this.by, this.order) || this.mayRearrange();
    const isOther = this.by !== this.latest?.by || this.order !== this.latest.order;
    const isResized = this.size !== this.latest?.size || nodes.names !== this.latest.names;
    const hasMoved =
      (isDue || isOther || isResized) &&
      scene.arrange(nodes, glance, { by: this.by, order: this.order, ...size });
    this.latest = { by: this.by, order: this.order, size, names: nodes.names };
    if (hasMoved) this.arrangedAt = performance.now();

    const { counts, rows } = scene.recode(glance, this.now / 1000, this.filter, this.marked());
    if (hasMoved) {
      painter.setGrid(scene.grid, scene.layout.cell, scene.used);
      this.setView(this.view);
      ++this.arranged;
    } else if (rows) {
      painter.touch(rows.first, rows.last, scene.used);
    }
    this.counts = counts;
  }
  private latest: { by: By; order: Order; size: object; names: string[] } | undefined;

  private mayRearrange(): boolean {
    const since = performance.now() - this.arrangedAt;
    if (since >= kRearrange_ms) return true;
    setTimeout(() => this.schedule(), kRearrange_ms - since);
    return false;
  }

  private markedFrom: object[] = [];
  private marked(): Marks {
    const { nodes, lit } = selection;
    const from = [nodes, lit, cluster.nodes];
    if (from.every((each, i) => each === this.markedFrom[i])) return this.marks;
    this.markedFrom = from;
    const marks = { of: new Uint8Array(cluster.nodes.names.length), selected: 0, lit: 0 };
    const mark = (names: ReadonlySet<string>, bit: number) => {
      let found = 0;
      for (const name of names) {
        const index = cluster.nodes.indices.get(name);
        if (index === undefined) continue;
        marks.of[index]! |= bit;
        ++found;
      }
      return found;
    };
    marks.selected = mark(nodes, 1);
    marks.lit = mark(lit, 2);
    return (this.marks = marks);
  }

  // --- Where one looks ---

  setView(view: Viewport): void {
    this.view = clamped(view, this.size, this.scene.layout.cell);
    this.painter?.setView(this.view);
  }

  zoom(factor: number, x = this.size.width / 2, y = this.size.height / 2): void {
    this.setView(zoomed(this.view, factor, x, y, this.size, this.scene.layout.cell));
  }

  pan(dx: number, dy: number): void {
    this.setView({ ...this.view, x: this.view.x + dx, y: this.view.y + dy });
  }

  /** Columns and rows of cells, with fractions. */
  cellAt(x: number, y: number): { column: number; row: number } {
    const length = this.scene.layout.cell * this.view.scale;
    return { column: (x - this.view.x) / length, row: (y - this.view.y) / length };
  }

  /** The node at a point; of several that are as near, the worst. -1: none. */
  nodeAt(x: number, y: number): number {
    const { scene } = this;
    const { column, row } = this.cellAt(x, y);
    const length = scene.layout.cell * this.view.scale;
    if (length >= 2 * kReach_px) return scene.nodeIn(Math.floor(column), Math.floor(row));
    const reach = kReach_px / length;
    return scene.worstIn(column - reach, row - reach, column + reach, row + reach);
  }

  // --- One node ---

  factsOf(index: number): Facts | null {
    if (index < 0 || index >= cluster.nodes.names.length) return null;
    const { glance, now } = this;
    const now_s = now / 1000;
    const stale_s = this.counts?.stale_s ?? staleAfter(glance.looked, now_s);
    return factsOf(cluster.nodes, glance, index, now_s, stale_s);
  }

  get cursorIndex(): number {
    return this.cursor === '' ? -1 : (cluster.nodes.indices.get(this.cursor) ?? -1);
  }

  get hoveredIndex(): number {
    return this.hovered === '' ? -1 : (cluster.nodes.indices.get(this.hovered) ?? -1);
  }

  setHovered(index: number): void {
    this.hovered = cluster.nodes.names[index] ?? '';
  }

  setCursor(index: number): void {
    this.cursor = cluster.nodes.names[index] ?? '';
    this.isPinned = index >= 0;
    if (index < 0) return;
    const { column, row } = this.scene.placeOf(index);
    this.setView(showing(this.view, column, row, this.size, this.scene.layout.cell));
  }

  moveCursor(dx: number, dy: number): void {
    const { cursorIndex, scene } = this;
    this.setCursor(cursorIndex < 0 ? (scene.order[0] ?? -1) : scene.neighbour(cursorIndex, dx, dy));
  }

  toggle(index: number): void {
    const name = cluster.nodes.names[index];
    if (name === undefined) return;
    const nodes = new Set(selection.nodes);
    if (!nodes.delete(name)) nodes.add(name);
    selection.select(nodes);
  }

  /** The nodes of a rectangle on the screen; `adding`: to those that are selected already. */
  selectBox(x: number, y: number, toX: number, toY: number, adding: boolean): void {
    const from = this.cellAt(Math.min(x, toX), Math.min(y, toY));
    const to = this.cellAt(Math.max(x, toX), Math.max(y, toY));
    const found = this.scene.nodesIn(from.column, from.row, to.column, to.row);
    const names = found.map((index) => cluster.nodes.names[index]!);
    selection.select(adding ? [...selection.nodes, ...names] : names);
  }

  /** Takes away one thing: the card, then the selection. */
  escape(): void {
    this.isSelecting = false;
    if (this.isPinned) this.isPinned = false;
    else selection.clear();
  }

  /** Lets these stand out, or no longer. */
  toggleFilter(kind: keyof Filter, bit: number): void {
    const filter = { ...this.filter, [kind]: this.filter[kind] ^ (1 << bit) };
    router.set({ show: filterText(filter) });
  }
}
