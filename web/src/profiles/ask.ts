// Questions and orders about the profile of a class, or of one of its networks.

import { ApiError, get, send, upload } from '../api/client';
import type { ProfileHistory, Profiles } from '../api/types';
import type { Proposal } from './editor';

const kNothing: Profiles = {
  open_ports: [],
  port_rules: [],
  waiting: [],
  approved: [],
  unapproved: [],
  proposed: [],
};

const pathTo = (of: string, rest = '') => `/profiles/${encodeURIComponent(of)}${rest}`;

/** Of a class without a profile: nothing, and no error. */
export async function askProfiles(of: string, signal?: AbortSignal): Promise<Profiles> {
  try {
    return await get<Profiles>(pathTo(of), {}, signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return kNothing;
    throw error;
  }
}

export const askHistory = (of: string, signal?: AbortSignal) =>
  get<ProfileHistory>(pathTo(of, '/history'), {}, signal);

/** `made`: when what waits was made, by host type, as it was shown: nothing else is approved. */
export const approve = (of: string, what: 'baseline' | 'table', made: Record<string, string>) =>
  send('POST', pathTo(of, '/approve'), { what, made });

export const propose = (of: string, open_ports: Proposal, note: string) =>
  send('PUT', pathTo(of, '/proposal'), { open_ports, note });

export const discard = (of: string) => send('DELETE', pathTo(of, '/proposal'));

export const importFile = (of: string, file: Blob) => upload(pathTo(of, '/import'), file);

/** By the consensus of the class, or from one node. It is done in the background. */
export const learn = (of: string, node: string) =>
  send('POST', pathTo(of, '/learn'), node ? { node } : {});
