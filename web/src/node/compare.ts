// Two nodes beside each other, or a node beside its class: one row for each thing that either has.

import type { Key, NodePage } from '../api/types';
import { numberText } from './series';
import { answerText, clonesText, portName, verdictLook } from './verdict';

/** In the link: not with a node but with what the class expects and shows. No node is called so. */
export const kWithClass = '@class';

export interface Trait {
  area: 'identity' | 'port' | 'service' | 'filtered' | 'reported' | 'value' | 'key' | 'coverage';
  name: string;
  left: string; // empty: it has none
  right: string;
  stands: Stands;
}

/** Numbers of which nobody expects anything vary; of what was not examined nobody can tell. */
export type Stands = 'different' | 'not known' | 'varies' | 'in step';
export const kStands: Stands[] = ['different', 'not known', 'varies', 'in step'];

interface Cell {
  area: Trait['area'];
  name: string;
  text: string;
  isFree?: boolean; // a number of which nothing is expected
}
type Side = Map<string, Cell>;
const kNotKnown = 'not known';

/** All that can be compared. Times and addresses always differ, and say nothing. */
function sideOf(page: NodePage, keys: Key[]): Side {
  const side: Side = new Map();
  const add = (area: Trait['area'], name: string, text: string, isFree = false) => {
    if (text) side.set(`${area}\n${name}`, { area, name, text, isFree });
  };
  add('identity', 'classes', page.classes.toSorted().join(', '));
  add('identity', 'scheduler state', page.scheduler?.state ?? '');
  for (const port of page.ports) {
    add(
      'port',
      portName(port),
      port.state ?? (port.verdict === 'not-known' ? kNotKnown : 'closed'),
    );
    add('service', portName(port), answerText(port));
  }
  for (const each of page.filtered) {
    add('filtered', `${each.protocol} on ${each.network}`, each.ports);
  }
  for (const port of page.reported) add('reported', `${portName(port)} (${port.instance})`, 'open');
  for (const { name, instance, value, expected, alert } of page.values) {
    const isFree = typeof value === 'number' && !expected && !alert;
    add('value', `${name} (${instance})`, value === null ? 'missing' : numberText(value), isFree);
  }
  for (const key of keys) {
    if (key.seen) add('key', `${portName(key)} ${key.type}`, key.sha256);
  }
  const unproven = page.looks.filter(({ proven }) => !proven).length;
  add(
    'coverage',
    'looks',
    page.looks.length === 0 ? 'never examined' : unproven > 0 ? 'in part' : 'proven',
  );
  return side;
}

function isProven(page: NodePage): boolean {
  return page.looks.length > 0 && page.looks.every(({ proven }) => proven);
}

export function compareNodes(left: NodePage, right: NodePage, keys: [Key[], Key[]]): Trait[] {
  const [a, b] = [sideOf(left, keys[0]), sideOf(right, keys[1])];
  const traits: Trait[] = [];
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [one, other] = [a.get(key), b.get(key)];
    const { area, name } = one ?? other!;
    traits.push({
      area,
      name,
      left: one?.text ?? '',
      right: other?.text ?? '',
      stands: standsOf(one, other, isProven(one ? right : left)),
    });
  }
  return traits;
}

function standsOf(one: Cell | undefined, other: Cell | undefined, isProven: boolean): Stands {
  const { area } = one ?? other!;
  if (one?.text === kNotKnown || other?.text === kNotKnown) return 'not known';
  if (!one || !other) {
    // That the other has no such port is proven only where all was examined.
    const isSeen = area === 'port' || area === 'service' || area === 'filtered' || area === 'key';
    return isSeen && !isProven ? 'not known' : 'different';
  }
  if (one.text === other.text) return 'in step';
  return one.isFree && other.isFree ? 'varies' : 'different';
}

/** As the server judged it. */
function standsBy(verdict: string): Stands {
  const { isOut, isKnown } = verdictLook(verdict);
  if (!isKnown) return 'not known';
  return isOut ? 'different' : 'in step';
}

/** Beside what the class expects, and what its clones show. */
export function compareWithClass(page: NodePage): Trait[] {
  const traits: Trait[] = page.ports.map((port) => {
    const expected = port.expected
      ? `open${port.service ? `, ${port.service}` : ''}`
      : 'not expected';
    const left = [port.state ?? 'not open', answerText(port)].filter(Boolean).join(', ');
    const right = [expected, clonesText(port) && `clones: ${clonesText(port)}`]
      .filter(Boolean)
      .join('; ');
    return { area: 'port', name: portName(port), left, right, stands: standsBy(port.verdict) };
  });
  for (const port of page.reported) {
    traits.push({
      area: 'reported',
      name: `${portName(port)} (${port.instance})`,
      left: 'open',
      right: port.expected ? 'open' : 'not expected',
      stands: standsBy(port.verdict),
    });
  }
  for (const value of page.values) {
    if (!value.expected && !value.clones) continue;
    traits.push({
      area: 'value',
      name: `${value.name} (${value.instance})`,
      left: value.value === null ? 'missing' : numberText(value.value),
      right: [value.expected, value.clones && `clones: ${value.clones}`].filter(Boolean).join('; '),
      stands: value.value === null || value.alert ? 'different' : 'in step',
    });
  }
  return traits;
}
