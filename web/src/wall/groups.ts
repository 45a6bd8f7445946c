// Which nodes belong together, and in which order they stand.

import type { Nodes } from '../cluster/cluster.svelte';
import { kFindings, findingOf, type Glance } from './states';

export const kBys = ['class', 'rack', 'partition', 'state', 'severity', 'kind'] as const;
export type By = (typeof kBys)[number];
export const kOrders = ['name', 'layout', 'likeness'] as const;
export type Order = (typeof kOrders)[number];

/** What the bits of a node's kinds of findings are. */
export const kKinds = ['ports', 'services and keys', 'coverage', 'values', 'jobs', 'others'];

/** Depend on what is found, which changes all the time. */
export const isVolatile = (by: By, order: Order) =>
  by === 'severity' || by === 'kind' || order === 'likeness';

export interface Groups {
  labels: string[];
  counts: Uint32Array; // as labels; none is 0
  of: Uint32Array; // of each node
}

const kNatural = new Intl.Collator(undefined, { numeric: true });

export function kindsText(bits: number): string {
  return kKinds.filter((_, i) => bits & (1 << i)).join(', ') || 'nothing found';
}

/** From the worst to the best. */
const kFindingOrder = [5, 4, 3, 2, 1, 6, 0];
const kFindingLabels: string[] = kFindings.map((name) =>
  name === 'nothing' ? 'nothing open' : name === 'muted' ? 'dealt with' : name,
);

/** A small number of each node, and what it is called; the same name is the same group. */
function keysOf(
  nodes: Nodes,
  glance: Glance,
  by: By,
): { keys: ArrayLike<number>; names: string[] } {
  const { columns, dictionary } = nodes;
  switch (by) {
    case 'class':
      return {
        keys: columns.classSet,
        names: dictionary.classes.map((set) => set.join(' + ') || 'no class'),
      };
    case 'rack':
      return { keys: columns.group, names: dictionary.groups.map((name) => name || 'no rack') };
    case 'partition':
      return {
        keys: columns.schedule,
        names: dictionary.schedules.map((each) => each.partitions.join(' + ') || 'no partition'),
      };
    case 'state':
      return {
        keys: columns.schedule,
        names: dictionary.schedules.map((each) => each.state ?? 'no scheduler'),
      };
    case 'kind':
      return {
        keys: glance.kinds,
        names: Array.from({ length: 256 }, (_, bits) => kindsText(bits)),
      };
    case 'severity': {
      const { worst, muted } = glance;
      const keys = Uint8Array.from(worst, (value, i) => findingOf(value, muted[i]!));
      return { keys, names: kFindingLabels };
    }
  }
}

export function groupsOf(nodes: Nodes, glance: Glance, by: By): Groups {
  const n = nodes.names.length;
  const { keys, names } = keysOf(nodes, glance, by);
  const known = new Map<string, number>();
  const labels: string[] = [];
  const groupOfKey = names.map((name) => {
    let group = known.get(name);
    if (group === undefined) {
      group = labels.push(name) - 1;
      known.set(name, group);
    }
    return group;
  });
  // An index that the dictionary lacks would be a fault of the server; the node is shown anyway.
  let lost = -1;
  const of = new Uint32Array(n);
  const counts: number[] = labels.map(() => 0);
  for (let i = 0; i < n; ++i) {
    let group = groupOfKey[keys[i]!];
    if (group === undefined) {
      if (lost < 0) {
        lost = labels.push('not known') - 1;
        counts.push(0);
      }
      group = lost;
    }
    of[i] = group;
    ++counts[group]!;
  }
  return inOrder({ labels, counts: Uint32Array.from(counts), of }, by);
}

function inOrder({ labels, counts, of }: Groups, by: By): Groups {
  const groups = labels.map((_, i) => i).filter((i) => counts[i]! > 0);
  if (by === 'severity') {
    groups.sort((a, b) => place(labels[a]!) - place(labels[b]!));
  } else if (by === 'rack') {
    groups.sort((a, b) => kNatural.compare(labels[a]!, labels[b]!));
  } else {
    groups.sort((a, b) => counts[b]! - counts[a]! || kNatural.compare(labels[a]!, labels[b]!));
  }
  const renumbered = new Uint32Array(labels.length);
  groups.forEach((group, i) => (renumbered[group] = i));
  return {
    labels: groups.map((group) => labels[group]!),
    counts: Uint32Array.from(groups, (group) => counts[group]!),
    of: of.map((group) => renumbered[group]!),
  };
}

const place = (label: string) => kFindingOrder.indexOf(kFindingLabels.indexOf(label));

/** Nodes sorted by a key each, which is not negative; equal ones stay as they were. */
function byKey(order: Uint32Array, keys: Float64Array): Uint32Array {
  const [ranks, n] = ranksOf(keys);
  const next = new Uint32Array(n + 1);
  for (const rank of ranks) ++next[rank + 1]!;
  for (let i = 1; i <= n; ++i) next[i]! += next[i - 1]!;
  const sorted = new Uint32Array(order.length);
  for (const node of order) sorted[next[ranks[node]!]!++] = node;
  return sorted;
}

/** Small numbers in the same order, and how many there are. */
function ranksOf(keys: Float64Array): [Uint32Array, number] {
  const most = keys.reduce((a, b) => Math.max(a, b), 0);
  if (most < 4 * keys.length + 65536) return [Uint32Array.from(keys), most + 1];
  const ranks = new Map<number, number>();
  for (const key of new Set(keys)) ranks.set(key, 0);
  [...ranks.keys()].sort((a, b) => a - b).forEach((key, rank) => ranks.set(key, rank));
  return [Uint32Array.from(keys, (key) => ranks.get(key)!), ranks.size];
}

/** "node017" is 17th of "node": names without their last number, and that number. */
export function naturalOrder(names: string[]): Uint32Array {
  const stems = new Map<string, number>();
  const stemOf = new Uint32Array(names.length);
  const numbers = new Float64Array(names.length);
  for (let i = 0; i < names.length; ++i) {
    const name = names[i]!;
    let end = name.length;
    while (end > 0 && !isDigit(name.charCodeAt(end - 1))) --end;
    let start = end;
    while (start > 0 && end - start < 12 && isDigit(name.charCodeAt(start - 1))) --start;
    numbers[i] = start < end ? Number(name.slice(start, end)) : 0;
    const stem = `${name.slice(0, start)}\n${name.slice(end)}`;
    let id = stems.get(stem);
    if (id === undefined) stems.set(stem, (id = stems.size));
    stemOf[i] = id;
  }
  const sorted = [...stems.keys()].sort(kNatural.compare);
  const rankOf = new Float64Array(stems.size);
  sorted.forEach((stem, rank) => (rankOf[stems.get(stem)!] = rank));
  const ranks = Float64Array.from(stemOf, (stem) => rankOf[stem]!);
  return byKey(byKey(identity(names.length), numbers), ranks);
}

const isDigit = (code: number) => code >= 48 && code <= 57;

const identity = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);

let natural: { names: string[]; order: Uint32Array } | undefined;

/** Nodes as they stand: by group, and within it in the order that is asked for. */
export function ordered(nodes: Nodes, glance: Glance, groups: Groups, order: Order): Uint32Array {
  const { names, columns } = nodes;
  const n = names.length;
  if (natural?.names !== names) natural = { names, order: naturalOrder(names) };
  let sorted = natural.order;
  if (order === 'layout') {
    sorted = byKey(sorted, racks(nodes));
  } else if (order === 'likeness') {
    // The worst first, then those that the same is known of side by side.
    const keys = new Float64Array(n);
    for (let i = 0; i < n; ++i) {
      let key = 7 - glance.worst[i]!;
      key = key * 8 + (7 - glance.muted[i]!);
      key = key * 256 + (255 - glance.kinds[i]!);
      key = key * 8 + (glance.sight[i]! & 7);
      key = key * 4096 + (columns.schedule[i]! & 4095);
      keys[i] = key * 65536 + columns.classSet[i]!;
    }
    sorted = byKey(sorted, keys);
  }
  return byKey(sorted, Float64Array.from(groups.of));
}

function racks({ columns, dictionary }: Nodes): Float64Array {
  const sorted = dictionary.groups.map((name, i) => ({ name, i }));
  sorted.sort((a, b) => kNatural.compare(a.name, b.name));
  const rankOf = new Float64Array(sorted.length);
  sorted.forEach(({ i }, rank) => (rankOf[i] = rank));
  return Float64Array.from(columns.group, (group) => rankOf[group] ?? 0);
}
