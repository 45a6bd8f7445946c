// Intervals as people set them: a number and a unit.

export type Unit = 's' | 'm' | 'h' | 'd';

export const kUnits: { unit: Unit; title: string; seconds: number }[] = [
  { unit: 's', title: 's', seconds: 1 },
  { unit: 'm', title: 'min', seconds: 60 },
  { unit: 'h', title: 'h', seconds: 3600 },
  { unit: 'd', title: 'd', seconds: 86_400 },
];

export interface Interval {
  number: number;
  unit: Unit;
}

/** In the largest unit of which it is a whole number: 5400 s are 90 min. */
export function intervalOf(seconds: number): Interval {
  const fitting = kUnits.filter((each) => seconds > 0 && seconds % each.seconds === 0);
  const { unit, seconds: size } = fitting.at(-1) ?? kUnits[0]!;
  return { number: seconds / size, unit };
}

/** As the server takes it: "90m". Undefined: it is no interval. */
export function settingOf({ number, unit }: Interval): string | undefined {
  return Number.isInteger(number) && number > 0 ? `${number}${unit}` : undefined;
}

/** "90 min" */
export function intervalText(seconds: number): string {
  const { number, unit } = intervalOf(seconds);
  return `${number.toLocaleString()} ${kUnits.find((each) => each.unit === unit)!.title}`;
}
