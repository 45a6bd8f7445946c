// How a learning that runs in the background has ended.

import type { ProfileHistory, Profiles } from '../api/types';
import { moment } from '../base/time';
import { classOf } from './profiles';

const kFailed = /^failed: */;
const kSlack_ms = 2000; // times of the history are whole seconds

/** Why the latest learning after that moment failed; null: none has. */
export function failureSince(entries: ProfileHistory['entries'], at: number): string | null {
  const failed = entries.find(
    (entry) =>
      entry.action === 'learn' && kFailed.test(entry.detail) && moment(entry.at) >= at - kSlack_ms,
  );
  return failed ? failed.detail.replace(kFailed, '') || 'It failed.' : null;
}

/** Something of the class that waits was learned after that moment. */
export function isLearnedSince(waiting: Profiles['waiting'], name: string, at: number): boolean {
  return waiting.some(
    ({ host_type, made }) => classOf(host_type) === name && moment(made) >= at - kSlack_ms,
  );
}
