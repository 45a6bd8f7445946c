import { describe, expect, it } from 'vitest';
import type { AlertRow } from '../api/types';
import { inOrder, isWanted, shareOf, type Filter } from './order';
import { row } from './test_rows';

const sizes = new Map([
  ['compute', 1000],
  ['login', 4],
]);
const all: Filter = { severity: '', status: '', kind: '', nodeClass: '' };

describe('the order', () => {
  it.each<[string, Partial<AlertRow>, Partial<AlertRow>]>([
    ['the gravest', { severity: 'critical', node_count: 900 }, { severity: 'high' }],
    ['what nobody deals with', { node_count: 900 }, { status: 'acknowledged' }],
    [
      'the graver one, though somebody deals with it',
      { severity: 'critical', status: 'silenced' },
      {},
    ],
    ['the rarest of its class', { node_count: 3 }, { class: 'login', node_count: 1 }],
    ['the newest', { first_seen: '2026-11-30T10:30:00Z' }, {}],
    ['what stands', { severity: 'low' }, { severity: 'critical', status: 'resolved' }],
  ])('has %s first', (_, first, second) => {
    const rows = [row({ ...second, id: 'A-2' }), row({ ...first, id: 'A-1' })];
    expect(inOrder(rows, sizes).map(({ id }) => id)).toEqual(['A-1', 'A-2']);
  });

  it('takes a class that is not known for a common one', () => {
    expect(shareOf(row({ class: 'other' }), sizes)).toBe(1);
    expect(shareOf(row({ class: 'login', node_count: 9 }), sizes)).toBe(1);
    expect(shareOf(row({ class: 'login', node_count: 1 }), sizes)).toBe(0.25);
  });
});

describe('the filter', () => {
  it.each<[string, Partial<Filter>, Partial<AlertRow>, boolean]>([
    ['nothing asked', {}, {}, true],
    ['as grave', { severity: 'high' }, {}, true],
    ['less grave', { severity: 'critical' }, {}, false],
    ['reopened is open', { status: 'open' }, { status: 'reopened' }, true],
    ['muted', { status: 'muted' }, { status: 'silenced' }, true],
    ['another status', { status: 'resolved' }, {}, false],
    ['another kind', { kind: 'missing-port' }, {}, false],
    ['one of its classes', { nodeClass: 'gpu' }, { class: 'compute+gpu' }, true],
    ['its classes together', { nodeClass: 'compute+gpu' }, { class: 'compute+gpu' }, true],
    ['a beginning of a class', { nodeClass: 'comp' }, {}, false],
  ])('%s', (_, filter, alert, taken) => {
    expect(isWanted(row(alert), { ...all, ...filter })).toBe(taken);
  });
});
