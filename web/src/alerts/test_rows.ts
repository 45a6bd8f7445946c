// Alerts for tests.

import type { AlertRow } from '../api/types';

export function row(fields: Partial<AlertRow>): AlertRow {
  return {
    id: 'A-1',
    kind: 'unexpected-port',
    severity: 'high',
    status: 'open',
    class: 'compute',
    network: '',
    nodes: 'node[1-2]',
    node_count: 2,
    protocol: 'tcp',
    port: 4444,
    state: 'open',
    reason: null,
    instance: null,
    first_seen: '2026-11-30T10:00:00Z',
    last_seen: '2026-11-30T11:00:00Z',
    last_closed: null,
    expected: 'closed',
    owner: null,
    until: null,
    note: '',
    detail: '',
    clones: '',
    resolution: '',
    ...fields,
  };
}
