// Whoever draws the wall: WebGL2 where there is one, else a canvas' pixels.

import type { Grid } from './pool';
import type { Sheet } from './tiles';

/** In pixels of the screen. */
export interface Frame {
  x: number; // of the grid's corner
  y: number;
  cell: number;
}

export interface Renderer {
  resize(width: number, height: number): void;
  /** All of the grid is another one. */
  setGrid(grid: Grid): void;
  /** Some rows of it are, from `first` up to `last`. */
  setRows(grid: Grid, first: number, last: number): void;
  setSheet(sheet: Sheet): void;
  /** Where no node is; 0xAABBGGRR. */
  setBackground(color: number): void;
  draw(frame: Frame): void;
  end(): void;
}

export type RendererKind = 'webgl2' | 'canvas';

/** Which pixel of a tile is at a pixel of a cell: tiles are not larger than they need to be. */
export const tileScale = (tile: number, cell: number) => (tile >= cell ? 1 : tile / cell);
