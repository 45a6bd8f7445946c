// An answer of the server that a view shows, asked anew when something happens to it, and now and
// then in any case. What is shown never passes for newer than it is: see `isOld`.

import { untrack } from 'svelte';
import { ApiError, problemOf } from '../api/client';
import type { LiveEvent } from '../api/events';
import { clock } from '../base/clock.svelte';
import { cluster } from '../cluster/cluster.svelte';

const kEach_ms = 30_000;
/** For what people watch while they work on it. */
export const kOften_ms = 10_000;
const kSoon_ms = 400; // events come in groups
const kApart_ms = 1500; // from an answer to what an event asks for
const kHeld_ms = 1000; // between two looks whether what stands still goes on
const kOldAfter_ms = { least: 60_000, most: 90_000 };

export interface LoadedOptions {
  /** Events after which it is asked anew; after "reset" it always is. */
  concerns?: (event: LiveEvent) => boolean;
  each_ms?: number;
}

/** Events whose kind begins so. */
export const ofKinds =
  (...kinds: string[]) =>
  ({ kind }: LiveEvent): boolean =>
    kinds.some((each) => kind.startsWith(each));

/** From a follow() to its end. */
interface Following {
  signal: AbortSignal;
  /** The question that is under way: there is never more than one. */
  running?: Promise<void> | undefined;
  /** The one after it. */
  next?: Promise<void> | undefined;
}

export class Loaded<T> {
  value = $state.raw<T | null>(null);
  /** Why there is nothing, or nothing newer; empty: nothing is wrong. */
  problem = $state('');
  /** Of the latest answer: 404 where there is no such thing. */
  status = $state(0);
  /** When it was answered last; milliseconds, local clock; 0: never. */
  at = $state(0);
  /** The latest question was not answered, or was asked too long ago. */
  isOld = $derived.by(() => {
    const age = clock.local - this.at;
    const limit = Math.min(Math.max(3 * this.each_ms, kOldAfter_ms.least), kOldAfter_ms.most);
    return this.at > 0 && (this.problem !== '' || age > limit || age < -limit);
  });

  private following: Following | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private due = 0;

  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<T>,
    private readonly options: LoadedOptions = {},
  ) {}

  private get each_ms(): number {
    return this.options.each_ms ?? kEach_ms;
  }

  /** For $effect: keeps it current; returns how to end that. */
  follow(): () => void {
    const ending = new AbortController();
    // What was asked before may be about something else: it counts for nothing.
    const following: Following = { signal: ending.signal };
    this.following = following;
    const end = cluster.onEvent((event) => {
      if (event.kind !== 'reset' && !this.options.concerns?.(event)) return;
      const apart = this.at + kApart_ms - Date.now();
      this.soon(Math.min(Math.max(kSoon_ms, apart), kApart_ms));
    });
    const onReturn = () => {
      if (!document.hidden) this.soon(0);
    };
    document.addEventListener('visibilitychange', onReturn);
    // What a question reads, such as the clock, is no reason to begin anew.
    untrack(() => void this.reload());
    return () => {
      ending.abort();
      end();
      document.removeEventListener('visibilitychange', onReturn);
      this.rest();
      if (this.following === following) this.following = undefined;
    };
  }

  /** Asks at once; where it is being asked already, once more: that answer may be of before. */
  reload(): Promise<void> {
    const { following } = this;
    if (!following) return Promise.resolve();
    if (!following.running) return this.begin(following);
    following.next ??= following.running.then(() => {
      following.next = undefined;
      return following.signal.aborted ? undefined : this.begin(following);
    });
    return following.next;
  }

  private begin(following: Following): Promise<void> {
    this.rest();
    following.running = this.load(following.signal).finally(() => {
      following.running = undefined;
      if (!following.signal.aborted) this.soon(this.each_ms);
    });
    return following.running;
  }

  private async load(signal: AbortSignal): Promise<void> {
    try {
      const value = await this.ask(signal);
      if (signal.aborted) return;
      this.value = value;
      this.at = Date.now();
      this.problem = '';
      this.status = 200;
      clock.tick();
    } catch (error) {
      if (signal.aborted) return;
      this.problem = problemOf(error);
      this.status = error instanceof ApiError ? error.status : 0;
    }
  }

  /** Asks after a while, or when it was to be asked before that. */
  private soon(wait: number): void {
    const due = performance.now() + wait;
    if (this.timer !== undefined && this.due <= due) return;
    this.rest();
    this.due = due;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (document.hidden) return; // until it is looked at
      // What is shown stands still, by the viewer's wish, or until he has logged in again.
      if (cluster.halted || (cluster.paused && this.at > 0)) this.soon(kHeld_ms);
      else void this.reload();
    }, wait);
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
