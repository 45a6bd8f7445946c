// An answer of the server that a view shows, asked anew when something happens to it, and now and
// then in any case. What is shown never passes for newer than it is: see `isOld`.

import { untrack } from 'svelte';
import { ApiError, problemOf } from '../api/client';
import type { LiveEvent } from '../api/events';
import { cluster } from '../cluster/cluster.svelte';
import { clock } from '../base/clock.svelte';

const kEach_ms = 30_000;
const kSoon_ms = 400; // events come in groups
const kOldAfter_ms = 3 * kEach_ms;

export interface LoadedOptions {
  /** Events after which it is asked anew; after "reset" it always is. */
  concerns?: (event: LiveEvent) => boolean;
  each_ms?: number;
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
    return this.at > 0 && (this.problem !== '' || age > kOldAfter_ms || age < -kOldAfter_ms);
  });

  private ending: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private busy = false;
  private wanted = false;

  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<T>,
    private readonly options: LoadedOptions = {},
  ) {}

  /** For $effect: keeps it current; returns how to end that. */
  follow(): () => void {
    this.ending = new AbortController();
    const { signal } = this.ending;
    const end = cluster.onEvent((event) => {
      if (event.kind === 'reset' || this.options.concerns?.(event)) this.soon(kSoon_ms);
    });
    // What a question reads, such as the clock, is no reason to begin anew.
    untrack(() => void this.load(signal));
    return () => {
      end();
      clearTimeout(this.timer);
      this.ending?.abort();
      this.ending = undefined;
    };
  }

  /** Asks at once; once more where it is being asked already. */
  reload(): void {
    if (this.ending) void this.load(this.ending.signal);
  }

  private soon(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      // What is shown stands still, by the viewer's wish.
      if (cluster.paused && this.at > 0) this.soon(1000);
      else this.reload();
    }, wait);
  }

  private async load(signal: AbortSignal): Promise<void> {
    if (this.busy) {
      this.wanted = true;
      return;
    }
    this.busy = true;
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
    } finally {
      this.busy = false;
    }
    if (signal.aborted) return;
    this.soon(this.wanted ? kSoon_ms : (this.options.each_ms ?? kEach_ms));
    this.wanted = false;
  }
}
