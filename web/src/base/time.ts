// Moments as people read them: how long ago at a glance, exactly when somebody asks.

const kUnits: [number, string][] = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** "4 min", "2 d"; of a duration in seconds, rounded down. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  for (const [size, name] of kUnits) {
    if (whole >= size) return `${Math.floor(whole / size)} ${name}`;
  }
  return '0 s';
}

/** "4 min ago", "in 2 h", "just now". Both in milliseconds since 1970. */
export function relative(at: number, now: number): string {
  const seconds = (now - at) / 1000;
  if (Math.abs(seconds) < 2) return 'just now';
  return seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`;
}

const kExact = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'long',
});
const kShort = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

/** In the viewer's zone, with its name. */
export function exact(at: number): string {
  return Number.isFinite(at) ? kExact.format(at) : 'never';
}

export function short(at: number): string {
  return Number.isFinite(at) ? kShort.format(at) : 'never';
}

/** Milliseconds since 1970 of the API's texts; NaN for null. */
export function moment(text: string | null | undefined): number {
  return text ? Date.parse(text) : NaN;
}

/** The API's text of a moment: RFC 3339 in UTC, to the second. */
export function apiTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
