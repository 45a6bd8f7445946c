// How a learning that runs in the background has ended.

import type { ProfileHistory } from '../api/types';
import { moment } from '../base/time';

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
