// The same without WebGL: pixels are copied from the sheet of tiles into a picture.

import type { Grid } from './pool';
import { tileScale, type Frame, type Renderer } from './renderer';
import { kTilesAcross, type Sheet } from './tiles';

/** What of the grid is at each pixel of a line: the cell (-1: none), and where in its tile. */
function lineOf(length: number, start: number, cell: number, cells: number, tile: number) {
  const at = new Int32Array(length);
  const within = new Int32Array(length);
  const scale = tileScale(tile, cell);
  for (let i = 0; i < length; ++i) {
    const place = (i + 0.5 - start) / cell;
    const whole = Math.floor(place);
    at[i] = whole < 0 || whole >= cells ? -1 : whole;
    within[i] = Math.min(tile - 1, Math.floor((place - whole) * cell * scale));
  }
  return { at, within };
}

/** Draws a part of the wall; for the screen, and for pictures. */
export function paint(
  pixels: Uint32Array,
  width: number,
  height: number,
  grid: Grid,
  sheet: Sheet,
  background: number,
  { x, y, cell }: Frame,
): void {
  const { size } = sheet;
  const across = lineOf(width, x, cell, grid.columns, size);
  const down = lineOf(height, y, cell, grid.rows, size);
  for (let row = 0; row < height; ++row) {
    const line = row * width;
    const gridRow = down.at[row]!;
    if (gridRow < 0) {
      pixels.fill(background, line, line + width);
      continue;
    }
    const cells = gridRow * grid.columns;
    const tileRow = down.within[row]! * sheet.width;
    for (let column = 0; column < width; ++column) {
      const gridColumn = across.at[column]!;
      const code = gridColumn < 0 ? 0 : grid.codes[cells + gridColumn]!;
      if (code === 0) {
        pixels[line + column] = background;
        continue;
      }
      const corner = (code >> 4) * size * sheet.width + (code & (kTilesAcross - 1)) * size;
      pixels[line + column] = sheet.pixels[corner + tileRow + across.within[column]!]!;
    }
  }
}

export class CanvasRenderer implements Renderer {
  private readonly context: CanvasRenderingContext2D;
  private image: ImageData | undefined;
  private grid: Grid | undefined;
  private sheet: Sheet | undefined;
  private background = 0xff000000;

  constructor(private readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('This browser has no canvas.');
    this.context = context;
  }

  resize(width: number, height: number): void {
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = this.context.createImageData(width, height);
  }

  setGrid(grid: Grid): void {
    this.grid = grid;
  }

  setRows(grid: Grid): void {
    this.grid = grid;
  }

  setSheet(sheet: Sheet): void {
    this.sheet = sheet;
  }

  setBackground(color: number): void {
    this.background = color;
  }

  draw(frame: Frame): void {
    const { image, grid, sheet } = this;
    if (!image || !grid || !sheet) return;
    const pixels = new Uint32Array(image.data.buffer);
    paint(pixels, image.width, image.height, grid, sheet, this.background, frame);
    this.context.putImageData(image, 0, 0);
  }

  end(): void {}
}
