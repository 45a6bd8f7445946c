import { describe, expect, it } from 'vitest';
import type { Profiles } from '../api/types';
import { concerned, hostTypes, ruleText, stateOf } from './profiles';

const none: Profiles = {
  open_ports: [],
  port_rules: [],
  waiting: [],
  approved: [],
  unapproved: [],
  proposed: [],
};
const ssh = { port: 22, protocol: 'tcp', service: 'ssh', host_type: 'compute' };
const approval = { host_type: 'compute', at: '2026-11-30T10:00:00Z', by: 'kim' };
const waiting = {
  host_type: 'compute',
  origin: 'node1',
  made: '2026-11-30T10:00:00Z',
  maker: 'kim',
  open_ports: [],
  outliers: [],
};
const diff = { host_type: 'compute', added: ['22/tcp'], removed: [] };

describe('stateOf', () => {
  it.each<[string, Partial<Profiles>, string]>([
    ['nothing', {}, 'none yet'],
    ['a table by hand', { open_ports: [ssh], unapproved: [diff] }, 'never approved'],
    ['approved', { open_ports: [ssh], approved: [approval] }, 'approved'],
    [
      'changed since',
      { open_ports: [ssh], approved: [approval], unapproved: [diff] },
      'changed by hand',
    ],
    ['learned', { waiting: [waiting], proposed: [diff] }, 'waits for approval'],
    [
      'both',
      { open_ports: [ssh], approved: [approval], unapproved: [diff], waiting: [waiting] },
      'changed by hand',
    ],
  ])('%s', (_, part, state) => {
    expect(stateOf(hostTypes({ ...none, ...part }, ['compute'])[0]!)).toBe(state);
  });
});

it('has the networks of a class, and classes without a profile', () => {
  const types = hostTypes({ ...none, open_ports: [{ ...ssh, host_type: 'compute@hsn' }, ssh] }, [
    'login',
  ]);
  expect(types.map(({ name }) => name)).toEqual(['compute', 'compute@hsn', 'login']);
  expect(concerned(types, 'compute').map(({ name }) => name)).toEqual(['compute', 'compute@hsn']);
  expect(concerned(types, 'compute@hsn').map(({ name }) => name)).toEqual(['compute@hsn']);
});

it.each([
  [{ presence: 'rpc', rpc_program: 100021, service: null }, 'rpc:100021'],
  [{ presence: 'service', rpc_program: null, service: 'ssh' }, 'service:ssh'],
  [{ presence: 'optional', rpc_program: null, service: null }, 'optional'],
])('writes rules', (rule, text) => {
  expect(ruleText(rule as Profiles['port_rules'][number])).toBe(text);
});
