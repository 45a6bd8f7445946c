import { describe, expect, it } from 'vitest';
import { sizeOf, tallies, timesOf, total, type Span } from './responses';

const at = (hour: number) => `2026-11-30T${String(hour).padStart(2, '0')}:00:00Z`;
const period = { from: Date.parse(at(6)), to: Date.parse(at(18)) };

const span = (from: number, to: number | null, more: Partial<Span> = {}): Span => ({
  alert: 'A-1',
  kind: 'unexpected-port',
  class: 'compute',
  severity: 'high',
  protocol: 'tcp',
  port: 4444,
  state: 'open',
  nodes: 'node[1-3]',
  from: at(from),
  to: to === null ? null : at(to),
  muted: null,
  ...more,
});

describe('the size of a nodeset', () => {
  it.each([
    ['', 0],
    ['node1', 1],
    ['node[001-010]', 10],
    ['node[1-3,7],login1', 5],
    ['n[1-2,4]x[0-1],a', 7],
    ['odd]name', 1],
  ])('%s', (text, size) => expect(sizeOf(text)).toBe(size));
});

it.each([
  ['none', [], { n: 0, median_s: null, worst_s: null }],
  ['one', [60], { n: 1, median_s: 60, worst_s: 60 }],
  ['odd', [30, 10, 20], { n: 3, median_s: 20, worst_s: 30 }],
  ['even', [40, 10, 20, 30], { n: 4, median_s: 25, worst_s: 40 }],
  ['clocks that stepped', [-5, 10], { n: 1, median_s: 10, worst_s: 10 }],
])('times of %s', (_, values, times) => expect(timesOf(values)).toEqual(times));

describe('a tally', () => {
  it.each([
    ['within', span(7, 9), { raised: 1, before: 0, resolved: 1, open: 0, nodes: 3 }],
    ['into it', span(1, 9), { raised: 0, before: 1, resolved: 1, open: 0, nodes: 0 }],
    ['out of it', span(7, 20), { raised: 1, before: 0, resolved: 0, open: 1, nodes: 3 }],
    ['all of it', span(1, null), { raised: 0, before: 1, resolved: 0, open: 1, nodes: 0 }],
  ])('of a case that lasts %s', (_, one, expected) => {
    expect(total([one], period)).toMatchObject(expected);
  });

  it('says how long people took', () => {
    const sum = total([span(7, 9, { muted: at(8) }), span(7, 11), span(2, 4)], period);
    expect(sum.acknowledge).toEqual({ n: 1, median_s: 3600, worst_s: 3600 });
    expect(sum.resolve).toEqual({ n: 2, median_s: 10800, worst_s: 14400 });
  });

  it('is made for each severity, also for those that there are none of', () => {
    const spans = [span(7, 9), span(7, 9, { severity: 'low', alert: 'A-2' })];
    const made = tallies(spans, period, ({ severity }) => severity, ['critical', 'high']);
    expect(made.map(({ key, raised }) => [key, raised])).toEqual([
      ['critical', 0],
      ['high', 1],
      ['low', 1],
    ]);
  });
});
