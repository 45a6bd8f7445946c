// The entire cluster as the page knows it, kept up to date. One of it, for all views.
//
// Columns of typed arrays, changed in place; whoever draws watches `revision`, which counts the
// changes. A view is never shown as newer than it is: `freshness` says what can be said of it.

import { ApiError, pathOf, refuse, request } from '../api/client';
import { listen, type LiveEvent } from '../api/events';
import { applyDelta, parseSnapshot, type Columns, type Dictionary } from '../api/snapshot';
import { clock } from '../base/clock.svelte';

/** How old what is shown is allowed to be before the page says so, and before it fades. */
export const kLate_ms = 20_000;
export const kOld_ms = 60_000;

const kQuietPoll_ms = 10_000;
const kSoonest_ms = 500; // between two questions while much happens
const kRetry_ms = [500, 1000, 2000, 5000, 10_000];

export type Freshness = 'loading' | 'live' | 'late' | 'old';

export interface Nodes {
  names: string[]; // ascending
  columns: Columns;
  dictionary: Dictionary;
  indices: Map<string, number>; // of names
}

const kNone: Nodes = {
  names: [],
  columns: {
    worst: new Uint8Array(),
    muted: new Uint8Array(),
    sight: new Uint8Array(),
    alerts: new Uint16Array(),
    looked: new Uint32Array(),
    classSet: new Uint16Array(),
    group: new Uint16Array(),
    schedule: new Uint16Array(),
    kinds: new Uint8Array(),
  },
  dictionary: { cluster: '', classes: [], groups: [], schedules: [] },
  indices: new Map(),
};

export class Cluster {
  /** Another object when the list of nodes is another one; else changed in place. */
  nodes = $state.raw<Nodes>(kNone);
  /** Counts the changes of `nodes` and of what is in it. */
  revision = $state(0);
  /** The latest event that is in it. */
  event = $state(0);
  /** When the server said last that this is how things are; milliseconds, local clock; 0: never. */
  confirmed = $state(0);
  /** When the server made the view, in milliseconds since 1970 by its own clock. */
  made = $state(0);
  /** Why there is nothing newer; empty: nothing is wrong. */
  problem = $state('');
  /** What is shown stands still, by the viewer's wish. */
  paused = $state(false);
  /** Changes that came while it is paused, at least. */
  missed = $state(0);
  /** Nobody may see it now: what is known stays, for whom it was shown to. */
  halted = $state(false);

  freshness: Freshness = $derived.by(() => {
    if (this.confirmed === 0) return 'loading';
    const age = clock.local - this.confirmed;
    if (age > kOld_ms || age < -kLate_ms) return 'old';
    return age > kLate_ms || this.problem !== '' ? 'late' : 'live';
  });

  private version = 0n;
  private epoch = 0n;
  private lastEvent = '';
  private ending: AbortController | undefined;
  private wake: () => void = () => {};
  private wanted = false;
  private readonly listeners = new Set<(event: LiveEvent) => void>();

  /** Follows the cluster until stop(). */
  start(): void {
    if (this.ending) return;
    const isAgain = this.halted;
    this.halted = false;
    this.ending = new AbortController();
    void this.follow(this.ending.signal);
    void this.hear(this.ending.signal);
    document.addEventListener('visibilitychange', this.onReturn);
    window.addEventListener('online', this.onReturn);
    if (isAgain) this.tell({ kind: 'reset', subject: '', nodes: '' });
  }

  /** Follows it no more until start(); what is known stays. */
  halt(): void {
    this.halted = true;
    this.end();
  }

  /** Follows it no more, and forgets what is known. */
  stop(): void {
    this.end();
    this.nodes = kNone;
    this.confirmed = this.event = this.made = 0;
    this.problem = this.lastEvent = '';
    this.halted = this.paused = false;
    this.missed = 0;
    ++this.revision;
  }

  private end(): void {
    this.ending?.abort();
    this.ending = undefined;
    document.removeEventListener('visibilitychange', this.onReturn);
    window.removeEventListener('online', this.onReturn);
    // What he may see may be something else then: it is asked for as a whole.
    this.version = this.epoch = 0n;
  }

  /** Asks at once whether something has changed. */
  refresh(): void {
    this.wanted = true;
    this.wake();
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    this.missed = 0;
    if (!paused) this.refresh();
  }

  /** Hears of each event; returns how to end it. After an event "reset" anything may have changed. */
  onEvent(listener: (event: LiveEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The nodes of "@NAME": of a class or a group; undefined: there is neither. */
  group = (name: string): string[] | undefined => {
    const { names, columns, dictionary } = this.nodes;
    const sets = dictionary.classes.map((set) => set.includes(name));
    const place = dictionary.groups.indexOf(name);
    if (!sets.includes(true) && place < 0) return undefined;
    return names.filter(
      (_, i) => sets[columns.classSet[i]!] === true || (place >= 0 && columns.group[i] === place),
    );
  };

  private tell(event: LiveEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private readonly onReturn = () => {
    clock.tick();
    this.refresh();
  };

  /** Asks again whenever something has happened, and now and then in any case. */
  private async follow(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.wanted = false;
      const began = Date.now();
      try {
        if (!this.paused) await this.load(signal);
        failures = 0;
        this.problem = '';
      } catch (error) {
        if (signal.aborted) return;
        this.problem = error instanceof Error ? error.message : String(error);
        ++failures;
      }
      const retry = kRetry_ms[Math.min(failures, kRetry_ms.length) - 1];
      // Many answers that take long may not crowd out the page's own work.
      const least = retry ?? Math.max(kSoonest_ms, Date.now() - began);
      await this.rest(least, retry ?? kQuietPoll_ms, signal);
    }
  }

  /** Until something is wanted, but not before `least`, and not after `most`; in milliseconds. */
  private async rest(least: number, most: number, signal: AbortSignal): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, least));
    if (this.wanted || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.max(0, most - least));
      this.wake = end;
      signal.addEventListener('abort', end);
    });
    this.wake = () => {};
  }

  private async load(signal: AbortSignal): Promise<void> {
    const known = this.epoch === 0n ? {} : { after: `${this.version}`, epoch: `${this.epoch}` };
    const response = await request(pathOf('/snapshot', known), { signal });
    if (!response.ok) await refuse(response);
    const snapshot = parseSnapshot(await response.arrayBuffer());
    if (this.paused || signal.aborted) return;
    if (snapshot.names) {
      this.nodes = {
        names: snapshot.names,
        columns: snapshot.columns,
        dictionary: snapshot.dictionary,
        indices: new Map(snapshot.names.map((name, index) => [name, index])),
      };
      ++this.revision;
    } else {
      applyDelta(this.nodes.columns, snapshot);
      this.nodes.dictionary = snapshot.dictionary;
      if (snapshot.changed!.length > 0 || snapshot.version !== this.version) ++this.revision;
    }
    this.version = snapshot.version;
    this.epoch = snapshot.epoch;
    this.event = snapshot.event;
    this.made = snapshot.made * 1000;
    this.confirmed = Date.now();
    clock.tick();
  }

  private async hear(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        const sink = {
          onSign: () => {
            failures = 0;
            // The stream is alive and has nothing to say: what is shown still holds.
            if (this.confirmed > 0 && !this.wanted && !this.problem && !this.paused) {
              this.confirmed = Date.now();
            }
          },
          onEvent: (event: LiveEvent) => {
            if (this.paused) ++this.missed;
            this.refresh();
            this.tell(event);
          },
          onPlace: (id: string) => (this.lastEvent = id),
        };
        await listen(this.lastEvent, sink, signal);
      } catch (error) {
        // Who may not listen asks now and then, which follow() does.
        if (error instanceof ApiError && error.status === 403) return;
        ++failures;
      }
      if (signal.aborted) return;
      this.refresh();
      const wait = kRetry_ms[Math.min(failures, kRetry_ms.length - 1)]!;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

export const cluster = new Cluster();
