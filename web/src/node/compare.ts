// Two nodes beside each other, or a node beside its class: one row for each thing that either has.

import type { Key, NodePage } from '../api/types';
import { answerText, clonesText, portName, verdictLook } from './verdict';

/** In the link: not with a node but with what the class expects and shows. No node is called so. */
export const kWithClass = '@class';

export interface Trait {
  area: 'identity' | 'port' | 'service' | 'filtered' | 'reported' | 'value' | 'key' | 'coverage';
  name: string;
  left: string; // empty: it has none
  right: string;
  same: boolean;
}

type Side = Map<string, { area: Trait['area']; name: string; text: string }>;

/** All that can be compared. Times and addresses always differ, and say nothing. */
function sideOf(page: NodePage, keys: Key[]): Side {
  const side: Side = new Map();
  const add = (area: Trait['area'], name: string, text: string) => {
    if (text) side.set(`${area}\n${name}`, { area, name, text });
  };
  add('identity', 'classes', page.classes.toSorted().join(', '));
  add('identity', 'scheduler state', page.scheduler?.state ?? '');
  for (const port of page.ports) {
    add(
      'port',
      portName(port),
      port.state ?? (port.verdict === 'not-known' ? 'not known' : 'closed'),
    );
    add('service', portName(port), answerText(port));
  }
  for (const each of page.filtered) {
    add('filtered', `${each.protocol} on ${each.network}`, each.ports);
  }
  for (const port of page.reported) add('reported', `${portName(port)} (${port.instance})`, 'open');
  for (const value of page.values) {
    add(
      'value',
      `${value.name} (${value.instance})`,
      value.value === null ? 'missing' : String(value.value),
    );
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

export function compareNodes(left: NodePage, right: NodePage, keys: [Key[], Key[]]): Trait[] {
  const [a, b] = [sideOf(left, keys[0]), sideOf(right, keys[1])];
  const traits: Trait[] = [];
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const { area, name } = a.get(key) ?? b.get(key)!;
    const [one, other] = [a.get(key)?.text ?? '', b.get(key)?.text ?? ''];
    traits.push({ area, name, left: one, right: other, same: one === other });
  }
  return traits;
}

/** Beside what the class expects, and what its clones show. */
export function compareWithClass(page: NodePage): Trait[] {
  const traits: Trait[] = page.ports.map((port) => {
    const expected = port.expected
      ? `open${port.service ? `, ${port.service}` : ''}`
      : 'not expected';
    const left = [port.state ?? 'not open', answerText(port)].filter(Boolean).join(', ');
    const { isOut, isKnown } = verdictLook(port.verdict);
    const right = [expected, clonesText(port) && `clones: ${clonesText(port)}`]
      .filter(Boolean)
      .join('; ');
    return { area: 'port', name: portName(port), left, right, same: isKnown && !isOut };
  });
  for (const port of page.reported) {
    const { isOut, isKnown } = verdictLook(port.verdict);
    traits.push({
      area: 'reported',
      name: `${portName(port)} (${port.instance})`,
      left: 'open',
      right: port.expected ? 'open' : 'not expected',
      same: isKnown && !isOut,
    });
  }
  for (const value of page.values) {
    if (!value.expected && !value.clones) continue;
    traits.push({
      area: 'value',
      name: `${value.name} (${value.instance})`,
      left: value.value === null ? 'missing' : String(value.value),
      right: [value.expected, value.clones && `clones: ${value.clones}`].filter(Boolean).join('; '),
      same: value.value !== null && !value.alert,
    });
  }
  return traits;
}
