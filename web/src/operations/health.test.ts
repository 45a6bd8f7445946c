import { describe, expect, it } from 'vitest';
import type { Status } from '../api/types';
import { troublesOf } from './health';

const kWell = {
  stopped: null,
  reload_problem: null,
  scheduler_trouble: null,
  troubles: [],
  instances: [],
  statuses: [],
  orders: [],
} as unknown as Status;

describe('troubles', () => {
  it.each([
    ['none', {}, []],
    ['a stop order', { stopped: 'by kim' }, ['by kim']],
    [
      'all kinds, the gravest first',
      { troubles: ['spool'], scheduler_trouble: 'slurm', reload_problem: 'line 3', stopped: 's' },
      ['s', 'line 3', 'slurm', 'spool'],
    ],
    [
      'the same of an instance once',
      {
        instances: [{ name: 'a', problem: 'x' }],
        statuses: [
          { instance: 'a', problem: 'x' },
          { instance: 'b', problem: 'y' },
        ],
      },
      ['x', 'y'],
    ],
  ])('%s', (_, changes, expected) => {
    const status = { ...kWell, ...changes } as unknown as Status;
    expect(troublesOf(status).map(({ why }) => why)).toEqual(expected);
  });
});
