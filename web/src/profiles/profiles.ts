// Profiles by host type ("compute", "compute@hsn"): the answer's lists, put together.

import type { ExpectedPort, LineDiff, Profiles } from '../api/types';

export interface HostType {
  name: string;
  ports: ExpectedPort[];
  rules: Profiles['port_rules'];
  approved: Profiles['approved'][number] | undefined;
  waiting: Profiles['waiting'][number] | undefined;
  unapproved: LineDiff | undefined; // by hand, and not approved
  proposed: LineDiff | undefined; // what approving what waits would change
}

export type ProfileState =
  'changed by hand' | 'waits for approval' | 'none yet' | 'never approved' | 'approved';

/** "compute@hsn" is of compute. */
export const classOf = (hostType: string) => hostType.split('@')[0]!;

/** Those of the answer, and those of `more` that have nothing yet; by name. */
export function hostTypes(profiles: Profiles | null, more: Iterable<string> = []): HostType[] {
  const found = new Map<string, HostType>();
  const of = (name: string): HostType => {
    let type = found.get(name);
    if (!type) {
      type = {
        name,
        ports: [],
        rules: [],
        approved: undefined,
        waiting: undefined,
        unapproved: undefined,
        proposed: undefined,
      };
      found.set(name, type);
    }
    return type;
  };
  for (const name of more) of(name);
  for (const port of profiles?.open_ports ?? []) of(port.host_type).ports.push(port);
  for (const rule of profiles?.port_rules ?? []) of(rule.host_type).rules.push(rule);
  for (const each of profiles?.approved ?? []) of(each.host_type).approved = each;
  for (const each of profiles?.waiting ?? []) of(each.host_type).waiting = each;
  for (const each of profiles?.unapproved ?? []) of(each.host_type).unapproved = each;
  for (const each of profiles?.proposed ?? []) of(each.host_type).proposed = each;
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** What somebody should know first. */
export function stateOf(type: HostType): ProfileState {
  // A table that nobody ever approved is not one that was changed.
  if (type.unapproved && type.approved) return 'changed by hand';
  if (type.waiting) return 'waits for approval';
  if (type.ports.length === 0 && type.rules.length === 0 && !type.approved) return 'none yet';
  return type.approved && !type.unapproved ? 'approved' : 'never approved';
}

export const kStateGlyphs: Record<ProfileState, 'high' | 'medium' | 'unknown' | 'none'> = {
  'changed by hand': 'high',
  'waits for approval': 'medium',
  'none yet': 'unknown',
  'never approved': 'unknown',
  approved: 'none',
};

/** Whom an approval for `path` is about: the class with all its networks, or one of these. */
export function concerned(types: HostType[], path: string): HostType[] {
  return types.filter(({ name }) => name === path || classOf(name) === path);
}

export function ruleText(rule: Profiles['port_rules'][number]): string {
  if (rule.rpc_program !== null) return `${rule.presence}:${rule.rpc_program}`;
  return rule.service ? `${rule.presence}:${rule.service}` : rule.presence;
}
