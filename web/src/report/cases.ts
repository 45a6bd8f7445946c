// Spans of the timeline put together to cases. The server begins another span where an
// acknowledgement runs out, or the severity changes: for who answers it, it is the same case.

import type { Timeline } from '../api/types';
import { kSeverities } from '../api/types';
import { expand, fold } from '../base/nodeset';
import { sizeOf } from './responses';

type Span = Timeline['spans'][number];

export interface Case extends Span {
  /** Somebody deals with it as it stands; `muted` is when somebody first did. */
  isMuted: boolean;
}

/** Of one alert; with more, names are not written out, and its spans stand as they came. */
const kMostNodes = 200_000;

const rank = ({ severity }: Span) => kSeverities.indexOf(severity);

function joined(before: Case, next: Case): Case {
  return {
    ...before,
    to: next.to,
    severity: rank(next) > rank(before) ? next.severity : before.severity,
    muted: before.muted ?? next.muted,
    isMuted: next.isMuted,
  };
}

function perNode(cases: Case[]): Case[] {
  const byNode = new Map<string, Case[]>();
  for (const each of [...cases].sort((a, b) => a.from.localeCompare(b.from))) {
    for (const node of each.nodes ? expand(each.nodes) : ['']) {
      const known = byNode.get(node) ?? [];
      const last = known.at(-1);
      if (last && last.to === each.from) known[known.length - 1] = joined(last, each);
      else known.push(each);
      byNode.set(node, known);
    }
  }
  // Nodes of the same times are one case again.
  const groups = new Map<string, { one: Case; nodes: string[] }>();
  for (const [node, known] of byNode) {
    for (const one of known) {
      const key = [one.from, one.to, one.muted, one.isMuted, one.severity].join(' ');
      const group = groups.get(key) ?? { one, nodes: [] };
      group.nodes.push(node);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ one, nodes }) => ({
    ...one,
    nodes: fold(nodes.filter(Boolean)),
  }));
}

export function casesOf(spans: Span[]): Case[] {
  const byAlert = new Map<string, Case[]>();
  for (const span of spans) {
    const known = byAlert.get(span.alert) ?? [];
    known.push({ ...span, isMuted: span.muted !== null });
    byAlert.set(span.alert, known);
  }
  return [...byAlert.values()].flatMap((cases) => {
    const begins = new Set(cases.map(({ from }) => from));
    const touch = cases.some(({ to }) => to !== null && begins.has(to));
    if (!touch || cases.reduce((sum, { nodes }) => sum + sizeOf(nodes), 0) > kMostNodes) {
      return cases;
    }
    try {
      return perNode(cases);
    } catch {
      return cases; // names that no nodeset can be made of
    }
  });
}
