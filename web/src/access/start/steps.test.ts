import { describe, expect, it } from 'vitest';
import { classStates, kSteps, stepsFor, stepStates, type Facts } from './steps';

const kAll: Facts = {
  nodes: 5,
  unclassed: 0,
  classes: ['compute', 'login'],
  approved: ['compute', 'compute@hsn', 'login'],
  waiting: [],
  sweeps: 1,
  channels: 1,
};
const states = (changes: Partial<Facts>) => {
  const found = stepStates({ ...kAll, ...changes });
  return kSteps.map(({ name }) => found[name]).join(' ');
};

describe('the first steps', () => {
  it.each<[string, Partial<Facts>, string]>([
    ['all done', {}, 'done done done done done done'],
    [
      'nothing there',
      { nodes: 0, classes: [], approved: [], sweeps: 0, channels: 0 },
      'now later later later later later',
    ],
    ['a node without a class', { unclassed: 1 }, 'done now done done done done'],
    [
      'learned, not approved',
      { approved: [], waiting: ['compute@hsn', 'login'], sweeps: 0 },
      'done done done now later done',
    ],
    ['one class not looked at', { approved: ['login'] }, 'done done now later done done'],
    ['something new waits', { waiting: ['login'] }, 'done done done now done done'],
    ['nobody is told', { channels: 0 }, 'done done done done done now'],
  ])('%s', (_, changes, expected) => expect(states(changes)).toBe(expected));
});

describe('whoever does not see all', () => {
  it.each([
    [true, true, 'nodes classes look approve sweep tell'],
    [true, false, 'nodes classes look approve sweep'],
    [false, true, 'nodes classes look approve'],
  ])('is not asked for what he cannot see: %s %s', (seesAll, isOperator, expected) => {
    const steps = stepsFor(seesAll, isOperator);
    expect(steps.map(({ name }) => name).join(' ')).toBe(expected);
  });
});

describe('classes', () => {
  it('know how far their profiles are', () => {
    const profiles = {
      waiting: [{ host_type: 'compute@hsn' }],
      approved: [{ host_type: 'compute' }, { host_type: 'login' }],
    } as never;
    expect(classStates(new Map([['compute', 4]]), profiles)).toEqual([
      { name: 'compute', nodes: 4, waiting: ['compute@hsn'], approved: ['compute'] },
    ]);
  });
});
