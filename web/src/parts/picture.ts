// Plots as files for reports: what an <svg> of the page shows, as SVG or PNG that looks the same
// elsewhere. Its colours come from the page's style sheet, which does not go along: what the browser
// made of them is written into the copy, as attributes, for these no policy of contents forbids.

import { download } from '../base/download';

const kWritten = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-opacity',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
];
const kSvg = 'http://www.w3.org/2000/svg';
const kSharpness = 2; // pixels of a PNG for one of the page
const kMostPixels = 50_000_000; // more than this no browser draws
const kPatience_ms = 20_000;

export interface PictureSize {
  width: number;
  height: number;
}

/** How many pixels a PNG gets for one of the page: fewer where the picture would be too large. */
export function sharpnessFor({ width, height }: PictureSize, wanted = kSharpness): number {
  return Math.min(wanted, Math.sqrt(kMostPixels / Math.max(1, width * height)));
}

function sizeOf(svg: SVGSVGElement): PictureSize {
  const box = svg.getBoundingClientRect();
  const { width, height } = svg.viewBox.baseVal ?? {};
  // One that is not laid out, in a part of the page that is closed, has its own measure only.
  return { width: box.width || width || 300, height: box.height || height || 150 };
}

function writeStyle(from: Element, to: Element, isRoot: boolean): void {
  const style = getComputedStyle(from);
  // All of these but opacity are inherited: what is as around it need not be said again.
  const around = isRoot || !from.parentElement ? undefined : getComputedStyle(from.parentElement);
  for (const name of kWritten) {
    const value = style.getPropertyValue(name);
    const usual = name === 'opacity' ? '1' : around?.getPropertyValue(name);
    if (value && value !== usual) to.setAttribute(name, value);
    else if (value && from.hasAttribute(name)) to.setAttribute(name, value);
  }
  to.removeAttribute('class');
  to.removeAttribute('style');
  if (style.display === 'none' || style.visibility === 'hidden') to.setAttribute('display', 'none');
}

/** The picture by itself, on the page's background. */
export function svgText(svg: SVGSVGElement, title = ''): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = [svg, ...svg.querySelectorAll('*')];
  const copies = [copy, ...copy.querySelectorAll('*')];
  originals.forEach((original, i) => writeStyle(original, copies[i]!, i === 0));
  const { width, height } = sizeOf(svg);
  copy.setAttribute('xmlns', kSvg);
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  if (!svg.hasAttribute('viewBox')) copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const { x = 0, y = 0, width: w = width, height: h = height } = svg.viewBox.baseVal ?? {};
  const ground = document.createElementNS(kSvg, 'rect');
  const box = { x, y, width: w || width, height: h || height };
  for (const [name, value] of Object.entries(box)) ground.setAttribute(name, String(value));
  ground.setAttribute('fill', getComputedStyle(document.body).backgroundColor);
  copy.prepend(ground);
  if (title) {
    const name = document.createElementNS(kSvg, 'title');
    name.textContent = title;
    copy.prepend(name);
  }
  return new XMLSerializer().serializeToString(copy);
}

/** Leaves the picture with whoever looks at the page. */
export function saveSvg(svg: SVGSVGElement, name: string): void {
  download(`${name}.svg`, svgText(svg, name), 'image/svg+xml');
}

/** Likewise. Errors: the browser cannot draw it. */
export async function savePng(svg: SVGSVGElement, name: string): Promise<void> {
  const size = sizeOf(svg);
  const blob = await pngOf(svgText(svg, name), size);
  download(`${name}.png`, blob, 'image/png');
}

export async function pngOf(svg: string, size: PictureSize): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = await loaded(url);
    const scale = sharpnessFor(size);
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(size.width * scale));
    canvas.height = Math.max(1, Math.round(size.height * scale));
    const context = canvas.getContext('2d');
    if (!context) throw new Error('This browser draws no pictures.');
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await blobOf(canvas);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function loaded(url: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    const fail = () => reject(new Error('The picture could not be drawn.'));
    const timer = setTimeout(fail, kPatience_ms);
    image.onload = () => {
      clearTimeout(timer);
      resolve(image);
    };
    image.onerror = fail;
    image.src = url;
  });
}

function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be drawn.'))),
      'image/png',
    ),
  );
}
