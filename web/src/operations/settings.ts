// Settings of plug-in instances, as somebody edits them.

export interface Field {
  key: string;
  value: string;
}

/** What all instances may have; the rest belongs to their collectors. */
export const kHints: Record<string, string> = {
  nodes: 'a nodeset, @CLASS among it; none: all',
  interval: '10s to 90d',
  overdue: 'busy nodes are asked all the same after this',
  busy: 'leave, overdue or scan: what is done with nodes that hold a job',
  mode: 'sweep, or rotate: every minute, each port on some node of each class',
  window: 'a part of each day, such as 22:00-06:00; or always',
  rate: 'packets a second in all; unlimited, default',
  node_rate: 'packets a second at each node; unlimited, default',
  priority: '1 to 9; the greater goes first',
  enabled: 'yes or no',
};

export const kCollectorHints: Record<string, Record<string, string>> = {
  ports: {
    ports: 'TCP ports, such as 1-1024,8080; none',
    udp_ports: 'UDP ports, such as 53,123; none',
    turn: 'with mode rotate: how long a round of ports takes',
  },
  exec: { command: 'the program that is run' },
};

export const kCollectors = ['ports', 'services', 'exec', 'pcp'];

export function fieldsOf(settings: Record<string, string>): Field[] {
  const order = ['collector', ...Object.keys(kHints)];
  const rank = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length);
  return Object.entries(settings)
    .map(([key, value]) => ({ key, value }))
    .sort((a, b) => rank(a.key) - rank(b.key) || a.key.localeCompare(b.key));
}

/** What has to be sent: what is new or another one; an empty text for what is gone. */
export function changesOf(before: Record<string, string>, after: Field[]): Record<string, string> {
  const changes: Record<string, string> = {};
  const kept = new Set<string>();
  for (const { key, value } of after) {
    const name = key.trim();
    if (!name) continue;
    kept.add(name);
    if (value.trim() !== (before[name] ?? '')) changes[name] = value.trim();
  }
  for (const key of Object.keys(before)) {
    if (!kept.has(key)) changes[key] = '';
  }
  return changes;
}

/** The setting that a message of the server begins with, if it is one of these. */
export function keyOfProblem(message: string, keys: string[]): string | undefined {
  const found = /^([\w.-]+):/.exec(message)?.[1];
  return keys.find((key) => key === found);
}
