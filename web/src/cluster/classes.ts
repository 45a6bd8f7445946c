// How many nodes there are of which classes. A node may be of several.

import type { Nodes } from './cluster.svelte';

type Classes = { classes: string[][]; classSet: ArrayLike<number> };

/** Nodes by set of classes, as the dictionary numbers these. */
function setSizes({ classes, classSet }: Classes): number[] {
  const sizes = new Array<number>(classes.length).fill(0);
  for (let node = 0; node < classSet.length; ++node) {
    const set = classSet[node]!;
    // An index that the dictionary lacks would be a fault of the server.
    if (set < sizes.length) ++sizes[set]!;
  }
  return sizes;
}

/** How many nodes have exactly these classes, "compute+gpu", as alerts name them. */
export function combinationSizes({ columns, dictionary }: Nodes): Map<string, number> {
  const sizes = setSizes({ classes: dictionary.classes, classSet: columns.classSet });
  return new Map(dictionary.classes.map((set, i) => [[...set].sort().join('+'), sizes[i]!]));
}

/** Nodes by class, and which are of none. */
export function classSizes(
  classes: string[][],
  classSet: ArrayLike<number>,
): { sizes: Map<string, number>; unclassed: number[] } {
  const sizes = new Map<string, number>();
  const unclassed: number[] = [];
  for (let node = 0; node < classSet.length; ++node) {
    if ((classes[classSet[node]!]?.length ?? 0) === 0) unclassed.push(node);
  }
  setSizes({ classes, classSet }).forEach((size, set) => {
    if (size === 0) return; // of nodes that somebody else sees
    for (const name of classes[set]!) sizes.set(name, (sizes.get(name) ?? 0) + size);
  });
  return { sizes, unclassed };
}
