// Which part of the wall is in sight: how much larger than life, and where its corner is.

export interface Viewport {
  scale: number; // 1: the whole wall
  x: number; // of the wall's corner on the screen, in CSS pixels; never above 0
  y: number;
}

export const kWhole: Viewport = { scale: 1, x: 0, y: 0 };

/** A cell needs no more than this. */
const kLargestCell_px = 112;

export interface Size {
  width: number;
  height: number;
}

export function clamped(view: Viewport, { width, height }: Size, cell: number): Viewport {
  const scale = Math.min(Math.max(1, view.scale), Math.max(1, kLargestCell_px / cell));
  const x = Math.min(0, Math.max(width - width * scale, view.x));
  const y = Math.min(0, Math.max(height - height * scale, view.y));
  return { scale, x, y };
}

/** What is at (x, y) stays there. */
export function zoomed(
  view: Viewport,
  factor: number,
  x: number,
  y: number,
  size: Size,
  cell: number,
): Viewport {
  const { scale } = clamped({ ...view, scale: view.scale * factor }, size, cell);
  const by = scale / view.scale;
  return clamped({ scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by }, size, cell);
}

/** The least that has to move for a cell to be in sight. */
export function showing(
  view: Viewport,
  column: number,
  row: number,
  size: Size,
  cell: number,
): Viewport {
  const length = cell * view.scale;
  const left = view.x + column * length;
  const top = view.y + row * length;
  const edge = Math.min(24, length);
  let { x, y } = view;
  if (left < edge) x += edge - left;
  if (left + length > size.width - edge) x -= left + length - size.width + edge;
  if (top < edge) y += edge - top;
  if (top + length > size.height - edge) y -= top + length - size.height + edge;
  return clamped({ scale: view.scale, x, y }, size, cell);
}
