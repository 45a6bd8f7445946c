// What the API answers about notifications and maintenance (docs/api.md).

import type { Severity } from '../api/types';

export interface Channel {
  name: string;
  kind: string;
  enabled: boolean;
  severity?: Severity; // what is less grave is not told
  kinds?: string[];
  classes?: string[];
  nodes?: string | null;
  repeat_s?: number | null;
}

export interface Notice {
  channel: string;
  cause: string;
  state: string;
  since: string | null;
  first_told: string | null;
  last_told: string | null;
  due?: string | null;
  messages: number;
  updates: number;
  severity: Severity;
  nodes: string;
}

export interface Notices {
  channels: Channel[];
  notices: Notice[];
  waiting: Record<string, number>;
}

export interface OutboxMessage {
  id: number;
  channel: string;
  made: string;
  due: string | null;
  tries: number;
  state: string;
  title?: string;
  problem: string | null;
}

export interface MaintenanceWindow {
  id: number | null; // null: of the configuration
  nodes: string;
  from: string | null;
  until: string | null;
  note: string;
  source: string; // "configuration", or who opened it
}
