import { expect, it } from 'vitest';
import type { Palette } from './palette';
import { kNever, kProven, kStale } from '../cluster/coverage';
import { codeOf } from './states';
import { Sheet } from './tiles';

const kGreen = 0xff00ff00;
const palette: Palette = {
  background: [0, 0, 0],
  text: [255, 255, 255],
  dim: [200, 200, 200],
  focus: [255, 255, 0],
  inStep: [0, 255, 0],
  unknown: [128, 128, 128],
  severities: [1, 2, 3, 4, 5, 6].map((i) => [i * 40, 0, i * 20] as const),
};

function tile(code: number, size: number): string {
  const sheet = new Sheet(size, palette);
  sheet.add([code]);
  const rows: number[] = [];
  const start = (code >> 4) * size * sheet.width + (code & 15) * size;
  for (let y = 0; y < size; ++y) {
    rows.push(...sheet.pixels.subarray(start + y * sheet.width, start + y * sheet.width + size));
  }
  return rows.join();
}

it.each([1, 2, 3, 5, 7, 9, 16, 40])('states differ at %i pixels', (size) => {
  const levels = [0, 1, 2, 3, 4, 5].map((level) =>
    tile(codeOf(level, kProven, false, false), size),
  );
  expect(new Set(levels).size).toBe(6);
  const muted = tile(codeOf(9, kProven, false, false), size);
  expect(muted).not.toBe(levels[4]);
  const covered = [kNever, kStale, kProven].map((each) =>
    tile(codeOf(0, each, false, false), size),
  );
  expect(new Set(covered).size).toBe(3);
  expect(tile(codeOf(4, kProven, true, false), size)).not.toBe(levels[4]);
});

it.each([7, 12, 24])('shapes differ without colour at %i pixels', (size) => {
  const grey = { ...palette, severities: palette.severities.map(() => [200, 200, 200] as const) };
  const shapes = [1, 2, 3, 4, 5].map((level) => {
    const sheet = new Sheet(size, grey);
    sheet.add([codeOf(level, kProven, false, false)]);
    return sheet.pixels.filter((pixel) => pixel !== 0).join();
  });
  expect(new Set(shapes).size).toBe(5);
});

it('unknown and stale have no pixel of what is well', () => {
  for (const coverage of [kNever, kStale]) {
    for (const size of [1, 4, 9, 20]) {
      expect(tile(codeOf(0, coverage, false, false), size)).not.toContain(String(kGreen >>> 0));
    }
  }
});
