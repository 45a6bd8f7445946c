// The views, and where they are: add yours here.

import type { Component } from 'svelte';
import type { Role } from './api/types';
import type { Place } from './shell/router.svelte';

export interface View {
  title: string;
  role: Role;
  /** In the head of the page; none: it is reached from others. */
  entry?: string;
  load: () => Promise<{ default: Component<any> }>;
  props: (place: Place) => Record<string, unknown>;
  /** As long as it stays the same, the view goes on. */
  key: (place: Place) => string;
}

const none = () => ({});
const rest = (place: Place) => place.path.slice(1);
const whole = (place: Place) => place.path.join('/');
const first = (place: Place) => place.path[0] ?? '';

/** By the first part of the path. */
export const kViews: Record<string, View> = {
  '': {
    title: 'Wall',
    role: 'viewer',
    entry: 'w',
    load: () => import('./wall/WallView.svelte'),
    props: none,
    key: first,
  },
  alerts: {
    title: 'Alerts',
    role: 'viewer',
    entry: 'a',
    load: () => import('./alerts/AlertsView.svelte'),
    props: (place) => ({ id: rest(place)[0] }),
    key: whole,
  },
  nodes: {
    title: 'Nodes',
    role: 'viewer',
    entry: 'n',
    load: () => import('./node/NodesView.svelte'),
    props: (place) => ({ name: rest(place)[0] }),
    key: whole,
  },
  profiles: {
    title: 'Profiles',
    role: 'viewer',
    entry: 'p',
    load: () => import('./profiles/ProfilesView.svelte'),
    props: (place) => ({ nodeClass: rest(place)[0] }),
    key: whole,
  },
  operations: {
    title: 'Operations',
    role: 'viewer',
    entry: 'o',
    load: () => import('./operations/OperationsView.svelte'),
    props: (place) => ({ part: rest(place)[0] ?? 'instances' }),
    key: first,
  },
  report: {
    title: 'Report',
    role: 'viewer',
    entry: 'r',
    load: () => import('./report/ReportView.svelte'),
    props: none,
    key: first,
  },
  start: {
    title: 'First steps',
    role: 'viewer',
    load: () => import('./access/StartView.svelte'),
    props: none,
    key: first,
  },
};

export function viewOf(path: string[]): View | undefined {
  return kViews[path[0] ?? ''];
}
