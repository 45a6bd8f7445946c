// What is known of one node at a glance, in words.

import { kSeverities, type Severity } from '../api/types';
import { count } from '../base/text';
import { relative } from '../base/time';
import type { Nodes } from '../cluster/cluster.svelte';
import { coverageOf, kCoverages, kCoverageWords, type Coverage } from '../cluster/coverage';
import { kindsText } from './groups';
import type { Glance } from './states';

export interface Facts {
  node: string;
  classes: string;
  rack: string;
  state: string;
  partitions: string;
  worst: Severity | '';
  muted: Severity | '';
  alerts: number;
  kinds: string;
  coverage: Coverage;
  looked: number; // milliseconds since 1970; NaN: never
  isSwept: boolean;
}

const severity = (value: number): Severity | '' => kSeverities[value - 1] ?? '';

export function factsOf(
  { names, columns, dictionary }: Nodes,
  glance: Glance,
  index: number,
  now_s: number,
  stale_s: number,
): Facts {
  const looked = glance.looked[index]!;
  const schedule = dictionary.schedules[columns.schedule[index]!];
  const coverage = coverageOf(glance.sight[index]!, looked, now_s, stale_s);
  return {
    node: names[index]!,
    classes: dictionary.classes[columns.classSet[index]!]?.join(', ') ?? '',
    rack: dictionary.groups[columns.group[index]!] ?? '',
    state: schedule?.state ?? '',
    partitions: schedule?.partitions.join(', ') ?? '',
    worst: severity(glance.worst[index]!),
    muted: severity(glance.muted[index]!),
    alerts: glance.alerts[index]!,
    kinds: glance.kinds[index] ? kindsText(glance.kinds[index]!) : '',
    coverage: kCoverages[coverage]!,
    looked: looked > 0 ? looked * 1000 : NaN,
    isSwept: (columns.sight[index]! & 4) !== 0,
  };
}

/** For who hears the wall. */
export function sentence(facts: Facts, now: number): string {
  const parts = [facts.node, facts.classes || 'no class'];
  if (facts.rack) parts.push(facts.rack);
  if (facts.state) parts.push(facts.state);
  if (facts.worst) parts.push(`worst open: ${facts.worst}`);
  else if (facts.muted) parts.push(`${facts.muted}, acknowledged or silenced`);
  else parts.push('nothing open');
  if (facts.alerts > 0) parts.push(count(facts.alerts, 'alert'));
  const looked = Number.isNaN(facts.looked) ? '' : `, looked at ${relative(facts.looked, now)}`;
  return `${parts.join(', ')}, coverage: ${kCoverageWords[facts.coverage]}${looked}`;
}
