// Whether Lockstep itself is well, in one sentence: the gravest first.

import type { Status } from '../api/types';

export interface Trouble {
  what: string;
  why: string;
}

/** What somebody has to look at; empty: nothing is known to be wrong. */
export function troublesOf(status: Status): Trouble[] {
  const troubles: Trouble[] = [];
  if (status.stopped) troubles.push({ what: 'Sweeps are stopped', why: status.stopped });
  if (status.reload_problem) {
    troubles.push({
      what: 'The configuration could not be read again; the one before it holds',
      why: status.reload_problem,
    });
  }
  if (status.scheduler_trouble) {
    troubles.push({ what: 'The job scheduler', why: status.scheduler_trouble });
  }
  for (const each of status.troubles) troubles.push({ what: 'Trouble', why: each });
  for (const each of status.instances) {
    if (each.problem) troubles.push({ what: `Instance ${each.name}`, why: each.problem });
  }
  for (const each of status.statuses) {
    const isSaid = status.instances.some(
      ({ name, problem }) => name === each.instance && problem === each.problem,
    );
    if (each.problem && !isSaid) {
      troubles.push({ what: `Instance ${each.instance}`, why: each.problem });
    }
  }
  return troubles;
}
