// What each role may, in a few words.

import { suffices } from '../api/roles';
import type { Role } from '../api/types';

export const kRoles: { role: Role; may: string }[] = [
  { role: 'viewer', may: 'sees' },
  { role: 'operator', may: 'acknowledges, runs, orders sweeps' },
  { role: 'admin', may: 'approves, sets, invites' },
];

/** The roles that somebody of this role can give away. */
export function rolesUpTo(role: Role): Role[] {
  return kRoles.map((each) => each.role).filter((each) => suffices(role, each));
}
