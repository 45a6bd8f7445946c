import { expect, it } from 'vitest';
import { chartSvg, withGaps } from './chart_picture';

const colours = { background: '#000', text: '#fff', line: '#333', series: '#0ff' };

it('does not draw across a gap', () => {
  const [times, values] = withGaps([
    [0, 1],
    [300, 2],
    [600, 3],
    [6000, 4],
    [6300, 5],
  ]);
  expect(values).toEqual([1, 2, 3, null, 4, 5]);
  expect(times).toEqual([0, 300, 600, 900, 6000, 6300]);
});

it.each<[string, [number, number][]]>([
  ['nothing', []],
  ['one point', [[1000, 5]]],
  [
    'all the same',
    [
      [1000, 5],
      [1300, 5],
    ],
  ],
  [
    'a line',
    [
      [1000, 5],
      [1300, -7.5],
    ],
  ],
])('draws %s', (_, points) => {
  const svg = chartSvg({ instance: 'load', name: 'load.1', unit: '', points }, 'node1', colours);
  expect(svg).not.toContain('NaN');
  expect(svg).toContain('node1: load.1 (load)');
});

it('keeps names text', () => {
  const svg = chartSvg(
    { instance: 'x', name: '<script>"&', unit: '', points: [] },
    '</text>',
    colours,
  );
  expect(svg).not.toMatch(/<script|"&"|<\/text>:/);
  expect(svg).toContain('&lt;script&gt;&quot;&amp;');
});
