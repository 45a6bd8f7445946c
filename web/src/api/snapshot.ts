// All nodes at a glance, as /snapshot sends them (docs/api.md): columns of numbers, not rows.

export interface Schedule {
  state: string | null; // as the job scheduler calls it; null: there is none
  partitions: string[];
}

export interface Dictionary {
  cluster: string;
  classes: string[][]; // sets of classes
  groups: string[]; // racks or switches; "": none
  schedules: Schedule[];
}

/** One value a node; all have the same length. */
export interface Columns {
  worst: Uint8Array; // of alerts that nobody deals with: 0 none, 1 informational, ... 5 critical
  muted: Uint8Array; // of those that are acknowledged or silenced, likewise
  sight: Uint8Array; // bits 0-1: 0 never looked at, 1 in part, 2 proven; bit 2: sweeps are to
  alerts: Uint16Array;
  looked: Uint32Array; // seconds since 1970; 0: never
  classSet: Uint16Array; // these three: indices into the dictionary
  group: Uint16Array;
  schedule: Uint16Array;
  kinds: Uint8Array; // bits: ports, services and keys, coverage, values, jobs, others
}

export interface Snapshot {
  event: number; // the latest that is in it
  made: number; // seconds since 1970
  version: bigint;
  epoch: bigint; // as long as it is the same, indices mean the same nodes
  dictionary: Dictionary;
  columns: Columns;
  names?: string[]; // of all nodes, ascending; none in a delta
  changed?: Uint32Array; // a delta: which nodes the columns are of
}

export class SnapshotError extends Error {}

class Reader {
  private at = 0;
  private readonly view: DataView;
  constructor(private readonly bytes: ArrayBuffer) {
    this.view = new DataView(bytes);
  }
  private take(size: number): number {
    const start = this.at;
    if (start + size > this.bytes.byteLength)
      throw new SnapshotError('What the server said of the nodes is cut off.');
    this.at += size;
    return start;
  }
  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }
  i64(): bigint {
    return this.view.getBigInt64(this.take(8), true);
  }
  u64(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }
  text(size: number): string {
    return new TextDecoder().decode(new Uint8Array(this.bytes, this.take(size), size));
  }
  u8s(n: number): Uint8Array {
    return new Uint8Array(this.bytes.slice(this.take(n), this.at));
  }
  // The bytes need not lie where numbers of their size may; browsers run on little-endian machines.
  u16s(n: number): Uint16Array {
    return new Uint16Array(this.bytes.slice(this.take(2 * n), this.at));
  }
  u32s(n: number): Uint32Array {
    return new Uint32Array(this.bytes.slice(this.take(4 * n), this.at));
  }
}

/** Errors: SnapshotError. */
export function parseSnapshot(bytes: ArrayBuffer): Snapshot {
  const reader = new Reader(bytes);
  if (reader.text(4) !== 'LKS2')
    throw new SnapshotError('The server is of another version than this page: load it anew.');
  const n = reader.u32();
  const event = Number(reader.i64());
  const made = Number(reader.i64());
  const version = reader.i64();
  const epoch = reader.u64();
  const isDelta = (reader.u32() & 1) !== 0;
  const changed = isDelta ? reader.u32s(n) : undefined;
  const columns: Columns = {
    worst: reader.u8s(n),
    muted: reader.u8s(n),
    sight: reader.u8s(n),
    alerts: reader.u16s(n),
    looked: reader.u32s(n),
    classSet: reader.u16s(n),
    group: reader.u16s(n),
    schedule: reader.u16s(n),
    kinds: reader.u8s(n),
  };
  const dictionary = JSON.parse(reader.text(reader.u32())) as Dictionary;
  const snapshot: Snapshot = { event, made, version, epoch, dictionary, columns };
  if (changed) return { ...snapshot, changed };
  const names = reader.text(reader.u32()).split('\n');
  names.pop(); // after the last line feed
  if (names.length !== n)
    throw new SnapshotError('What the server said of the nodes has not one name a node.');
  return { ...snapshot, names };
}

/** Writes a delta's nodes into `all`. Errors: SnapshotError, and nothing is changed. */
export function applyDelta(all: Columns, delta: Snapshot): void {
  const { changed, columns } = delta;
  if (!changed) throw new SnapshotError('What the server said of the nodes is no change.');
  const n = all.worst.length;
  for (const index of changed) {
    if (index >= n)
      throw new SnapshotError('What the server said is about a node that there is not.');
  }
  for (const key of Object.keys(columns) as (keyof Columns)[]) {
    const from = columns[key];
    const to = all[key];
    for (let i = 0; i < changed.length; ++i) to[changed[i]!] = from[i]!;
  }
}
