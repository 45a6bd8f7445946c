// The names of the groups, above their blocks; those that are in sight.

import { safe } from '../base/text';
import { cssColor, type Palette } from './palette';
import type { Scene } from './scene';
import type { Viewport } from './viewport';

export const kFont = '12px system-ui, "DejaVu Sans", sans-serif';
export const kLetter_px = 6.6; // on average; long names are cut by it, not measured
const kNarrowest_px = 28;
const kLine_px = 16;

/** "compute 8,874", cut to what fits. */
export function headingText(label: string, count: number, width: number): string {
  const number = count.toLocaleString();
  const letters = Math.floor(width / kLetter_px);
  const name = safe(label, 80);
  if (name.length + 1 + number.length <= letters) return `${name} ${number}`;
  if (name.length <= letters) return name;
  return letters < 3 ? '' : `${name.slice(0, letters - 1)}…`;
}

export function drawHeadings(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: Viewport,
  width: number,
  height: number,
  pixel: number,
  palette: Palette,
): void {
  context.setTransform(1 / pixel, 0, 0, 1 / pixel, 0, 0);
  context.clearRect(0, 0, width, height);
  const { layout, groups } = scene;
  if (layout.heading === 0) return;
  context.font = kFont;
  context.textBaseline = 'bottom';
  context.fillStyle = cssColor(palette.text);
  const cell = layout.cell * view.scale;
  for (const { group, x, y, columns, count } of layout.blocks) {
    const bottom = view.y + y * cell - 2;
    if (bottom < 0 || bottom - kLine_px > height) continue;
    // Of a block that begins to the left of the screen the name stays in sight.
    const left = Math.max(view.x + x * cell, 2);
    const right = Math.min(view.x + (x + columns) * cell, width);
    if (right - left < kNarrowest_px) continue;
    context.fillText(headingText(groups.labels[group]!, count, right - left), left, bottom);
  }
}
