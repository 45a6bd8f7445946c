import { expect, it } from 'vitest';
import { csv } from './csv';
import { safe } from './text';

it.each([
  ['control characters', 'a\u0000b\u001b[31m', 'a\\x00b\\x1b[31m'],
  ['right-to-left override', 'exe\u202Efdp', 'exe\\u{202e}fdp'],
  ['zero width', 'a\u200bb', 'a\\u{200b}b'],
  ['half a pair', 'a\ud800b', 'a\\u{d800}b'],
  ['markup stays text', '<b>&amp;', '<b>&amp;'],
  ['an emoji stays', '🐛', '🐛'],
  ['piled marks', 'a' + '\u0301'.repeat(50), 'a' + '\u0301'.repeat(3)],
])('shows %s', (_, text, shown) => {
  expect(safe(text)).toBe(shown);
});

it('cuts a megabyte', () => {
  const shown = safe('x'.repeat(1 << 20), 100);
  expect(shown.length).toBeLessThan(130);
  expect(shown).toContain('more');
});

it('gives spreadsheets no formula', () => {
  expect(csv(['a'], [['=1+1'], ['x,"y"'], [-5]])).toBe('a\r\n\'=1+1\r\n"x,""y"""\r\n-5\r\n');
});
