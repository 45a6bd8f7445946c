// The causes of a period with the evidence for each.

import type { AlertRow } from '../api/types';
import { kSeverities } from '../api/types';
import { expand, fold } from '../base/nodeset';
import { whatOf } from '../alerts/words';
import type { Bar } from './bars';
import type { Case } from './cases';
import { slotsOf, type Period } from './period';
import { beganIn, isOpenAt, sizeOf, timesOf } from './responses';

export interface CauseLine {
  id: string;
  severity: string;
  what: string;
  nodeClass: string;
  nodes: string; // of all its cases
  first: string;
  state: string; // at the end of the period
  acknowledge_s: number | null;
  resolve_s: number | null;
  expected: string;
  clones: string;
  detail: string;
  notes: string; // who said what
}

const kMostFolded = 2000;

const each = (texts: (string | null)[]) => [...new Set(texts.filter(Boolean))].join('; ');

/** As one nodeset; side by side where putting them together would take long. */
function nodesOf(cases: Case[]): string {
  const texts = [...new Set(cases.map(({ nodes }) => nodes))].filter(Boolean);
  const isLong = texts.reduce((sum, text) => sum + sizeOf(text), 0) > kMostFolded;
  try {
    if (texts.length > 1 && !isLong) return fold(expand(texts.join(',')));
  } catch {
    // Names that no nodeset can be made of stand as they came.
  }
  return texts.join(',');
}

function notesOf(rows: AlertRow[]): string {
  return each(
    rows.flatMap(({ owner, note, resolution }) => [
      note ? `${owner ? `${owner}: ` : ''}${note}` : owner,
      resolution && `resolved by ${resolution}`,
    ]),
  );
}

function median(spans: Case[], to: (span: Case) => string | null): number | null {
  const times = spans.flatMap((span) => {
    const end = to(span);
    return end ? [(Date.parse(end) - Date.parse(span.from)) / 1000] : [];
  });
  return timesOf(times).median_s;
}

const gravity = ({ severity }: { severity: string }) =>
  kSeverities.indexOf(severity as AlertRow['severity']);

/** The gravest first, then the latest. */
export function causesOf(spans: Case[], alerts: AlertRow[], period: Period): CauseLine[] {
  const bySpan = new Map<string, Case[]>();
  for (const span of spans) {
    const group = bySpan.get(span.alert);
    if (group) group.push(span);
    else bySpan.set(span.alert, [span]);
  }
  const rows = new Map<string, AlertRow[]>();
  for (const row of alerts) rows.set(row.id, [...(rows.get(row.id) ?? []), row]);
  const lines = [...bySpan].map(([id, cases]): CauseLine => {
    const known = rows.get(id) ?? [];
    const [one] = cases as [Case];
    const open = cases.filter((span) => isOpenAt(span, period.to));
    const isMuted = open.length > 0 && open.every((each) => each.isMuted);
    return {
      id,
      severity: kSeverities[Math.max(...cases.map(gravity))] ?? one.severity,
      what: whatOf({ ...one, reason: known[0]?.reason ?? null }),
      nodeClass: one.class,
      nodes: nodesOf(cases),
      first: cases.map(({ from }) => from).sort()[0]!,
      state: open.length === 0 ? 'over' : isMuted ? 'dealt with' : 'open',
      acknowledge_s: median(cases, ({ muted }) => muted),
      resolve_s: median(cases, ({ to }) => to),
      expected: each(known.map(({ expected }) => expected)),
      clones: each(known.map(({ clones }) => clones)),
      detail: each(known.map(({ detail }) => detail)),
      notes: notesOf(known),
    };
  });
  return lines.sort((a, b) => gravity(b) - gravity(a) || b.first.localeCompare(a.first));
}

/** Cases that began in each slot, one value a severity, the gravest first. */
export function raisedBars(spans: Case[], period: Period): Bar[] {
  return slotsOf(period).map((slot) => {
    const began = spans.filter((span) => beganIn(span, slot));
    const values = [...kSeverities]
      .reverse()
      .map((severity) => began.filter((span) => span.severity === severity).length);
    return { label: slot.label, values };
  });
}
