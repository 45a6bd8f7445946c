// The names of nodes, in their cells, where these are large enough for it.

import { safe } from '../base/text';
import { kFont, kLetter_px } from './headings';
import { cssColor, type Palette } from './palette';
import type { Scene } from './scene';
import type { Viewport } from './viewport';

export const kNamesFrom_px = 60;
const kStrip_px = 16;
const kPadding_px = 3;
const kStripOpacity = 0.7;

/** A name cut to the width of a cell: clones differ at the end, so that stays. */
export function nameText(name: string, cell: number): string {
  const letters = Math.floor((cell - 2 * kPadding_px) / kLetter_px);
  const text = safe(name, 80);
  return text.length <= letters ? text : `…${text.slice(text.length - letters + 1)}`;
}

/** Those in sight, over what is drawn there already. */
export function drawNames(
  context: CanvasRenderingContext2D,
  scene: Scene,
  names: string[],
  view: Viewport,
  width: number,
  height: number,
  palette: Palette,
): void {
  const cell = scene.layout.cell * view.scale;
  if (cell < kNamesFrom_px) return;
  context.font = kFont;
  context.textBaseline = 'middle';
  const inSight = scene.nodesIn(
    -view.x / cell,
    -view.y / cell,
    (width - view.x) / cell,
    (height - view.y) / cell,
  );
  for (const node of inSight) {
    const { column, row } = scene.placeOf(node);
    const left = view.x + column * cell;
    const top = view.y + (row + 1) * cell - kStrip_px;
    context.globalAlpha = kStripOpacity;
    context.fillStyle = cssColor(palette.background);
    context.fillRect(left + 1, top - 1, cell - 2, kStrip_px);
    context.globalAlpha = 1;
    context.fillStyle = cssColor(palette.text);
    context.fillText(
      nameText(names[node] ?? '', cell),
      left + kPadding_px,
      top + kStrip_px / 2 - 1,
    );
  }
}
