// Which values are shown as charts, and their points as rows of a table.

import type { Series, ValueRow } from '../api/types';

export interface PointRow {
  instance: string;
  name: string;
  unit: string;
  at: string;
  value: number;
}

/** Without the digits that come of counting in twos. */
export function numberText(value: number | string): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(8))) : value;
}

/** Of all series, the latest points first. */
export function pointRows(series: Series[]): PointRow[] {
  const rows = series.flatMap(({ instance, name, unit, points }) =>
    points.map(([at, value]) => ({
      instance,
      name,
      unit,
      at: new Date(at * 1000).toISOString(),
      value,
    })),
  );
  return rows.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

/** Those with alerts first, then those of which something is expected, then by name. */
export function charted(
  series: Series[],
  values: ValueRow[],
): { series: Series; value: ValueRow | undefined }[] {
  const latest = new Map(values.map((value) => [`${value.instance}\n${value.name}`, value]));
  const rank = (value: ValueRow | undefined) => (value?.alert ? 0 : value?.expected ? 1 : 2);
  return series
    .filter(({ points }) => points.length > 0)
    .map((each) => ({ series: each, value: latest.get(`${each.instance}\n${each.name}`) }))
    .sort(
      (a, b) =>
        rank(a.value) - rank(b.value) ||
        `${a.series.instance} ${a.series.name}`.localeCompare(
          `${b.series.instance} ${b.series.name}`,
          undefined,
          { numeric: true },
        ),
    );
}
