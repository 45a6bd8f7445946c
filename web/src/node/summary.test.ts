import { describe, expect, it } from 'vitest';
import type { NodePage, PagePort } from '../api/types';
import { fullProof, summarise } from './summary';

const look = {
  address: '198.18.0.1',
  network: 'management',
  protocol: 'tcp',
  sweep: 1,
  looked: '2026-11-30T10:00:00Z',
  examined: '2026-11-30T10:00:00Z',
  gap: 'none',
  asked: 65535,
  wanted: 65535,
  proven: true,
};
const port: PagePort = {
  network: 'management',
  protocol: 'tcp',
  port: 22,
  state: 'open',
  since: null,
  expected: true,
  service: 'ssh',
  answers: null,
  asked: null,
  verdict: 'in-step',
  last_closed: null,
  clones: 3,
  clones_open: 3,
};
const page: NodePage = {
  node: 'node1',
  classes: ['compute'],
  group: null,
  addresses: [],
  looks: [look],
  ports: [port],
  filtered: [],
  reported: [],
  profiles: [
    {
      host_type: 'compute',
      exists: true,
      approved_at: null,
      approved_by: null,
      unapproved_changes: false,
    },
  ],
  values: [],
  alerts: [],
};
const alert = (status: string, severity = 'high') =>
  ({ status, severity }) as unknown as NodePage['alerts'][number];

describe('summarise', () => {
  it.each<[string, Partial<NodePage>, boolean, string, string]>([
    ['all examined and as expected', {}, false, 'in step', 'none'],
    ['old', {}, true, 'not known', 'unknown'],
    ['never examined', { looks: [] }, false, 'not known', 'unknown'],
    [
      'examined in part',
      { looks: [look, { ...look, proven: false, gap: 'unanswered' }] },
      false,
      'not known',
      'unknown',
    ],
    [
      'a word that is new',
      { ports: [{ ...port, verdict: 'x' as never }] },
      false,
      'not known',
      'unknown',
    ],
    [
      'a port out of step',
      { ports: [{ ...port, verdict: 'missing' }] },
      false,
      'out of step',
      'medium',
    ],
    ['an alert', { alerts: [alert('open', 'critical')] }, true, 'out of step', 'critical'],
    [
      'an alert that is dealt with',
      { alerts: [alert('acknowledged')] },
      false,
      'dealt with',
      'high',
    ],
    [
      'a port that somebody deals with',
      {
        ports: [{ ...port, verdict: 'unexpected' }],
        alerts: [{ ...alert('silenced'), protocol: 'tcp', port: 22 }],
      },
      false,
      'dealt with',
      'high',
    ],
    ['no class', { classes: [] }, false, 'not known', 'unknown'],
    ['no value', { values: [{ value: null } as never] }, false, 'not known', 'unknown'],
  ])('%s', (_, part, isOld, word, glyph) => {
    const summary = summarise({ ...page, ...part }, isOld);
    expect([summary.word, summary.glyph]).toEqual([word, glyph]);
  });
});

it('is proven since its oldest look', () => {
  const earlier = { ...look, examined: '2026-11-29T10:00:00Z' };
  expect(fullProof({ looks: [look, earlier] })).toBe(Date.parse('2026-11-29T10:00:00Z'));
  expect(fullProof({ looks: [look, { ...look, examined: null }] })).toBeNaN();
  expect(fullProof({ looks: [] })).toBeNaN();
});

it('does not trust a key that nobody knows', () => {
  const keys = [{ known: false, seen: true }] as Parameters<typeof summarise>[2];
  expect(summarise(page, false, keys).word).toBe('not known');
});

it('does not trust what was examined too long ago', () => {
  const summary = summarise(page, false, [], true);
  expect([summary.word, summary.glyph]).toEqual(['not known', 'unknown']);
  expect(summary.doubts).toHaveLength(1);
});
