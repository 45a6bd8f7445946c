// Something of the server's that is asked for again and again while it is shown. What was answered
// last stays, with its age, when nobody answers any more.

import { problemOf } from '../api/client';
import { cluster } from '../cluster/cluster.svelte';

const kUsual_ms = 10_000;
const kSoonest_ms = 1500; // after an event, of which many may come at once

export interface Following {
  every_ms?: number;
  /** Events after which it is asked for at once, by the beginning of their kind. */
  events?: string[];
}

export class Resource<T> {
  value = $state.raw<T | null>(null);
  /** Why there is nothing newer; empty: nothing is wrong. */
  problem = $state('');
  /** When it was answered, in milliseconds since 1970 by the viewer's clock; 0: never. */
  at = $state(0);

  private asked = 0;
  private answered = 0;

  constructor(
    private readonly ask: (signal?: AbortSignal) => Promise<T>,
    private readonly following: Following = {},
  ) {}

  /** Asks now. An answer that was overtaken by a later one counts for nothing. */
  async reload(signal?: AbortSignal): Promise<void> {
    const number = ++this.asked;
    try {
      const value = await this.ask(signal);
      if (signal?.aborted || number < this.answered) return;
      this.answered = number;
      this.value = value;
      this.problem = '';
      this.at = Date.now();
    } catch (error) {
      if (!signal?.aborted && number >= this.answered) this.problem = problemOf(error);
    }
  }

  /** Keeps it up to date; returns how to end that. For $effect. */
  follow(): () => void {
    const ending = new AbortController();
    let soon: ReturnType<typeof setTimeout> | undefined;
    const load = () => {
      if (!document.hidden) void this.reload(ending.signal);
    };
    const timer = setInterval(load, this.following.every_ms ?? kUsual_ms);
    document.addEventListener('visibilitychange', load);
    const unhear = cluster.onEvent(({ kind }) => {
      const isOurs = this.following.events?.some((each) => kind.startsWith(each));
      if (!isOurs && kind !== 'reset') return;
      soon ??= setTimeout(() => {
        soon = undefined;
        load();
      }, kSoonest_ms);
    });
    void this.reload(ending.signal);
    return () => {
      ending.abort();
      clearInterval(timer);
      clearTimeout(soon);
      document.removeEventListener('visibilitychange', load);
      unhear();
    };
  }
}
