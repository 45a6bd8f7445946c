// What the operations have: a part each, and who may see it.

import type { Role } from '../api/types';

export interface Part {
  name: string; // in the address
  title: string;
  role: Role;
  /** Concerns the cluster as a whole: not for whoever is limited to classes. */
  whole: boolean;
}

export const kParts: Part[] = [
  { name: 'instances', title: 'Instances', role: 'viewer', whole: true },
  { name: 'sweeps', title: 'Sweeps', role: 'viewer', whole: true },
  { name: 'notifications', title: 'Notifications', role: 'operator', whole: true },
  { name: 'maintenance', title: 'Maintenance', role: 'viewer', whole: false },
  { name: 'users', title: 'Users', role: 'admin', whole: true },
  { name: 'tokens', title: 'Tokens', role: 'viewer', whole: false },
  { name: 'audit', title: 'Audit', role: 'admin', whole: true },
  { name: 'health', title: 'Health of Lockstep', role: 'viewer', whole: true },
];

/** Those that are there for somebody. */
export function partsFor(may: (role: Role) => boolean, seesAll: boolean): Part[] {
  return kParts.filter((part) => may(part.role) && (seesAll || !part.whole));
}
