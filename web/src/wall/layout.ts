// Where each node's cell is: groups as blocks in strips, one below the other, with the largest cells
// with which all of it is on one screen. Everything stands on one grid of cells.

export interface Block {
  group: number;
  x: number; // of its first cell, in cells; the heading is above it
  y: number;
  columns: number;
  rows: number;
  first: number; // among all nodes, ordered by group
  count: number;
}

export interface Layout {
  cell: number; // CSS pixels
  columns: number;
  rows: number;
  heading: number; // rows of cells above each block; 0: there is no room for headings
  blocks: Block[];
}

export const kLargestCell_px = 112;
const kSmallestCell_px = 0.05;
const kHeading_px = 18;
const kHeadingWidth_px = 64;
const kGap_px = 8;
const kSmallGap_px = 3;
/** From here on cells are a whole number of pixels: their edges are sharp and even. */
const kSnapFrom_px = 6;
/** So much smaller may cells be for the sake of headings. */
const kWorthHeadings = 0.65;
const kHeadingsFrom_px = 14;

interface Shape {
  heading: number; // all in cells
  gap: number; // between neighbours
  below: number;
  narrowest: number;
}

interface Style {
  heading_px: number;
  width_px: number;
  gap_px: number;
}

const kStyles: Style[] = [
  { heading_px: kHeading_px, width_px: kHeadingWidth_px, gap_px: kGap_px },
  { heading_px: 0, width_px: 0, gap_px: kSmallGap_px },
  { heading_px: 0, width_px: 0, gap_px: 0 },
];

const ceilDiv = (a: number, b: number) => Math.ceil(a / b);

/** How far blocks of these sizes are from squares if they share a strip. */
function badness(
  total: number,
  members: number,
  most: number,
  least: number,
  width: number,
  shape: Shape,
) {
  const room = Math.max(1, width - (members - 1) * shape.gap);
  const rows = ceilDiv(total, room);
  const ratio = (count: number) => {
    const across = Math.max(shape.narrowest, count / rows);
    const down = rows + shape.heading;
    return Math.max(across / down, down / across);
  };
  return ratio(most) + ratio(least);
}

/** How many groups from `start` on share a strip. */
function membersOf(counts: ArrayLike<number>, start: number, width: number, shape: Shape): number {
  let total = counts[start]!;
  let most = total;
  let least = total;
  let members = 1;
  let now = badness(total, 1, most, least, width, shape);
  for (let i = start + 1; i < counts.length; ++i) {
    const count = counts[i]!;
    if ((members + 1) * shape.narrowest + members * shape.gap > width) break;
    const next = badness(
      total + count,
      members + 1,
      Math.max(most, count),
      Math.min(least, count),
      width,
      shape,
    );
    if (next > now) break;
    now = next;
    total += count;
    most = Math.max(most, count);
    least = Math.min(least, count);
    ++members;
  }
  return members;
}

function widthAt(
  counts: ArrayLike<number>,
  start: number,
  members: number,
  rows: number,
  shape: Shape,
) {
  let across = (members - 1) * shape.gap;
  for (let i = start; i < start + members; ++i) {
    across += Math.max(shape.narrowest, ceilDiv(counts[i]!, rows));
  }
  return across;
}

/** Rows of a strip: as few as its members need. */
function rowsOf(
  counts: ArrayLike<number>,
  start: number,
  members: number,
  width: number,
  shape: Shape,
) {
  let total = 0;
  for (let i = start; i < start + members; ++i) total += counts[i]!;
  let low = Math.max(1, ceilDiv(total, Math.max(1, width)));
  let high = Math.max(low, total);
  while (low < high) {
    const rows = (low + high) >> 1;
    if (widthAt(counts, start, members, rows, shape) <= width) high = rows;
    else low = rows + 1;
  }
  return low;
}

/** Blocks on `columns` columns of cells; undefined: they need more than `rows` rows. */
function arrange(
  counts: ArrayLike<number>,
  columns: number,
  rows: number,
  shape: Shape,
): Block[] | undefined {
  const blocks: Block[] = [];
  let y = 0;
  let first = 0;
  let before = 0;
  for (let start = 0; start < counts.length;) {
    const members = membersOf(counts, start, columns, shape);
    let high = rowsOf(counts, start, members, columns, shape);
    const isLast = start + members === counts.length;
    // A last strip of few blocks is not stretched over the whole width.
    if (isLast && before > 0) {
      let most = 0;
      for (let i = start; i < counts.length; ++i) most = Math.max(most, counts[i]!);
      high = Math.max(high, Math.min(before, Math.ceil(Math.sqrt(most))));
    }
    y += shape.heading;
    if (y + high > rows) return undefined;
    let x = 0;
    for (let group = start; group < start + members; ++group) {
      const count = counts[group]!;
      const across = Math.max(1, ceilDiv(count, high));
      const wide = Math.min(columns - x, Math.max(across, shape.narrowest));
      blocks.push({ group, x, y, columns: wide, rows: ceilDiv(count, wide), first, count });
      first += count;
      x += wide + shape.gap;
    }
    y += high + shape.below;
    before = high;
    start += members;
  }
  return blocks;
}

function attempt(
  counts: ArrayLike<number>,
  width: number,
  height: number,
  cell: number,
  style: Style,
) {
  const columns = Math.floor(width / cell + 1e-6);
  const rows = Math.floor(height / cell + 1e-6);
  if (columns < 1 || rows < 1) return undefined;
  const shape = {
    // Headings have their distance from what is above in the same rows: a row may be much.
    heading: style.heading_px > 0 ? ceilDiv(style.heading_px + style.gap_px, cell) : 0,
    gap: ceilDiv(style.gap_px, cell),
    below: style.heading_px > 0 ? 0 : ceilDiv(style.gap_px, cell),
    narrowest: Math.max(1, Math.min(columns, ceilDiv(style.width_px, cell))),
  };
  const blocks = arrange(counts, columns, rows, shape);
  return blocks && { cell, columns, rows, heading: shape.heading, blocks };
}

function largest(
  counts: ArrayLike<number>,
  width: number,
  height: number,
  pixel: number,
  style: Style,
): Layout | undefined {
  let total = 0;
  for (let i = 0; i < counts.length; ++i) total += counts[i]!;
  // More than this no arrangement can reach.
  let high = Math.min(kLargestCell_px, Math.sqrt((width * height) / Math.max(1, total)));
  let best = attempt(counts, width, height, high, style);
  let low = kSmallestCell_px;
  for (let i = 0; i < 14 && !(best && best.cell === high); ++i) {
    const middle = (low + high) / 2;
    const found = attempt(counts, width, height, middle, style);
    if (found) {
      best = found;
      low = middle;
    } else {
      high = middle;
    }
  }
  if (best && best.cell >= kSnapFrom_px * pixel) {
    const cell = Math.floor(best.cell / pixel) * pixel;
    best = attempt(counts, width, height, cell, style) ?? best;
  }
  return best;
}

/** Groups of these many nodes on so many CSS pixels; `pixel`: of the screen, in CSS pixels. */
export function layOut(
  counts: ArrayLike<number>,
  width: number,
  height: number,
  pixel = 1,
): Layout {
  let best: Layout | undefined;
  for (const style of width > 0 && height > 0 ? kStyles : []) {
    const found = largest(counts, width, height, pixel, style);
    if (!found) continue;
    const isWorthIt =
      !best || (best.cell < kHeadingsFrom_px && best.cell < found.cell * kWorthHeadings);
    if (isWorthIt) best = found;
  }
  return best ?? { cell: 1, columns: 1, rows: 1, heading: 0, blocks: [] };
}

/** What is where: the cell of each node, and one more than the node of each cell. */
export interface Places {
  cellOf: Uint32Array;
  nodeAt: Uint32Array; // 0: none
}

/** `order`: nodes, those of the first group first. */
export function place(layout: Layout, order: Uint32Array): Places {
  const cellOf = new Uint32Array(order.length);
  const nodeAt = new Uint32Array(layout.columns * layout.rows);
  for (const { x, y, columns, first, count } of layout.blocks) {
    let cell = y * layout.columns + x;
    let column = 0;
    for (let k = first; k < first + count; ++k) {
      const node = order[k]!;
      cellOf[node] = cell + column;
      nodeAt[cell + column] = node + 1;
      if (++column === columns) {
        column = 0;
        cell += layout.columns;
      }
    }
  }
  return { cellOf, nodeAt };
}
