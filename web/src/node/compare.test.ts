import { describe, expect, it } from 'vitest';
import type { Key, NodePage, PagePort } from '../api/types';
import { compareNodes, compareWithClass } from './compare';

const port = (number: number, more: Partial<PagePort> = {}): PagePort => ({
  network: 'management',
  protocol: 'tcp',
  port: number,
  state: 'open',
  since: null,
  expected: true,
  service: 'ssh',
  answers: null,
  asked: null,
  verdict: 'in-step',
  last_closed: null,
  clones: 4,
  clones_open: 4,
  ...more,
});
const look = { proven: true } as NodePage['looks'][number];
const page = (ports: PagePort[], more: Partial<NodePage> = {}): NodePage => ({
  node: 'a',
  classes: ['compute'],
  group: null,
  addresses: [],
  looks: [look],
  ports,
  filtered: [],
  reported: [],
  profiles: [],
  values: [],
  alerts: [],
  ...more,
});
const key = (sha256: string) =>
  ({
    network: 'management',
    protocol: 'tcp',
    port: 22,
    type: 'ssh-ed25519',
    sha256,
    seen: true,
  }) as Key;

describe('two nodes', () => {
  it('has a row for what either has', () => {
    const traits = compareNodes(
      page([port(22), port(4444)]),
      page([port(22)], { values: [{ name: 'cores', instance: 'hw', value: 4 } as never] }),
      [[key('x')], [key('y')]],
    );
    const different = traits.filter(({ stands }) => stands !== 'in step');
    expect(different.map(({ area, name, left, right }) => [area, name, left, right])).toEqual([
      ['port', '4444/tcp', 'open', ''],
      ['key', '22/tcp ssh-ed25519', 'x', 'y'],
      ['value', 'cores (hw)', '', '4'],
    ]);
    expect(traits.some(({ name, stands }) => name === '22/tcp' && stands === 'in step')).toBe(true);
  });
});

describe('what nobody can tell', () => {
  const values = (value: number, more = {}) => ({
    values: [{ name: 'load', instance: 'i', value, expected: null, alert: null, ...more } as never],
  });
  it.each<[string, NodePage, NodePage, string]>([
    ['numbers vary', page([], values(1)), page([], values(2)), 'varies'],
    [
      'unless something is expected',
      page([], values(1)),
      page([], values(2, { expected: '1' })),
      'different',
    ],
    ['a port beside an incomplete look', page([port(22)]), page([], { looks: [] }), 'not known'],
    [
      'a port that was not reached',
      page([port(22)]),
      page([port(22, { state: null, verdict: 'not-known' })]),
      'not known',
    ],
  ])('%s', (_, left, right, stands) => {
    const [trait] = compareNodes(left, right, [[], []]).filter(
      ({ area }) => area === 'port' || area === 'value',
    );
    expect(trait?.stands).toBe(stands);
  });
});

describe('with the class', () => {
  it.each<[string, Partial<PagePort>, string, string, string]>([
    ['as expected', {}, 'open', 'open, ssh; clones: 4 of 4 open', 'in step'],
    [
      'missing',
      { state: null, verdict: 'missing' },
      'not open',
      'open, ssh; clones: 4 of 4 open',
      'different',
    ],
    [
      'unexpected',
      { expected: false, service: '', clones_open: 0, verdict: 'unexpected' },
      'open',
      'not expected; clones: 0 of 4 open',
      'different',
    ],
    [
      'not known',
      { state: null, verdict: 'not-known', clones: 0 },
      'not open',
      'open, ssh',
      'not known',
    ],
  ])('%s', (_, more, left, right, stands) => {
    expect(compareWithClass(page([port(22, more)]))).toEqual([
      { area: 'port', name: '22/tcp', left, right, stands },
    ]);
  });

  it('compares values by what is expected of them', () => {
    const value = (more: object) => ({
      name: 'v',
      instance: 'i',
      clones: null,
      expected: '= 1',
      alert: null,
      ...more,
    });
    const values = [value({ value: 1 }), value({ value: null }), value({ value: 2, alert: 'A-1' })];
    const traits = compareWithClass(page([], { values: values as never }));
    expect(traits.map(({ left, stands }) => [left, stands])).toEqual([
      ['1', 'in step'],
      ['missing', 'different'],
      ['2', 'different'],
    ]);
  });
});
