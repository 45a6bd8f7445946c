// The roles, of which each may all that those below it may.

import type { Role } from './types';

const kRanks: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** Whoever has this role may what the needed one may. */
export const suffices = (role: Role, needed: Role) => kRanks[role] >= kRanks[needed];
