// What the server says of one node, kept current while its page is shown.

import { get } from '../api/client';
import type { LiveEvent } from '../api/events';
import type { Key, NodeHistory, NodePage, Series } from '../api/types';
import { has } from '../base/nodeset';
import { apiTime } from '../base/time';
import { clock } from '../base/clock.svelte';
import { Loaded } from '../parts/loaded.svelte';

const kSlowly_ms = 60_000;

/** The event is about the node, as far as one can tell. */
export function isAbout(event: LiveEvent, name: string): boolean {
  if (!event.nodes) return event.kind === 'profile-approved';
  try {
    return has(event.nodes, name);
  } catch {
    return true; // a name that is no nodeset
  }
}

const pathTo = (name: string) => `/nodes/${encodeURIComponent(name)}`;

export async function askNode(name: string, signal: AbortSignal): Promise<NodePage> {
  const { nodes } = await get<{ nodes: NodePage[] }>(pathTo(name), {}, signal);
  const page = nodes[0];
  if (!page) throw new Error('The server answered with no node.');
  return page;
}

export function loadNode(name: string): Loaded<NodePage> {
  return new Loaded((signal) => askNode(name, signal), {
    concerns: (event) => isAbout(event, name),
  });
}

export function loadKeys(name: string): Loaded<Key[]> {
  const ask = async (signal: AbortSignal) =>
    (await get<{ keys: Key[] }>('/keys', { nodes: name }, signal)).keys;
  return new Loaded(ask, { concerns: (event) => isAbout(event, name), each_ms: kSlowly_ms });
}

/** Of a period that ends now. */
export function loadHistory(name: string, period_s: number): Loaded<NodeHistory> {
  const ask = (signal: AbortSignal) =>
    get<NodeHistory>(`${pathTo(name)}/history`, since(period_s), signal);
  return new Loaded(ask, { concerns: (event) => isAbout(event, name), each_ms: kSlowly_ms });
}

export function loadSeries(name: string, period_s: number): Loaded<Series[]> {
  const ask = async (signal: AbortSignal) =>
    (await get<{ series: Series[] }>(`${pathTo(name)}/series`, since(period_s), signal)).series;
  return new Loaded(ask, { each_ms: kSlowly_ms });
}

function since(period_s: number): { from: string; to: string } {
  return { from: apiTime(clock.now - period_s * 1000), to: apiTime(clock.now) };
}
