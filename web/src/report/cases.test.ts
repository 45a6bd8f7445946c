import { describe, expect, it } from 'vitest';
import type { Timeline } from '../api/types';
import { casesOf } from './cases';

type Span = Timeline['spans'][number];
const at = (hour: number) => `2026-11-30T${String(hour).padStart(2, '0')}:00:00Z`;
const span = (
  from: number,
  to: number | null,
  muted: number | null,
  more: Partial<Span> = {},
): Span => ({
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
  muted: muted === null ? null : at(muted),
  ...more,
});
const told = (spans: Span[]) =>
  casesOf(spans).map((each) => [each.nodes, each.from, each.to, each.muted, each.isMuted]);

describe('cases', () => {
  it('go on where an acknowledgement runs out', () => {
    expect(told([span(1, 5, 2), span(5, null, null)])).toEqual([
      ['node[1-3]', at(1), null, at(2), false],
    ]);
  });

  it('part where nodes part', () => {
    const spans = [
      span(1, 5, 2),
      span(5, 7, null, { nodes: 'node1' }),
      span(5, null, 6, { nodes: 'node[2-3]' }),
    ];
    expect(told(spans)).toEqual([
      ['node1', at(1), at(7), at(2), false],
      ['node[2-3]', at(1), null, at(2), true],
    ]);
  });

  it('are two where it was over in between, or is another alert', () => {
    expect(told([span(1, 4, null), span(5, null, null)])).toHaveLength(2);
    expect(told([span(1, 5, null), span(5, null, null, { alert: 'A-2' })])).toHaveLength(2);
  });

  it('are as grave as they ever were', () => {
    const [one] = casesOf([span(1, 5, null, { severity: 'critical' }), span(5, null, null)]);
    expect(one!.severity).toBe('critical');
  });

  it('may be about no node', () => {
    const none = { nodes: '' };
    expect(told([span(1, 5, 2, none), span(5, 6, null, none)])).toEqual([
      ['', at(1), at(6), at(2), false],
    ]);
  });
});
