import { expect, it } from 'vitest';
import type { Palette } from './palette';
import { Scene } from './scene';
import { kNever, kProven } from '../cluster/coverage';
import { codeOf } from './states';
import { cellShape, escaped, pictureSvg } from './svg';

const palette: Palette = {
  background: [0, 0, 0],
  text: [255, 255, 255],
  dim: [200, 200, 200],
  focus: [255, 255, 0],
  inStep: [0, 255, 0],
  unknown: [128, 128, 128],
  severities: [1, 2, 3, 4, 5, 6].map((i) => [i * 40, 0, i * 20] as const),
};
const well = codeOf(0, kProven, false, false);
const high = codeOf(4, kProven, false, false);

it('names stay text', () => {
  expect(escaped('<b>"x"&\u202E')).toBe('&lt;b&gt;&quot;x&quot;&amp;\\u{202e}');
});

it('has a pattern a state and a rectangle a run', () => {
  const scene = new Scene();
  scene.layout = {
    cell: 10,
    columns: 4,
    rows: 3,
    heading: 1,
    blocks: [{ group: 0, x: 0, y: 1, columns: 4, rows: 2, first: 0, count: 6 }],
  };
  scene.groups = { labels: ['<script>'], counts: Uint32Array.of(6), of: new Uint32Array(6) };
  scene.grid = {
    columns: 4,
    rows: 3,
    codes: Uint8Array.from([0, 0, 0, 0, well, well, high, well, well, well, 0, 0]),
  };
  scene.used = new Set([well, high]);
  const svg = pictureSvg(scene, {
    title: 'a & b',
    subtitle: 'now',
    palette,
    legend: [{ code: high, text: 'high 1' }],
    width: 40,
    height: 30,
  });
  expect(svg.match(/<pattern /g)).toHaveLength(2);
  expect(svg.match(/fill="url/g)).toHaveLength(4);
  expect(svg).toContain('a &amp; b');
  expect(svg).not.toContain('<script');
  expect(svg).not.toMatch(/NaN|undefined/);
});

it('shapes differ from state to state', () => {
  const shapes = [well, high, codeOf(9, kProven, false, false), codeOf(0, kNever, false, false)];
  expect(new Set(shapes.map((code) => cellShape(code, palette, true))).size).toBe(4);
});
