import { describe, expect, it } from 'vitest';
import { ApiError } from '../api/client';
import { expand } from '../base/nodeset';
import {
  causesOf,
  durationOf,
  leftOf,
  narrowed,
  nodesOf,
  ownersOf,
  partsOf,
  perform,
  problemWith,
  requestsOf,
  targetsOf,
  type Action,
} from './actions';
import { row } from './test_rows';

const pause = () => Promise.resolve();
const book = [
  row({ id: 'A-1', nodes: 'node[1-3]', node_count: 3 }),
  row({ id: 'A-1', nodes: 'node9', node_count: 1, status: 'acknowledged', owner: 'lee' }),
  row({ id: 'A-2', nodes: 'node[1-3]', node_count: 3 }),
  row({ id: 'A-3', nodes: 'node2', node_count: 1, status: 'resolved' }),
  row({ id: 'A-4', nodes: '', node_count: 0, kind: 'collector-failed' }),
];

describe('what is meant', () => {
  it('leaves out what is over', () => {
    const targets = targetsOf(book);
    expect(targets.map(({ row }) => row.id)).toEqual(['A-1', 'A-1', 'A-2', 'A-4']);
    expect(causesOf(targets)).toBe(3);
    expect(ownersOf(targets, 'kim')).toEqual(['lee']);
    expect(ownersOf(targets, 'lee')).toEqual([]);
  });

  it('counts each node once', async () => {
    expect(await nodesOf(targetsOf(book), pause)).toBe(4);
    expect(await nodesOf(targetsOf([book[0]!]), pause)).toBe(3);
  });

  it('is less on some nodes', async () => {
    const targets = await narrowed(book, new Set(['node2', 'node3', 'other']), pause);
    expect(targets.map(({ row, nodes, count }) => [row.id, nodes, count])).toEqual([
      ['A-1', 'node[2-3]', 2],
      ['A-2', 'node[2-3]', 2],
    ]);
  });
});

describe('requests', () => {
  it('are one for the same nodes, and never for more than was shown', () => {
    expect(requestsOf(targetsOf(book))).toEqual([
      { alerts: ['A-1', 'A-2'], nodes: 'node[1-3]' },
      { alerts: ['A-1'], nodes: 'node9' },
      { alerts: ['A-4'], nodes: '' },
    ]);
  });

  it('name a thousand at most', () => {
    const many = Array.from({ length: 2500 }, (_, i) => row({ id: `A-${i}` }));
    expect(requestsOf(targetsOf(many)).map(({ alerts }) => alerts.length)).toEqual([
      1000, 1000, 500,
    ]);
  });

  // Every other number: no ranges, so that it is as long as nodesets get.
  const scattered = Array.from({ length: 12_000 }, (_, i) => `node${100_000 + 2 * i}`);
  const long = `node[${scattered.map((name) => name.slice(4)).join(',')}]`;
  const bytes = (text: string) => new TextEncoder().encode(text).length;

  it('name all nodes, however many, and never none', () => {
    const targets = targetsOf([row({ nodes: long, node_count: scattered.length })]);
    const parts = requestsOf(targets).map(({ nodes }) => nodes);
    expect(bytes(long)).toBeGreaterThan(65_536);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) {
      expect(part).not.toBe('');
      expect(bytes(part)).toBeLessThan(65_536);
    }
    expect(parts.flatMap((part) => [...expand(part)]).sort()).toEqual(scattered);
  });

  it.each([
    ['nothing', '', ['']],
    ['a few', 'node[1-3]', ['node[1-3]']],
    ['one that is too long', 'é'.repeat(40_000), ['é'.repeat(40_000)]],
  ])('leave together: %s', (_, nodes, parts) => expect(partsOf(nodes)).toEqual(parts));

  it('are made anew for what is left alone', () => {
    const targets = targetsOf([
      row({ id: 'A-1', nodes: long, node_count: scattered.length }),
      row({ id: 'A-2', nodes: 'node1', node_count: 1 }),
      row({ id: 'A-3', nodes: '', node_count: 0 }),
    ]);
    const made = requestsOf(targets);
    const [first, ...others] = made;
    expect(leftOf(targets, made)).toEqual(targets);
    expect(leftOf(targets, [])).toEqual([]);
    const left = leftOf(targets, others);
    expect(left.map(({ row }) => row.id)).toEqual(['A-1', 'A-2', 'A-3']);
    expect(left[0]!.count).toBe(scattered.length - expand(first!.nodes).size);
    expect(requestsOf(left).flatMap(({ nodes }) => [...expand(nodes)])).not.toContain(
      [...expand(first!.nodes)][0],
    );
  });

  const requests = ['A-1', 'A-2', 'A-3'].map((id) => ({ alerts: [id], nodes: '' }));

  it.each([
    ['goes on where an alert is over', 404, 2, ['A-2']],
    ['stops where nobody answers', 0, 1, ['A-2', 'A-3']],
    ['stops where it is not allowed', 403, 1, ['A-2', 'A-3']],
  ])('performing %s', async (_, status, done, left) => {
    const outcome = await perform(requests, ({ alerts }) =>
      alerts[0] === 'A-2' ? Promise.reject(new ApiError(status, 'x', 'no')) : Promise.resolve(),
    );
    expect(outcome.done).toBe(done);
    expect(outcome.left.map(({ alerts }) => alerts[0])).toEqual(left);
    expect(outcome.problems).toEqual(['no']);
  });
});

describe('what can be asked', () => {
  it.each<[string, Partial<Action>, RegExp | '']>([
    ['a day', {}, ''],
    ['a week', { for: '7d' }, ''],
    ['too long', { for: '8d' }, /7 days/],
    ['a silence of a month', { kind: 'silence', for: '30d' }, ''],
    ['no duration', { for: 'soon' }, /no duration/],
    ['nothing', { for: '0h' }, /no duration/],
    ['no reason', { kind: 'resolve', note: ' ' }, /why/],
    ['a reason', { kind: 'resolve', note: 'fixed', for: '' }, ''],
    ['a long text', { note: 'é'.repeat(501) }, /1002 bytes/],
  ])('%s', (_, change, problem) => {
    const said = problemWith({ kind: 'acknowledge', note: '', for: '1d', ...change });
    if (problem === '') expect(said).toBe('');
    else expect(said).toMatch(problem);
  });

  it.each([
    ['90m', 5400],
    [' 2w ', 1209600],
    ['2 d', undefined],
    ['', undefined],
  ])('%s is so many seconds', (text, seconds) => {
    expect(durationOf(text)).toBe(seconds);
  });
});
