import { describe, expect, it } from 'vitest';
import source from '../../../src/model/finding.h?raw';
import { kWords, nextOf, titleOf, whatOf } from './words';
import { row } from './test_rows';

describe('words', () => {
  it('are there for every kind that the program knows', () => {
    const declared = /enum class FindingKind[^{]*\{([^}]*)\}/.exec(source)![1]!;
    const kinds = [...declared.matchAll(/^\s*(\w+),/gm)].map(([, name]) =>
      name!.replaceAll('_', '-'),
    );
    expect(kinds.length).toBeGreaterThan(20);
    expect(Object.keys(kWords)).toEqual(kinds);
  });

  it.each([
    ['an open port', row({ state: 'open' }), '4444/tcp open'],
    ['a filter', row({ kind: 'unexpected-filtered', state: 'filtered' }), '4444/tcp filtered'],
    [
      'many ports',
      row({ protocol: null, port: null, state: null, reason: 'many ports' }),
      'ports open: many ports',
    ],
    [
      'a port that is not there',
      row({ kind: 'missing-port', state: 'closed' }),
      '4444/tcp missing (closed)',
    ],
    [
      'a drift',
      row({ kind: 'version-drift', reason: 'sshd 9.6' }),
      '4444/tcp another version: sshd 9.6',
    ],
    [
      'a value',
      row({ kind: 'value-deviates', protocol: null, port: null, reason: 'load/load.1' }),
      'value is not as in the profile: load/load.1',
    ],
    ['a kind of tomorrow', row({ kind: 'brand-new', reason: 'why' }), '4444/tcp brand-new: why'],
  ])('say what %s is', (_, alert, text) => {
    expect(whatOf(alert)).toBe(text);
  });

  it('do without a kind that is not known', () => {
    expect(titleOf('brand-new')).toBe('brand-new');
    expect(nextOf('brand-new')).toBe('');
  });
});
