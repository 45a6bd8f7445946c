// What a person on call wants to know first: what of the node is out of step, and what nobody can
// tell. A node is in step only where everything was examined and judged.

import { isMuted } from '../alerts/order';
import { kSeverities, type AlertRow, type Key, type NodePage, type Severity } from '../api/types';
import { count } from '../base/text';
import { keyState } from './keys';
import { answerText, clonesText, portName, verdictLook } from './verdict';

export interface Summary {
  word: 'out of step' | 'dealt with' | 'not known' | 'in step';
  /** Of what somebody deals with: the shape is the quiet one. */
  muted: boolean;
  glyph: Severity | 'none' | 'unknown';
  out: { name: string; text: string; verdict: string; key: string }[];
  doubts: string[];
}

function outOf(page: NodePage): Summary['out'] {
  const ports = page.ports
    .filter(({ verdict }) => verdictLook(verdict).isOut)
    .map((port) => {
      const said = [
        port.state ?? 'not open',
        port.service && `expected ${port.service}`,
        answerText(port) && `answers ${answerText(port)}`,
        clonesText(port) && `clones ${clonesText(port)}`,
      ];
      return {
        name: portName(port),
        text: said.filter(Boolean).join(', '),
        verdict: port.verdict,
        key: `${port.network}/${port.protocol}/${port.port}`,
      };
    });
  const reported = page.reported
    .filter(({ verdict }) => verdictLook(verdict).isOut)
    .map((port) => ({
      name: portName(port),
      text: `open as ${port.instance} reports`,
      verdict: port.verdict,
      key: '',
    }));
  return [...ports, ...reported];
}

function doubtsOf(page: NodePage, keys: Key[], isStale: boolean): string[] {
  const doubts: string[] = [];
  if (isStale) doubts.push('It is stale: it was examined too long ago.');
  const unproven = page.looks.filter(({ proven }) => !proven);
  if (page.looks.length === 0) doubts.push('It was never examined.');
  else if (unproven.length > 0) {
    const gaps = [...new Set(unproven.map(({ gap }) => gap))].join(', ');
    doubts.push(
      `${unproven.length} of ${count(page.looks.length, 'look')} did not examine everything: ${gaps}.`,
    );
  }
  const open = page.ports.filter(({ verdict }) => !verdictLook(verdict).isKnown);
  if (open.length > 0) doubts.push(`Of ${count(open.length, 'port')} nobody can tell.`);
  if (page.classes.length === 0) doubts.push('It is in no class, so nothing is expected of it.');
  for (const profile of page.profiles) {
    if (!profile.exists) doubts.push(`${profile.host_type} has no profile.`);
    else if (profile.unapproved_changes) {
      doubts.push(`The profile of ${profile.host_type} was changed and not approved.`);
    }
  }
  const missing = page.values.filter(({ value }) => value === null);
  if (missing.length > 0) doubts.push(`${count(missing.length, 'value')} did not come.`);
  const strange = keys.filter((key) => keyState(key) === 'not known');
  if (strange.length > 0)
    doubts.push(`It shows ${count(strange.length, 'key')} that nobody knows.`);
  return doubts;
}

function worstOf(rows: AlertRow[]): Severity {
  const worst = Math.max(-1, ...rows.map(({ severity }) => kSeverities.indexOf(severity)));
  return kSeverities[worst] ?? 'medium';
}

/** `isOld`: the answer is; `isStale`: what was examined is. */
export function summarise(
  page: NodePage,
  isOld: boolean,
  keys: Key[] = [],
  isStale = false,
): Summary {
  const out = outOf(page);
  const doubts = doubtsOf(page, keys, isStale);
  const standing = page.alerts.filter(({ status }) => status !== 'resolved');
  const loud = standing.filter((row) => !isMuted(row));
  const muted = standing.filter(isMuted);
  const dealtWith = new Set(muted.map(({ protocol, port }) => `${port}/${protocol}`));
  const isOpen = out.some(({ name }) => !dealtWith.has(name.split(' ')[0]!));
  if (loud.length > 0 || isOpen) {
    return { word: 'out of step', glyph: worstOf(loud), muted: false, out, doubts };
  }
  if (muted.length > 0) {
    return { word: 'dealt with', glyph: worstOf(muted), muted: true, out, doubts };
  }
  const isKnown = doubts.length === 0 && !isOld;
  return {
    word: isKnown ? 'in step' : 'not known',
    glyph: isKnown ? 'none' : 'unknown',
    muted: false,
    out,
    doubts,
  };
}

/** When every look had examined everything that it wanted; NaN: never. */
export function fullProof(page: Pick<NodePage, 'looks'>): number {
  const times = page.looks.map(({ examined }) => (examined ? Date.parse(examined) : NaN));
  return times.length > 0 ? Math.min(...times) : NaN;
}
