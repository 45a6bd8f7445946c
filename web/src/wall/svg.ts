// The wall as shapes: a pattern for each state, and a rectangle for each run of nodes that share one.

import { safe } from '../base/text';
import { headingText } from './headings';
import { mix, type Palette, type Rgb } from './palette';
import type { Picture } from './picture';
import type { Scene } from './scene';
import { kNever, kPartial, kProven, kStale } from '../cluster/coverage';
import { lookOf } from './states';

const kHead_px = 46;
const kLegend_px = 26;
const kMargin_px = 12;
const kGlyphFrom_px = 7;
/** Nobody measures texts here; a letter is at most about this wide. */
const kLetter_px = 7.2;
const kSwatch_px = 21;
const kLegendGap_px = 16;

const kEscapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
export const escaped = (text: string) => safe(text, 200).replace(/[&<>"']/g, (c) => kEscapes[c]!);

const hex = (color: Rgb) => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

/** Those of parts/Glyph.svelte, in a box of 16. */
function glyph(severity: number, color: string, isHollow: boolean): string {
  const line = (width: number) => `fill="none" stroke="${color}" stroke-width="${width}"`;
  const style = isHollow ? line(1.5) : `fill="${color}"`;
  if (severity === 5) return `<path d="M3 3l10 10M13 3L3 13" ${line(isHollow ? 1.5 : 3.5)}/>`;
  if (severity === 4) return `<path d="M8 1l7 7-7 7-7-7z" ${style}/>`;
  if (severity === 3) return `<path d="M8 2l7 12H1z" ${style}/>`;
  if (severity === 2) return `<circle cx="8" cy="8" r="5" ${style}/>`;
  return `<path d="M3 6.25h10v3.5H3z" ${style}/>`;
}

/** What a cell looks like, in a box of 16 with its gap. */
export function cellShape(code: number, palette: Palette, withGlyph: boolean): string {
  const { level, coverage, isBack, isSelected } = lookOf(code);
  const { background, severities, unknown, inStep, text, focus } = palette;
  const isMuted = level > 5;
  const severity = isMuted ? level - 5 : level;
  const color = severities[severity]!;
  const back = hex(background);
  let fill = hex(mix(inStep, background, 0.5));
  if (level > 0)
    fill = isMuted && withGlyph ? back : hex(isMuted ? mix(color, background, 0.45) : color);
  else if (coverage === kNever) fill = hex(mix(background, unknown, 0.2));
  else if (coverage === kStale) fill = hex(mix(background, unknown, 0.45));
  else if (coverage === kPartial) fill = hex(mix(mix(inStep, unknown, 0.5), background, 0.4));
  const edge = isSelected ? focus : coverage !== kProven ? text : isMuted ? color : undefined;
  const dash = coverage === kStale ? ' stroke-dasharray="3 2"' : '';
  const stroke = edge && withGlyph ? ` stroke="${hex(edge)}" stroke-width="1"${dash}` : '';
  const parts = [`<rect x="1.5" y="1.5" width="14" height="14" fill="${fill}"${stroke}/>`];
  if (level === 0 && coverage !== kProven && coverage !== kPartial) {
    const width = coverage === kStale ? 1.6 : 0.9;
    parts.push(
      `<path d="M2 7L7 2M2 14L14 2M8 15L15 8" stroke="${hex(unknown)}" stroke-width="${width}"/>`,
    );
  }
  if (level > 0 && withGlyph) {
    const shape = glyph(severity, isMuted ? hex(color) : back, isMuted);
    parts.push(`<g transform="translate(2.7 2.7) scale(.725)">${shape}</g>`);
  }
  return `<g${isBack ? ' opacity=".22"' : ''}>${parts.join('')}</g>`;
}

function patterns(scene: Scene, picture: Picture): string {
  const { cell } = scene.layout;
  const all = new Set([...scene.used]);
  return [...all]
    .map((code) => {
      const shape = cellShape(code, picture.palette, cell >= kGlyphFrom_px);
      return (
        `<pattern id="c${code}" width="${cell}" height="${cell}" patternUnits="userSpaceOnUse">` +
        `<g transform="scale(${cell / 16})">${shape}</g></pattern>`
      );
    })
    .join('\n');
}

/** Each row's runs of cells that are the same. */
function runs({ grid, layout }: Scene): string {
  const { columns, rows, codes } = grid;
  const { cell } = layout;
  const px = (n: number) => Number((n * cell).toFixed(3));
  const parts: string[] = [];
  for (let y = 0; y < rows; ++y) {
    for (let x = 0; x < columns;) {
      const code = codes[y * columns + x]!;
      let end = x + 1;
      while (end < columns && codes[y * columns + end] === code) ++end;
      if (code > 0) {
        const [left, top, width] = [px(x), px(y), px(end - x)];
        parts.push(
          `<rect x="${left}" y="${top}" width="${width}" height="${px(1)}" fill="url(#c${code})"/>`,
        );
      }
      x = end;
    }
  }
  return parts.join('\n');
}

export function pictureSvg(scene: Scene, picture: Picture): string {
  const { palette, legend } = picture;
  const starts: number[] = [];
  let end = 0;
  for (const { text: words } of legend) {
    starts.push(end);
    end += Math.ceil(kSwatch_px + words.length * kLetter_px + kLegendGap_px);
  }
  const width = Math.max(picture.width, end) + 2 * kMargin_px;
  const height = picture.height + kHead_px + kLegend_px + 2 * kMargin_px;
  const top = kMargin_px + kHead_px;
  const text = hex(palette.text);
  const { layout, groups } = scene;
  const headings = (layout.heading > 0 ? layout.blocks : []).map(
    ({ group, x, y, columns, count }) => {
      const words = headingText(groups.labels[group]!, count, columns * layout.cell);
      return `<text x="${x * layout.cell}" y="${y * layout.cell - 4}">${escaped(words)}</text>`;
    },
  );
  const entries = legend.map(({ code, text: words }, i) => {
    const shape = cellShape(code, palette, true);
    return `<g transform="translate(${starts[i]!} 0)">${shape}<text x="${kSwatch_px}" y="13">${escaped(words)}</text></g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, DejaVu Sans, sans-serif" font-size="12" fill="${text}" role="img" aria-labelledby="t d">
<title id="t">${escaped(picture.title)}</title>
<desc id="d">${escaped(picture.subtitle)}</desc>
<defs>
${patterns(scene, picture)}
</defs>
<rect width="100%" height="100%" fill="${hex(palette.background)}"/>
<text x="${kMargin_px}" y="${kMargin_px + 16}" font-size="16" font-weight="600">${escaped(picture.title)}</text>
<text x="${kMargin_px}" y="${kMargin_px + 34}">${escaped(picture.subtitle)}</text>
<g transform="translate(${kMargin_px} ${top})">
${runs(scene)}
${headings.join('\n')}
</g>
<g transform="translate(${kMargin_px} ${top + picture.height + 6})">
${entries.join('\n')}
</g>
</svg>
`;
}
