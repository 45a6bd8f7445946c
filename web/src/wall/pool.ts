// Cells that are smaller than a pixel: four become one, as often as it takes, and the worst of them
// shows.

import { kRanks } from './states';

export interface Grid {
  columns: number;
  rows: number;
  codes: Uint8Array; // states.ts; 0: no node
}

/** How often cells of this many pixels have to be halved in number to be a pixel each. */
export function levelOf(cell_px: number): number {
  return cell_px >= 1 ? 0 : Math.ceil(Math.log2(1 / cell_px) - 1e-9);
}

function halve({ columns, rows, codes }: Grid): Grid {
  const half = {
    columns: (columns + 1) >> 1,
    rows: (rows + 1) >> 1,
    codes: new Uint8Array(((columns + 1) >> 1) * ((rows + 1) >> 1)),
  };
  for (let y = 0; y < rows; ++y) {
    const to = (y >> 1) * half.columns;
    for (let x = 0; x < columns; ++x) {
      const code = codes[y * columns + x]!;
      const at = to + (x >> 1);
      if (kRanks[code]! > kRanks[half.codes[at]!]!) half.codes[at] = code;
    }
  }
  return half;
}

export function pooled(grid: Grid, level: number): Grid {
  let result = grid;
  for (let i = 0; i < level; ++i) result = halve(result);
  return result;
}
