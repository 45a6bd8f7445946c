// What people do about alerts: exactly what they were shown beforehand, and no node that has joined
// a cause since.

import { ApiError, problemOf } from '../api/client';
import type { AlertRow } from '../api/types';
import { expand, fold } from '../base/nodeset';
import { isMuted, isStanding } from './order';

export type ActionKind = 'acknowledge' | 'silence' | 'resolve';
export const kActions: ActionKind[] = ['acknowledge', 'silence', 'resolve'];

export interface ActionWords {
  title: string;
  done: string;
  note: string;
  about: string;
  times: [string, string][]; // as the server reads them, and as people do
  most_s: number;
}

const kDay_s = 86400;

export const kActionWords: Record<ActionKind, ActionWords> = {
  acknowledge: {
    title: 'Acknowledge',
    done: 'Acknowledged',
    note: 'Note',
    about:
      'You are on it. It is open again when the time is over; another node that gets it is news.',
    times: [
      ['8h', '8 hours'],
      ['1d', '1 day'],
      ['3d', '3 days'],
      ['7d', '7 days'],
    ],
    most_s: 7 * kDay_s,
  },
  silence: {
    title: 'Silence',
    done: 'Silenced',
    note: 'Note',
    about: 'Nobody is told of it until the time is over; another node that gets it is news.',
    times: [
      ['8h', '8 hours'],
      ['1d', '1 day'],
      ['7d', '7 days'],
      ['30d', '30 days'],
    ],
    most_s: 30 * kDay_s,
  },
  resolve: {
    title: 'Resolve',
    done: 'Resolved',
    note: 'Why is it over?',
    about: 'It is reopened when it is seen again.',
    times: [],
    most_s: 0,
  },
};

export interface Action {
  kind: ActionKind;
  note: string;
  for: string;
}

/** What of a row is meant. */
export interface Target {
  row: AlertRow;
  nodes: string; // empty: it is about no node, or all of them are meant
  count: number;
}

export interface ActionRequest {
  alerts: string[];
  nodes: string;
}

const kMostIds = 1000; // of a request
const kLongestNodeset = 64_000; // bytes of a request; the server takes 64 KiB
const kLongestNote = 1000; // bytes that are kept
const kUnits: Record<string, number> = { s: 1, m: 60, h: 3600, d: kDay_s, w: 7 * kDay_s };

/** Seconds of "90s", "15m", "12h", "7d", "2w"; undefined: it is none. */
export function durationOf(text: string): number | undefined {
  const found = /^(\d{1,9})([smhdw])$/.exec(text.trim());
  const seconds = found ? Number(found[1]) * kUnits[found[2]!]! : 0;
  return seconds > 0 ? seconds : undefined;
}

/** Why it cannot be done so; empty: it can. */
export function problemWith(action: Action): string {
  const words = kActionWords[action.kind];
  const size = new TextEncoder().encode(action.note).length;
  if (size > kLongestNote) return `The text has ${size} bytes; at most ${kLongestNote} are kept.`;
  if (action.kind === 'resolve') return action.note.trim() ? '' : 'Say why it is over.';
  const seconds = durationOf(action.for);
  if (!seconds) return `"${action.for}" is no duration: write 90m, 12h, 2d.`;
  if (seconds <= words.most_s) return '';
  return `That is too long: ${words.most_s / kDay_s} days at most.`;
}

/** All of these rows, as far as something can be done about them. */
export function targetsOf(rows: AlertRow[]): Target[] {
  return rows.filter(isStanding).map((row) => ({ row, nodes: row.nodes, count: row.node_count }));
}

/** What of them concerns these nodes. `pause` lets the page draw between two rows. */
export async function narrowed(
  rows: AlertRow[],
  wanted: ReadonlySet<string>,
  pause: () => Promise<void>,
): Promise<Target[]> {
  const targets: Target[] = [];
  for (const row of rows.filter(isStanding)) {
    if (!row.nodes) continue;
    const nodes = [...expand(row.nodes)].filter((name) => wanted.has(name));
    if (nodes.length > 0) targets.push({ row, nodes: fold(nodes), count: nodes.length });
    await pause();
  }
  return targets;
}

/** How many nodes that are, each counted once. */
export async function nodesOf(targets: Target[], pause: () => Promise<void>): Promise<number> {
  if (targets.length === 1) return targets[0]!.count;
  const sets = new Set(targets.map(({ nodes }) => nodes).filter(Boolean));
  const all = new Set<string>();
  for (const text of sets) {
    for (const name of expand(text)) all.add(name);
    await pause();
  }
  return all.size;
}

export const causesOf = (targets: Target[]) => new Set(targets.map(({ row }) => row.id)).size;

/** Whose mutes are taken over. */
export function ownersOf(targets: Target[], me: string): string[] {
  const owners = targets.filter(({ row }) => isMuted(row)).map(({ row }) => row.owner ?? '');
  return [...new Set(owners)].filter((owner) => owner && owner !== me).sort();
}

const isShort = (nodeset: string) => new TextEncoder().encode(nodeset).length <= kLongestNodeset;

/** The same nodes as nodesets that the server takes. One without a name would mean all of them. */
export function partsOf(nodeset: string): string[] {
  if (isShort(nodeset)) return [nodeset];
  const split = (names: string[]): string[] => {
    const text = fold(names);
    if (names.length === 1 || isShort(text)) return [text];
    const half = names.length >> 1;
    return [...split(names.slice(0, half)), ...split(names.slice(half))];
  };
  return split([...expand(nodeset)]);
}

/** Causes on the same nodes go together. Errors: NodesetError. */
export function requestsOf(targets: Target[]): ActionRequest[] {
  const byNodes = new Map<string, Set<string>>();
  for (const { row, nodes } of targets) {
    byNodes.set(nodes, (byNodes.get(nodes) ?? new Set()).add(row.id));
  }
  const requests: ActionRequest[] = [];
  for (const [nodes, ids] of byNodes) {
    const alerts = [...ids];
    for (const part of partsOf(nodes)) {
      for (let i = 0; i < alerts.length; i += kMostIds) {
        requests.push({ alerts: alerts.slice(i, i + kMostIds), nodes: part });
      }
    }
  }
  return requests;
}

/** What of them is not done: what is done is not done twice. */
export function leftOf(targets: Target[], left: ActionRequest[]): Target[] {
  const keys = new Set(left.flatMap(({ alerts, nodes }) => alerts.map((id) => `${id} ${nodes}`)));
  return targets.flatMap((target) => {
    const parts = partsOf(target.nodes);
    const open = parts.filter((part) => keys.has(`${target.row.id} ${part}`));
    if (open.length === parts.length) return [target];
    if (open.length === 0) return [];
    const nodes = open.join(',');
    return [{ ...target, nodes, count: expand(nodes).size }];
  });
}

export interface Outcome {
  done: number;
  left: ActionRequest[];
  problems: string[];
}

/** One after the other. One that is refused for its alerts does not keep the others back. */
export async function perform(
  requests: ActionRequest[],
  post: (request: ActionRequest) => Promise<unknown>,
  onProgress: (done: number) => void = () => {},
): Promise<Outcome> {
  const outcome: Outcome = { done: 0, left: [], problems: [] };
  for (const [i, request] of requests.entries()) {
    try {
      await post(request);
      onProgress(++outcome.done);
    } catch (error) {
      outcome.left.push(request);
      outcome.problems.push(problemOf(error));
      if (error instanceof ApiError && error.status === 404) continue;
      outcome.left.push(...requests.slice(i + 1));
      break;
    }
  }
  outcome.problems = [...new Set(outcome.problems)];
  return outcome;
}
