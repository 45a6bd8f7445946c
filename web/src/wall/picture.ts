// The wall as a picture for a report: what it is of and of when, the wall as it is grouped, and what
// its colours mean. As pixels, and as shapes.

import { safe } from '../base/text';
import { download } from '../base/download';
import { exact } from '../base/time';
import { cluster } from '../cluster/cluster.svelte';
import { paint } from './canvas';
import { headingText, kFont } from './headings';
import { cssColor, faded, pagePalette, type Palette } from './palette';
import { levelOf, pooled } from './pool';
import { kCoverages, kCoverageWords, kProven } from '../cluster/coverage';
import { codeOf, kFindings, kMuted } from './states';
import { Sheet, word } from './tiles';
import { pictureSvg } from './svg';
import type { Wall } from './wall.svelte';

const kHead_px = 46;
const kLegend_px = 26;
const kMargin_px = 12;
const kSharpness = 2;
const kSwatch_px = 14;

export interface Entry {
  code: number;
  text: string;
}

export interface Picture {
  title: string;
  subtitle: string;
  palette: Palette;
  legend: Entry[];
  width: number; // of the wall, as on the screen
  height: number;
}

function describe(wall: Wall): Picture {
  const { counts } = wall;
  const { dictionary, names } = cluster.nodes;
  const isOld = !wall.past && cluster.freshness !== 'live';
  const when = wall.past
    ? `as of ${exact(wall.past.at)} (past)`
    : `${isOld ? 'not current: ' : ''}as of ${exact(cluster.confirmed)}`;
  const swatch = (finding: number) => (finding === kMuted ? 5 + 4 : finding);
  const findings = [5, 4, 3, 2, 1, kMuted, 0].map((i) => ({
    code: codeOf(swatch(i), kProven, false, false),
    text: `${i === 0 ? 'nothing open' : i === kMuted ? 'dealt with' : kFindings[i]!} ${(counts?.findings[i] ?? 0).toLocaleString()}`,
  }));
  const coverages = [1, 2, 0].map((i) => ({
    code: codeOf(0, i, false, false),
    text: `${kCoverageWords[kCoverages[i]!]} ${(counts?.coverages[i] ?? 0).toLocaleString()}`,
  }));
  const palette = pagePalette(document.documentElement);
  return {
    title: `${safe(dictionary.cluster, 60) || 'Cluster'}: ${names.length.toLocaleString()} nodes by ${wall.by}`,
    subtitle: `Lockstep, ${when}; ${(counts?.inStep ?? 0).toLocaleString()} in step, ${(counts?.outOfStep ?? 0).toLocaleString()} out of step, ${(counts?.unknown ?? 0).toLocaleString()} unknown`,
    palette: isOld && cluster.freshness === 'old' ? faded(palette) : palette,
    legend: [...findings, ...coverages],
    width: Math.ceil(wall.scene.layout.columns * wall.scene.layout.cell),
    height: Math.ceil(wall.scene.layout.rows * wall.scene.layout.cell),
  };
}

export async function savePicture(wall: Wall, kind: 'png' | 'svg'): Promise<void> {
  const picture = describe(wall);
  const stamp = new Date(wall.past?.at ?? cluster.confirmed).toISOString().slice(0, 16);
  const name = `wall-${cluster.nodes.dictionary.cluster || 'cluster'}-${stamp}`;
  if (kind === 'svg') {
    download(`${name}.svg`, pictureSvg(wall.scene, picture), 'image/svg+xml');
    return;
  }
  const canvas = draw(wall, picture);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('This browser makes no picture of this size.');
  download(`${name}.png`, blob, 'image/png');
}

/** All of the wall, whatever part of it is in sight. */
function wallPixels({ scene }: Wall, { palette, width, height }: Picture): ImageData {
  const image = new ImageData(width * kSharpness, height * kSharpness);
  const cell_px = scene.layout.cell * kSharpness;
  const level = levelOf(cell_px);
  const cell = cell_px * 2 ** level;
  const sheet = new Sheet(Math.max(1, Math.ceil(cell - 1e-6)), palette);
  sheet.add(scene.used);
  const pixels = new Uint32Array(image.data.buffer);
  const background = word(palette.background);
  const frame = { x: 0, y: 0, cell };
  paint(pixels, image.width, image.height, pooled(scene.grid, level), sheet, background, frame);
  return image;
}

function draw(wall: Wall, picture: Picture): HTMLCanvasElement {
  const { palette, width, height } = picture;
  const canvas = document.createElement('canvas');
  const least = 760; // the legend's
  canvas.width = (Math.max(width, least) + 2 * kMargin_px) * kSharpness;
  canvas.height = (kHead_px + height + kLegend_px + 2 * kMargin_px) * kSharpness;
  const context = canvas.getContext('2d')!;
  context.fillStyle = cssColor(palette.background);
  context.fillRect(0, 0, canvas.width, canvas.height);
  const top = (kMargin_px + kHead_px) * kSharpness;
  context.putImageData(wallPixels(wall, picture), kMargin_px * kSharpness, top);

  context.setTransform(kSharpness, 0, 0, kSharpness, kMargin_px * kSharpness, 0);
  context.fillStyle = cssColor(palette.text);
  context.textBaseline = 'alphabetic';
  context.font = `600 16px ${kFont.slice(5)}`;
  context.fillText(picture.title, 0, kMargin_px + 16);
  context.font = kFont;
  context.fillText(picture.subtitle, 0, kMargin_px + 34);

  const { layout, groups } = wall.scene;
  for (const { group, x, y, columns, count } of layout.heading > 0 ? layout.blocks : []) {
    const text = headingText(groups.labels[group]!, count, columns * layout.cell);
    context.fillText(text, x * layout.cell, kMargin_px + kHead_px + y * layout.cell - 4);
  }
  legend(context, picture, kMargin_px + kHead_px + height + kLegend_px / 2);
  return canvas;
}

function legend(context: CanvasRenderingContext2D, { legend, palette }: Picture, y: number): void {
  const size = kSwatch_px * kSharpness;
  const sheet = new Sheet(size, palette);
  sheet.add(legend.map(({ code }) => code));
  const pixels = new ImageData(new Uint8ClampedArray(sheet.pixels.buffer), sheet.width);
  const step = context.canvas.width / kSharpness / legend.length;
  context.textBaseline = 'middle';
  legend.forEach(({ code, text }, i) => {
    const x = i * step;
    const at = context.getTransform().transformPoint({ x, y: y - kSwatch_px / 2 });
    const tileX = (code & 15) * size;
    const tileY = (code >> 4) * size;
    const [left, top] = [Math.round(at.x), Math.round(at.y)];
    context.putImageData(pixels, left - tileX, top - tileY, tileX, tileY, size, size);
    context.fillText(text, x + kSwatch_px + 4, y, step - kSwatch_px - 8);
  });
}
