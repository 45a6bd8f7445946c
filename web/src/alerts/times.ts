// The ends of several moments, as the API writes them.

function end(texts: (string | null)[], isBetter: (a: number, b: number) => boolean): number | null {
  let found: number | null = null;
  for (const text of texts) {
    const at = text ? Date.parse(text) : NaN;
    if (!Number.isNaN(at) && (found === null || isBetter(at, found))) found = at;
  }
  return found;
}

/** Milliseconds since 1970; null: there is none. */
export const earliest = (texts: (string | null)[]) => end(texts, (a, b) => a < b);
export const latest = (texts: (string | null)[]) => end(texts, (a, b) => a > b);
