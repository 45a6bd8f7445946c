import { describe, expect, it } from 'vitest';
import { layOut, place } from './layout';

const identity = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);
const racks = (n: number, size: number) =>
  Array.from({ length: Math.ceil(n / size) }, (_, i) => Math.min(size, n - i * size));

const kScreens: [string, number, number][] = [
  ['a desktop', 1040, 720],
  ['a phone', 366, 480],
];
const kClusters: [string, number[]][] = [
  ['1 node', [1]],
  ['7 nodes', [5, 1, 1]],
  ['512 nodes', [480, 20, 8, 4]],
  ['10,000 nodes in classes', [9000, 800, 150, 40, 10]],
  ['10,000 nodes in racks', racks(10_000, 64)],
  ['150,000 nodes in one', [150_000]],
  ['150,000 nodes in classes', [140_000, 9000, 900, 90, 10]],
  ['150,000 nodes in racks', racks(150_000, 64)],
  ['60,000 groups of one', racks(60_000, 1)],
];

describe.each(kScreens)('on %s', (_, width, height) => {
  it.each(kClusters)('%s: all on one screen, none twice', (_, counts) => {
    const n = counts.reduce((sum, count) => sum + count, 0);
    const start = performance.now();
    const layout = layOut(counts, width, height);
    const { cellOf, nodeAt } = place(layout, identity(n));
    const took = performance.now() - start;

    expect(layout.columns * layout.cell).toBeLessThanOrEqual(width + 0.01);
    expect(layout.rows * layout.cell).toBeLessThanOrEqual(height + 0.01);
    expect(new Set(cellOf).size).toBe(n);
    expect(nodeAt.reduce((sum, node) => sum + (node > 0 ? 1 : 0), 0)).toBe(n);
    for (let i = 0; i < n; ++i) if (nodeAt[cellOf[i]!] !== i + 1) expect.fail(`node ${i}`);
    // Not more than two thirds of the screen are lost, unless cells are as large as they get.
    if (layout.cell < 40) {
      expect(n * layout.cell ** 2).toBeGreaterThan((width * height) / 3);
    }
    expect(took).toBeLessThan(5000); // 100 ms on a quiet machine
  });
});

it('keeps groups apart, and their headings free', () => {
  const { blocks, columns, heading } = layOut([300, 200, 100, 50], 1000, 700);
  expect(heading).toBeGreaterThan(0);
  const taken = new Set<number>();
  for (const block of blocks) {
    for (let y = block.y - heading; y < block.y + block.rows; ++y) {
      for (let x = block.x; x < block.x + block.columns; ++x) {
        expect(x).toBeLessThan(columns);
        expect(taken.has(y * columns + x)).toBe(false);
        taken.add(y * columns + x);
      }
    }
  }
});

it('has cells of whole pixels where they are large', () => {
  const { cell } = layOut([500], 1000, 700, 0.5);
  expect(Number.isInteger(cell * 2)).toBe(true);
});

it('has nothing to lay out', () => {
  expect(layOut([], 100, 100).blocks).toEqual([]);
  expect(layOut([5], 0, 0).blocks).toEqual([]);
});
