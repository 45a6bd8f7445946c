// What a nodeset that somebody types means, of the nodes that there are.

import { NodesetError } from '../base/nodeset';
import { count, safe } from '../base/text';

export interface Meant {
  count: number; // that there are
  unknown: string[]; // that there are not
  problem: string; // why it cannot be read; empty: it can
}

/** An empty text means all nodes. */
export function meant(
  text: string,
  known: ReadonlyMap<string, unknown>,
  expand: (text: string) => Set<string>,
): Meant {
  if (!text.trim()) return { count: known.size, unknown: [], problem: '' };
  try {
    const names = [...expand(text)];
    const unknown = names.filter((name) => !known.has(name));
    return { count: names.length - unknown.length, unknown, problem: '' };
  } catch (error) {
    if (error instanceof NodesetError) return { count: 0, unknown: [], problem: error.message };
    throw error;
  }
}

/** "3 nodes; not there: node9", or why it cannot be read. */
export function meantText({ count: known, unknown, problem }: Meant): string {
  if (problem) return safe(problem);
  const rest = unknown.length > 0 ? `; not there: ${safe(unknown.join(', '), 120)}` : '';
  return count(known, 'node') + rest;
}
