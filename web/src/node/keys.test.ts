import { expect, it } from 'vitest';
import type { Key } from '../api/types';
import { keyState, keySummary } from './keys';

it.each([
  [true, true, 'confirmed'],
  [true, false, 'not shown'],
  [false, true, 'not known'],
  [false, false, 'gone'],
])('known %s, seen %s', (known, seen, state) => {
  expect(keyState({ known, seen })).toBe(state);
});

it('counts', () => {
  const keys = [
    { known: true, seen: true },
    { known: false, seen: true },
  ] as Key[];
  expect(keySummary(keys)).toBe('2 keys: 1 confirmed; 1 shown, not known');
  expect(keySummary([])).toBe('none');
});
