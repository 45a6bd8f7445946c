// What each role may, in a few words.

import type { Role } from '../api/types';

export const kRoles: { role: Role; may: string }[] = [
  { role: 'viewer', may: 'sees' },
  { role: 'operator', may: 'acknowledges, runs, orders sweeps' },
  { role: 'admin', may: 'approves, sets, invites' },
];

const kRanks: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** The roles that somebody of this role can give away. */
export function rolesUpTo(role: Role): Role[] {
  return kRoles.map((each) => each.role).filter((each) => kRanks[each] <= kRanks[role]);
}
