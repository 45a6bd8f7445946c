import { describe, expect, it } from 'vitest';
import { kNever, kPartial, kProven, kStale } from '../cluster/coverage';
import { codeOf, encode, filterText, kRanks, lookOf, parseFilter, type Glance } from './states';

const kNow = 1_000_000;
const kHour = 3600;

function glance(nodes: [worst: number, muted: number, sight: number, age: number][]): Glance {
  return {
    worst: Uint8Array.from(nodes, ([worst]) => worst),
    muted: Uint8Array.from(nodes, ([, muted]) => muted),
    sight: Uint8Array.from(nodes, ([, , sight]) => sight),
    looked: Uint32Array.from(nodes, ([, , , age]) => (age < 0 ? 0 : kNow - age)),
    alerts: new Uint16Array(nodes.length),
    kinds: new Uint8Array(nodes.length),
  };
}

const kAll = { findings: 0, coverages: 0 };
const unmarked = (n: number) => ({ of: new Uint8Array(n), selected: 0, lit: 0 });

function encoded(glance: Glance, filter = kAll, marks = unmarked(glance.worst.length)) {
  const codes = new Uint8Array(glance.worst.length);
  const counts = encode(glance, kNow, filter, marks, codes);
  return { counts, looks: [...codes].map(lookOf) };
}

it('unknown and stale never look well', () => {
  const { counts, looks } = encoded(
    glance([
      [0, 0, 2, 60],
      [0, 0, 1, 60],
      [0, 0, 2, 30 * kHour],
      [0, 0, 0, -1],
      [4, 0, 2, 60],
      [0, 3, 2, 60],
    ]),
  );
  expect(looks.map(({ coverage }) => coverage)).toEqual([
    kProven,
    kPartial,
    kStale,
    kNever,
    kProven,
    kProven,
  ]);
  expect(looks.map(({ level }) => level)).toEqual([0, 0, 0, 0, 4, 8]);
  expect(counts).toMatchObject({ inStep: 1, unknown: 3, outOfStep: 1, muted: 1 });
});

it('a filter lets the others stand back', () => {
  const three = glance([
    [0, 0, 2, 60],
    [4, 0, 2, 60],
    [4, 0, 0, -1],
  ]);
  const back = (text: string) =>
    encoded(three, parseFilter(text)).looks.map(({ isBack }) => isBack);
  expect(back('')).toEqual([false, false, false]);
  expect(back('high')).toEqual([true, false, false]);
  expect(back('proven')).toEqual([false, false, true]);
  expect(back('medium,never')).toEqual([true, true, false]);
});

it('what is lit goes before what is selected', () => {
  const marks = { of: Uint8Array.of(1, 2, 0), selected: 1, lit: 1 };
  const { looks } = encoded(
    glance([
      [0, 0, 2, 60],
      [0, 0, 2, 60],
      [0, 0, 2, 60],
    ]),
    kAll,
    marks,
  );
  expect(looks.map(({ isBack }) => isBack)).toEqual([true, false, true]);
  expect(looks.map(({ isSelected }) => isSelected)).toEqual([true, false, false]);
});

it('codes are bytes, and are read back', () => {
  for (let level = 0; level <= 10; ++level) {
    for (let coverage = 0; coverage < 4; ++coverage) {
      const code = codeOf(level, coverage, true, false);
      expect(code).toBeLessThan(192);
      expect(lookOf(code)).toEqual({ level, coverage, isBack: true, isSelected: false });
    }
  }
});

describe('where nodes share a pixel', () => {
  const rank = (level: number, coverage: number, isBack = false) =>
    kRanks[codeOf(level, coverage, isBack, false)]!;
  it.each([
    ['critical before high', rank(5, kProven), rank(4, kNever)],
    ['low before unknown', rank(2, kProven), rank(0, kNever)],
    ['unknown before stale', rank(0, kNever), rank(0, kStale)],
    ['stale before informational', rank(0, kStale), rank(1, kProven)],
    ['informational before muted', rank(1, kProven), rank(10, kProven)],
    ['muted before in part', rank(6, kProven), rank(0, kPartial)],
    ['in part before proven', rank(0, kPartial), rank(0, kProven)],
    ['what stands out before what stands back', rank(0, kProven), rank(5, kProven, true)],
    ['anything before nothing', rank(0, kProven, true), kRanks[0]!],
  ])('%s', (_, above, below) => {
    expect(above).toBeGreaterThan(below);
  });
});

it.each(['', 'high', 'informational,critical,muted,never', 'nothing,stale,proven'])(
  'the filter "%s" is the same text again',
  (text) => expect(filterText(parseFilter(text))).toBe(text),
);
it('what is no filter is none', () =>
  expect(parseFilter('<b>,blue')).toEqual({ findings: 0, coverages: 0 }));
