// The wall's colours: those of the page (style/base.css), as numbers.

export type Rgb = readonly [number, number, number];

export interface Palette {
  background: Rgb;
  text: Rgb;
  dim: Rgb;
  focus: Rgb;
  inStep: Rgb;
  unknown: Rgb;
  severities: Rgb[]; // 0 is not used; 1 informational to 5 critical
}

export function parseColor(text: string): Rgb {
  const found = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text.trim());
  if (!found) return [128, 128, 128];
  return [parseInt(found[1]!, 16), parseInt(found[2]!, 16), parseInt(found[3]!, 16)];
}

export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const of = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * share);
  return [of(0), of(1), of(2)];
}

export const cssColor = ([r, g, b]: Rgb) => `rgb(${r} ${g} ${b})`;

/** As they stand in the page now. */
export function pagePalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const color = (name: string) => parseColor(style.getPropertyValue(`--${name}`));
  const background = color('bg');
  return {
    background,
    text: color('text'),
    dim: color('dim'),
    focus: color('focus'),
    inStep: color('in-step'),
    unknown: color('unknown'),
    severities: [
      background,
      ...['informational', 'low', 'medium', 'high', 'critical'].map((name) => color(name)),
    ],
  };
}

/** What is old has no colours that could be taken for news. */
export function faded(palette: Palette): Palette {
  const grey = (color: Rgb): Rgb => {
    const light = Math.round(0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2]);
    return mix([light, light, light], palette.background, 0.35);
  };
  return {
    ...palette,
    inStep: grey(palette.inStep),
    unknown: grey(palette.unknown),
    severities: palette.severities.map((color, i) =>
      i === 0 ? color : mix(grey(color), color, 0.25),
    ),
  };
}
