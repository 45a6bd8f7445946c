import { describe, expect, it } from 'vitest';
import type { Role } from '../api/types';
import { partsFor } from './parts';

const kRanks: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };
const names = (role: Role, seesAll: boolean) =>
  partsFor((needed) => kRanks[role] >= kRanks[needed], seesAll).map(({ name }) => name);

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
