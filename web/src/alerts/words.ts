// What an alert is about, in words: a table of all kinds of findings (src/model/finding.h).

import type { Subject } from '../api/types';

/** What words are made from; of an alert or of a span of time. */
export interface Cause extends Subject {
  kind: string;
  reason?: string | null;
  network?: string;
}

interface Words {
  /** The kind alone, for lists of kinds. */
  title: string;
  /** One cause, as a piece of a sentence; `at` is "4444/tcp" or "". */
  what: (at: string, cause: Cause) => string;
  /** What a person does about it. */
  next: string;
}

const at = (text: string, place: string) => (place ? `${place} ${text}` : text);
const because = (text: string, reason: string | null | undefined) =>
  reason ? `${text}: ${reason}` : text;

export const kWords: Record<string, Words> = {
  'unexpected-port': {
    title: 'Unexpected port',
    what: (place, { state, reason }) => because(at(state || 'open', place || 'ports'), reason),
    next: 'Find the process that listens. If it belongs there, add the port to the profile and have it approved; if nobody knows it, treat the node as broken into.',
  },
  'transient-port': {
    title: 'Transient port',
    what: (place) => at('was open for a moment', place),
    next: 'It was gone when it was asked again. One alone is seldom more than a client; the same port on several nodes deserves a look.',
  },
  'unexpected-filtered': {
    title: 'Unexpected filter',
    what: (place, { reason }) => because(at('filtered', place || 'ports'), reason),
    next: 'Look for a local filter on the node: its clones answer there. A filter that lets only some addresses in can hide a listener.',
  },
  'missing-port': {
    title: 'Missing port',
    what: (place, { state, reason }) =>
      because(at(`missing${state ? ` (${state})` : ''}`, place), reason),
    next: 'See whether the service runs. If it is no longer wanted, take the port out of the profile.',
  },
  'node-unreachable': {
    title: 'Unreachable node',
    what: (_, { reason }) => because('no answer from any port', reason),
    next: 'See whether the node is up and its network is. Until it answers, nothing is known of its ports.',
  },
  'coverage-gap': {
    title: 'Gap in coverage',
    what: (_, { reason }) => because('not examined as it should be', reason),
    next: 'What was not examined is not proven. Order another sweep of these nodes, or see why the last one was cut short.',
  },
  'profile-changed': {
    title: 'Changed profile',
    what: (_, { reason }) => because('profile is not as approved', reason),
    next: 'See who changed the table and what. Approve it, or put it back.',
  },
  'stack-mismatch': {
    title: 'Other TCP stack',
    what: (place, { reason }) => because(at('TCP stack unlike its clones', place), reason),
    next: 'Another kernel, another machine at this address, or something that answers in its place.',
  },
  'service-mismatch': {
    title: 'Wrong service',
    what: (place, { reason }) => because(at('another service answers', place), reason),
    next: 'Compare what answers with the profile: see the evidence on the node page. Something else may hold a well-known port.',
  },
  'service-silent': {
    title: 'Silent service',
    what: (place, { reason }) => because(at('accepts and says nothing', place), reason),
    next: 'See whether the service hangs. A listener that waits for the right first word looks the same.',
  },
  'version-drift': {
    title: 'Other version',
    what: (place, { reason }) => because(at('another version', place), reason),
    next: 'An update that has not reached all nodes, or one that only these got. Bring them into step, or let two generations be valid until a date.',
  },
  'hostkey-changed': {
    title: 'Changed host key',
    what: (place, { reason }) => because(at('SSH host key changed', place), reason),
    next: 'Was the node installed anew? Then accept the key. If not, somebody else may answer for it.',
  },
  'hostkey-shared': {
    title: 'Shared host key',
    what: (place, { reason }) => because(at('SSH host key on several nodes', place), reason),
    next: 'An image that carries its key. Make new keys, or say in the configuration that the class shares one.',
  },
  'certificate-changed': {
    title: 'Changed certificate',
    what: (place, { reason }) => because(at('TLS certificate or key changed', place), reason),
    next: 'A renewal is expected before the old one ends. If nobody renewed it, find out who answers.',
  },
  'node-rebuilt': {
    title: 'Rebuilt node',
    what: () => 'all keys are new',
    next: 'If the node was rebuilt, nothing is to be done. If nobody rebuilt it, treat it as a changed host key.',
  },
  'orphan-listener': {
    title: 'Orphaned listener',
    what: (place) => at('still open after its job', place || 'ports'),
    next: 'Find the process that the job left behind, and whose it is.',
  },
  'value-deviates': {
    title: 'Deviating value',
    what: (_, { reason }) => because('value is not as in the profile', reason),
    next: 'Compare the value with its clones on the node page. If it is right, change the rule in the profile.',
  },
  'scan-overdue': {
    title: 'Overdue',
    what: (_, { reason }) => because('not examined for too long', reason),
    next: 'See whether the nodes were busy all the time, or the instance does not run. What was proven once is old.',
  },
  'collector-failed': {
    title: 'Failed instance',
    what: (_, { reason }) => because('an instance did not do its work', reason),
    next: 'See the instance under Operations: its latest run says what was wrong.',
  },
  'sweep-late': {
    title: 'Late instance',
    what: (_, { reason }) => because('an instance is late', reason),
    next: 'Its passes take longer than its interval, or something holds it back: see Operations.',
  },
  'scheduler-unavailable': {
    title: 'Scheduler away',
    what: (_, { reason }) => because('the job scheduler does not answer', reason),
    next: 'Until it does, which nodes are busy is not known, and they are looked at as if they were.',
  },
  'clock-stepped': {
    title: 'Clock stepped',
    what: (_, { reason }) => because('the time of day jumped', reason),
    next: 'See the time service of the monitor: ages around that moment are not to be trusted.',
  },
};

/** "4444/tcp"; "": it is not about a port. */
export function placeOf({ protocol, port }: Subject): string {
  if (port === null || port === undefined) return '';
  return protocol ? `${port}/${protocol}` : String(port);
}

/** "4444/tcp open". Hostile parts are in it: show it through <Text>. */
export function whatOf(cause: Cause): string {
  const words = kWords[cause.kind];
  const place = placeOf(cause);
  if (words) return words.what(place, cause);
  return because(at(cause.kind, place), cause.reason); // a kind of a newer server
}

export const titleOf = (kind: string) => kWords[kind]?.title ?? kind;
export const nextOf = (kind: string) => kWords[kind]?.next ?? '';
