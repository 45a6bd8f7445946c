import { expect, it } from 'vitest';
import { row } from '../alerts/test_rows';
import { causesOf, raisedBars } from './causes';
import type { Case } from './cases';

const period = { from: Date.parse('2026-11-30T00:00:00Z'), to: Date.parse('2026-11-30T12:00:00Z') };
const span = (more: Partial<Case>): Case => ({
  alert: 'A-1',
  kind: 'unexpected-port',
  class: 'compute',
  severity: 'high',
  protocol: 'tcp',
  port: 4444,
  state: 'open',
  nodes: 'node1',
  from: '2026-11-30T01:00:00Z',
  to: null,
  muted: null,
  isMuted: false,
  ...more,
});

it('lists causes with their evidence, the gravest first', () => {
  const spans = [
    span({ alert: 'A-2', severity: 'low', to: '2026-11-30T02:00:00Z' }),
    span({ muted: '2026-11-30T01:10:00Z', isMuted: true }),
    span({
      nodes: 'node2',
      from: '2026-11-30T00:30:00Z',
      muted: '2026-11-30T01:00:00Z',
      isMuted: true,
    }),
  ];
  const alerts = [
    row({ note: 'on it', owner: 'kim', detail: 'why', status: 'acknowledged' }),
    row({ note: 'on it', owner: 'kim', detail: 'why', nodes: 'node2', status: 'acknowledged' }),
  ];
  const lines = causesOf(spans, alerts, period);
  expect(lines.map(({ id, state }) => [id, state])).toEqual([
    ['A-1', 'dealt with'],
    ['A-2', 'over'],
  ]);
  expect(lines[0]).toMatchObject({
    what: '4444/tcp open',
    nodes: 'node[1-2]',
    first: '2026-11-30T00:30:00Z',
    acknowledge_s: 1200,
    resolve_s: null,
    detail: 'why',
    notes: 'kim: on it',
  });
  expect(lines[1]!.resolve_s).toBe(3600);
});

it('is as grave as its gravest case', () => {
  const spans = [
    span({ severity: 'low' }),
    span({ severity: 'critical', to: '2026-11-30T02:00:00Z' }),
    span({ severity: 'medium' }),
    span({ alert: 'A-2' }),
  ];
  const lines = causesOf(spans, [], period);
  expect(lines.map(({ id, severity }) => [id, severity])).toEqual([
    ['A-1', 'critical'],
    ['A-2', 'high'],
  ]);
});

it('counts what began in each hour by severity', () => {
  const bars = raisedBars([span({}), span({ severity: 'critical' })], period);
  expect(bars).toHaveLength(12);
  expect(bars[1]!.values).toEqual([1, 1, 0, 0, 0]);
  expect(bars[0]!.values).toEqual([0, 0, 0, 0, 0]);
});
