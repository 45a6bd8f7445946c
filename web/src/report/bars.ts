// Where the bars of a figure stand: numbers only; Bars.svelte draws them.

export interface Bar {
  label: string;
  values: number[]; // one a series, stacked from below
}

export interface Rect {
  bar: number;
  series: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Figure {
  rects: Rect[];
  ticks: { y: number; text: string }[];
  labels: { x: number; text: string }[];
}

export interface Frame {
  width: number;
  height: number;
  left: number; // room for the numbers
  bottom: number; // room for the labels
  top: number;
}

const kMostLabels = 12;
const kTicks = 4;

/** 1, 2 or 5 times a power of ten, so that about four steps reach `top`; never below one. */
export function stepFor(top: number): number {
  const rough = Math.max(1, top) / kTicks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough)! * power;
  return Math.max(1, step);
}

/** `most`: what the height stands for; the highest bar where nothing is said. */
export function figureOf(bars: Bar[], frame: Frame, most?: number): Figure {
  const sums = bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const highest = most ?? Math.max(1, ...sums);
  const step = stepFor(highest);
  const top = most ?? Math.ceil(highest / step) * step;
  const plot = {
    width: frame.width - frame.left,
    height: frame.height - frame.bottom - frame.top,
  };
  const scale = plot.height / top;
  const slot = plot.width / Math.max(1, bars.length);
  const gap = Math.min(4, slot * 0.2);
  const base = frame.top + plot.height;
  const rects: Rect[] = [];
  bars.forEach(({ values }, bar) => {
    let y = base;
    values.forEach((value, series) => {
      if (!(value > 0)) return;
      const height = value * scale;
      y -= height;
      const x = frame.left + bar * slot + gap / 2;
      rects.push({ bar, series, x, y, width: slot - gap, height });
    });
  });
  const ticks = [];
  for (let value = 0; value <= top; value += step) {
    ticks.push({ y: base - value * scale, text: value.toLocaleString() });
  }
  const every = Math.ceil(bars.length / kMostLabels);
  const labels = bars
    .map(({ label }, bar) => ({ x: frame.left + (bar + 0.5) * slot, text: label }))
    .filter((_, bar) => bar % every === 0);
  return { rects, ticks, labels };
}
