// What a cell looks like, pixel by pixel, for each state: drawn once for a size and a palette, and
// copied from there by whoever draws the wall. The shapes are those of parts/Glyph.svelte.

import { mix, type Palette, type Rgb } from './palette';
import { kNever, kPartial, kProven, kStale } from '../cluster/coverage';
import { lookOf, type Look } from './states';

/** Below this many pixels a shape cannot be told from another. */
export const kGlyphFrom_px = 7;
const kGapFrom_px = 4;
const kWideGapFrom_px = 14;
const kHatchFrom_px = 3;
/** How much of its colour what stands back keeps. */
const kBack = 0.22;
/** What is well is no news: it keeps less than half of its colour. */
const kCalm = 0.56;
/** From here on there is room for an edge beside the hatch. */
const kEdgeFrom_px = 11;

/** Distance in a box of 16, negative within; severities 1 to 5. */
function shapeAt(severity: number, x: number, y: number): number {
  const dx = x - 8;
  const dy = y - 8;
  if (severity === 5) {
    // A cross: its arms end at 3 and 13.
    const out = Math.max(0, Math.max(Math.abs(dx), Math.abs(dy)) - 5);
    return Math.max(Math.min(Math.abs(dx - dy), Math.abs(dx + dy)) / Math.SQRT2 - 1.75, out - 0.5);
  }
  if (severity === 4) return (Math.abs(dx) + Math.abs(dy) - 7) / Math.SQRT2;
  if (severity === 3) return Math.max(y - 14, (Math.abs(dx) * 12 - (y - 2) * 7) / 13.9);
  if (severity === 2) return Math.hypot(dx, dy) - 5;
  // A bar: no hollow shape of another severity looks like it.
  return Math.max(Math.abs(dx) - 5, Math.abs(dy) - 1.75);
}

const share = (distance_px: number) => Math.min(1, Math.max(0, 0.5 - distance_px));

/** How much of a pixel the glyph covers. */
function glyphAt(severity: number, hollow: boolean, x: number, y: number, size: number): number {
  const unit = size / 16;
  const distance = shapeAt(severity, x / unit, y / unit) * unit;
  if (!hollow || severity === 1) return share(distance);
  return share(Math.abs(distance + 0.5) - Math.max(0.5, 0.6 * unit));
}

function smallColor({ level, coverage }: Look, palette: Palette): Rgb {
  const { severities, background, unknown, inStep } = palette;
  if (level > 5) return mix(severities[level - 5]!, background, 0.45);
  if (level > 0) return severities[level]!;
  if (coverage === kNever) return mix(unknown, background, 0.35);
  if (coverage === kStale) return mix(unknown, background, 0.15);
  return mix(coverage === kPartial ? mix(inStep, unknown, 0.5) : inStep, background, kCalm);
}

/** The pixel at (x, y) within a cell that is `size` pixels wide, gap and all. */
function pixelAt(look: Look, x: number, y: number, size: number, palette: Palette): Rgb {
  const { severities, background, unknown, inStep, text, focus } = palette;
  const { level, coverage, isSelected } = look;
  const gap = size >= kWideGapFrom_px ? 2 : size >= kGapFrom_px ? 1 : 0;
  if (x < gap || y < gap) return background;
  const inner = size - gap;
  const ix = x - gap;
  const iy = y - gap;
  const edge = Math.min(ix, iy, inner - 1 - ix, inner - 1 - iy);
  const frame = size >= kWideGapFrom_px ? 2 : 1;
  if (isSelected && size >= kGlyphFrom_px && edge < frame) return focus;
  const hatch = (ix + iy) % (size >= 16 ? 6 : size >= 9 ? 4 : 3) === 0;

  if (size < kGlyphFrom_px) {
    const color = smallColor(look, palette);
    const isHatched = level === 0 && coverage === kNever && size >= kHatchFrom_px && hatch;
    return isHatched ? background : color;
  }
  // The edge: how well it has been looked at.
  const hasEdge = coverage === kPartial || level > 0 || size >= kEdgeFrom_px;
  if (edge <= (isSelected ? frame : 0) && coverage !== kProven && hasEdge) {
    if (coverage === kPartial) return mix(text, background, size < kEdgeFrom_px ? 0.6 : 0.35);
    const isDash = coverage === kStale ? (ix + iy) % 4 < 2 : (ix + iy) % 2 === 0;
    return isDash ? text : mix(unknown, background, 0.6);
  }
  if (level > 0) {
    const isMuted = level > 5;
    const severity = isMuted ? level - 5 : level;
    const color = severities[severity]!;
    const glyph = glyphAt(severity, isMuted, ix + 0.5, iy + 0.5, inner);
    if (!isMuted) return mix(color, background, glyph);
    const isFrame = edge <= (size >= 16 ? 1 : 0);
    return isFrame ? mix(color, background, 0.25) : mix(background, color, glyph);
  }
  if (coverage === kNever) return hatch ? unknown : mix(background, unknown, 0.18);
  if (coverage === kStale)
    return hatch ? mix(unknown, background, 0.2) : mix(unknown, background, 0.55);
  const color = mix(inStep, background, kCalm);
  return coverage === kPartial && iy < inner / 2 ? mix(color, background, 0.6) : color;
}

/** A sheet of tiles: 16 in a row, that of a code at (code % 16, code / 16). */
export const kTilesAcross = 16;
export const kTilesDown = 12;

export class Sheet {
  readonly pixels: Uint32Array<ArrayBuffer>; // as canvases hold them: red in the lowest byte
  private readonly drawn = new Uint8Array(256);

  constructor(
    readonly size: number,
    private readonly palette: Palette,
  ) {
    this.pixels = new Uint32Array(kTilesAcross * size * kTilesDown * size);
  }

  get width(): number {
    return kTilesAcross * this.size;
  }

  get height(): number {
    return kTilesDown * this.size;
  }

  /** Draws those of these codes that are missing; true: there were some. */
  add(codes: Iterable<number>): boolean {
    let isNew = false;
    for (const code of codes) {
      if (this.drawn[code] || code === 0) continue;
      this.drawn[code] = 1;
      this.draw(code);
      isNew = true;
    }
    return isNew;
  }

  private draw(code: number): void {
    const { size, palette, width } = this;
    const look = lookOf(code);
    const start = Math.floor(code / kTilesAcross) * size * width + (code % kTilesAcross) * size;
    for (let y = 0; y < size; ++y) {
      for (let x = 0; x < size; ++x) {
        let color = pixelAt(look, x, y, size, palette);
        if (look.isBack) color = mix(palette.background, color, kBack);
        this.pixels[start + y * width + x] = word(color);
      }
    }
  }
}

export const word = ([r, g, b]: Rgb) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
