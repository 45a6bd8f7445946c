import { describe, expect, it } from 'vitest';
import { suffices } from '../api/roles';
import type { Role } from '../api/types';
import { partsFor } from './parts';

const names = (role: Role, seesAll: boolean) =>
  partsFor((needed) => suffices(role, needed), seesAll).map(({ name }) => name);

describe('parts', () => {
  it.each([
    ['viewer', true, ['instances', 'sweeps', 'maintenance', 'tokens', 'health']],
    ['viewer', false, ['maintenance', 'tokens']],
    ['operator', true, ['instances', 'sweeps', 'notifications', 'maintenance', 'tokens', 'health']],
    ['admin', false, ['maintenance', 'tokens']],
  ] as const)('of a %s who sees all: %s', (role, seesAll, expected) => {
    expect(names(role, seesAll)).toEqual(expected);
  });
  it('are all there for an administrator', () => {
    expect(names('admin', true)).toHaveLength(8);
  });
});
