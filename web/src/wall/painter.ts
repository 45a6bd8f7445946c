// Keeps a renderer supplied: what has changed goes to it once a frame at most, and where nothing has
// changed nothing is drawn.

import { levelOf, pooled, type Grid } from './pool';
import type { Palette } from './palette';
import type { Renderer } from './renderer';
import { Sheet, word } from './tiles';
import { kWhole, type Viewport } from './viewport';

/** Larger cells are drawn with tiles of this size, pixels doubled. */
const kLargestTile_px = 128;

export class Painter {
  private renderer: Renderer | undefined;
  private grid: Grid = { columns: 0, rows: 0, codes: new Uint8Array() };
  private level = 0;
  private isGridNew = true;
  private firstRow = Infinity;
  private lastRow = 0;
  private palette: Palette | undefined;
  private sheet: Sheet | undefined;
  private used = new Set<number>();
  private view = kWhole;
  private cell = 1;
  private pixel = 1; // CSS pixels
  private width = 0;
  private height = 0;
  private isSizeNew = true;
  private scheduled = 0;
  frames = 0;

  constructor(private readonly onDrawn: (frames: number, view: Viewport) => void) {}

  setRenderer(renderer: Renderer | undefined): void {
    if (this.renderer !== renderer) this.renderer?.end();
    this.renderer = renderer;
    this.isGridNew = this.isSizeNew = true;
    this.sheet = undefined;
    this.schedule();
  }

  /** In CSS pixels; `pixel`: one of the screen's. */
  setSize(width: number, height: number, pixel: number): void {
    this.width = Math.max(1, Math.round(width / pixel));
    this.height = Math.max(1, Math.round(height / pixel));
    this.pixel = pixel;
    this.isSizeNew = true;
    this.schedule();
  }

  /** `used`: the codes that are in it. */
  setGrid(grid: Grid, cell: number, used: Set<number>): void {
    this.grid = grid;
    this.cell = cell;
    this.used = used;
    this.isGridNew = true;
    this.schedule();
  }

  /** The grid has changed in these rows. */
  touch(first: number, last: number, used: Set<number>): void {
    this.firstRow = Math.min(this.firstRow, first);
    this.lastRow = Math.max(this.lastRow, last);
    this.used = used;
    this.schedule();
  }

  setView(view: Viewport): void {
    this.view = view;
    this.schedule();
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
    this.sheet = undefined;
    this.schedule();
  }

  end(): void {
    cancelAnimationFrame(this.scheduled);
    this.renderer?.end();
    this.renderer = undefined;
  }

  private schedule(): void {
    if (this.scheduled || !this.renderer) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.draw();
    });
  }

  private draw(): void {
    const { renderer, palette, grid } = this;
    if (!renderer || !palette || grid.columns === 0) return;
    if (this.isSizeNew) renderer.resize(this.width, this.height);
    const cell_px = (this.cell * this.view.scale) / this.pixel;
    this.supplyGrid(renderer, levelOf(cell_px));
    const cell = cell_px * 2 ** this.level;
    this.supplySheet(renderer, palette, cell);
    const { x, y } = this.view;
    renderer.draw({ x: Math.round(x / this.pixel), y: Math.round(y / this.pixel), cell });
    this.isSizeNew = false;
    this.onDrawn(++this.frames, this.view);
  }

  private supplyGrid(renderer: Renderer, level: number): void {
    const isTouched = this.lastRow > this.firstRow;
    if (this.isGridNew || level !== this.level || (isTouched && level > 0)) {
      renderer.setGrid(pooled(this.grid, level));
    } else if (isTouched) {
      renderer.setRows(this.grid, this.firstRow, this.lastRow);
    }
    this.level = level;
    this.isGridNew = false;
    this.firstRow = Infinity;
    this.lastRow = 0;
  }

  private supplySheet(renderer: Renderer, palette: Palette, cell: number): void {
    const size = Math.min(kLargestTile_px, Math.max(1, Math.ceil(cell - 1e-6)));
    const isOther = this.sheet?.size !== size;
    if (isOther || !this.sheet) {
      this.sheet = new Sheet(size, palette);
      renderer.setBackground(word(palette.background));
    }
    if (this.sheet.add(this.used) || isOther) renderer.setSheet(this.sheet);
  }
}
