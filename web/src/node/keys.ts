// What a node proves itself by, and what it shows.

import type { Key } from '../api/types';
import { count } from '../base/text';

export type KeyState = 'confirmed' | 'not shown' | 'not known' | 'gone';

/** Known and shown: confirmed. Shown and not known: somebody has to decide. */
export function keyState({ known, seen }: Pick<Key, 'known' | 'seen'>): KeyState {
  if (known) return seen ? 'confirmed' : 'not shown';
  return seen ? 'not known' : 'gone';
}

export const kKeyStates: Record<
  KeyState,
  { word: string; glyph: 'none' | 'high' | 'unknown'; meaning: string }
> = {
  confirmed: {
    word: 'confirmed',
    glyph: 'none',
    meaning: 'Known, and shown when it was asked last.',
  },
  'not shown': {
    word: 'known, not shown',
    glyph: 'unknown',
    meaning: 'Known, and not shown when it was asked last.',
  },
  'not known': {
    word: 'shown, not known',
    glyph: 'high',
    meaning: 'Shown, and not accepted by anybody.',
  },
  gone: { word: 'no longer shown', glyph: 'unknown', meaning: 'Neither known nor shown.' },
};

/** "2 confirmed, 1 shown, not known". */
export function keySummary(keys: Key[]): string {
  if (keys.length === 0) return 'none';
  const counts = new Map<KeyState, number>();
  for (const key of keys) counts.set(keyState(key), (counts.get(keyState(key)) ?? 0) + 1);
  const parts = [...counts].map(([state, n]) => `${n} ${kKeyStates[state].word}`);
  return `${count(keys.length, 'key')}: ${parts.join('; ')}`;
}
