// What a nodeset that somebody types means, of the nodes that there are.

import { NodesetError } from '../base/nodeset';

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
