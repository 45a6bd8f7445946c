// A series as a picture for a report: an SVG of its own, which needs no style sheet.

import type { Series } from '../api/types';
import { safe } from '../base/text';
import { short } from '../base/time';
import { ticks } from './lanes';

const kWidth = 800;
const kHeight = 260;
const kBox = { left: 70, right: 20, top: 40, bottom: 35 };
const kLines = 4;

export interface Colours {
  background: string;
  text: string;
  line: string;
  series: string;
}

/** For text and for attributes within quotes. */
export function escape(text: string): string {
  const kNames: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return safe(text, 200).replace(/[&<>"]/g, (each) => kNames[each]!);
}

/** A gap this many times as long as the usual distance is a gap: the line does not run across. */
const kGap = 3;

/** Where measurements stopped for a while there is a null, so that no line pretends there were. */
export function withGaps(points: Series['points']): [number[], (number | null)[]] {
  const distances = points.slice(1).map(([at], i) => at - points[i]![0]);
  const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
  const times: number[] = [];
  const values: (number | null)[] = [];
  points.forEach(([at, value], i) => {
    const before = points[i - 1];
    if (before && usual > 0 && at - before[0] > kGap * usual) {
      times.push(before[0] + usual);
      values.push(null);
    }
    times.push(at);
    values.push(value);
  });
  return [times, values];
}

export function titleOf(series: Pick<Series, 'instance' | 'name' | 'unit'>): string {
  return `${series.name}${series.unit ? `, ${series.unit}` : ''} (${series.instance})`;
}

export function chartSvg(series: Series, node: string, colours: Colours): string {
  const [times, values] = withGaps(series.points);
  const known = values.filter((value): value is number => value !== null);
  const [from, to] = [times[0] ?? 0, times.at(-1) ?? 1];
  let low = Math.min(...known);
  let high = Math.max(...known);
  if (known.length === 0) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - 1, high + 1];
  const width = kWidth - kBox.left - kBox.right;
  const height = kHeight - kBox.top - kBox.bottom;
  const x = (at: number) => (kBox.left + ((at - from) / Math.max(1, to - from)) * width).toFixed(1);
  const y = (value: number) => (kBox.top + (1 - (value - low) / (high - low)) * height).toFixed(1);
  const grid = Array.from({ length: kLines + 1 }, (_, i) => low + ((high - low) * i) / kLines)
    .map(
      (value) =>
        `<path d="M${kBox.left} ${y(value)}H${kWidth - kBox.right}" stroke="${colours.line}"/>` +
        `<text x="${kBox.left - 6}" y="${y(value)}" text-anchor="end" dominant-baseline="middle">` +
        `${escape(String(Number(value.toPrecision(4))))}</text>`,
    )
    .join('');
  const axis = ticks(from * 1000, to * 1000, 6)
    .map(
      (at) =>
        `<text x="${x(at / 1000)}" y="${kHeight - 12}" text-anchor="middle">${escape(short(at))}</text>`,
    )
    .join('');
  let path = '';
  values.forEach((value, i) => {
    if (value === null) return;
    const isFirst = i === 0 || values[i - 1] === null;
    path += `${isFirst ? 'M' : 'L'}${x(times[i]!)} ${y(value)}`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${kWidth} ${kHeight}" width="${kWidth}" height="${kHeight}" font-family="sans-serif" font-size="12" fill="${colours.text}">` +
    `<rect width="100%" height="100%" fill="${colours.background}"/>` +
    `<text x="${kBox.left}" y="22" font-size="15">${escape(node)}: ${escape(titleOf(series))}</text>` +
    grid +
    axis +
    `<path d="${path}" fill="none" stroke="${colours.series}" stroke-width="2" stroke-linecap="round"/></svg>`
  );
}

/** The drawing of a canvas with a title, on a ground: as a PNG. */
export function chartPng(drawn: HTMLCanvasElement, title: string, colours: Colours): Promise<Blob> {
  const scale = devicePixelRatio || 1;
  const head = 28 * scale;
  const canvas = document.createElement('canvas');
  canvas.width = drawn.width;
  canvas.height = drawn.height + head;
  const context = canvas.getContext('2d')!;
  context.fillStyle = colours.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = colours.text;
  context.font = `${14 * scale}px sans-serif`;
  context.fillText(safe(title, 200), 8 * scale, 20 * scale, canvas.width - 16 * scale);
  context.drawImage(drawn, 0, head);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))),
      'image/png',
    ),
  );
}
