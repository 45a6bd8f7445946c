// One cause, in each state of dealing with it, kept up to date.

import { ApiError, get, problemOf } from '../api/client';
import type { AlertRow } from '../api/types';
import { Throttle } from '../base/throttle';
import { cluster } from '../cluster/cluster.svelte';

const kSoonest_ms = 1000;
const kPatience_ms = 15_000;

export class OneAlert {
  rows = $state.raw<AlertRow[]>([]);
  isLoaded = $state(false);
  isMissing = $state(false);
  problem = $state('');
  private latest = 0; // of the questions
  private readonly soon: Throttle;

  constructor(readonly id: string) {
    this.soon = new Throttle(() => this.load(), kSoonest_ms);
  }

  /** For an $effect. */
  watch = (): (() => void) => {
    const end = cluster.onEvent(({ kind, subject }) => {
      if (subject === this.id || kind === 'reset') this.ask();
    });
    const beat = setInterval(() => this.ask(), kPatience_ms);
    this.soon.ask();
    return () => {
      end();
      clearInterval(beat);
      this.soon.stop();
    };
  };

  private ask(): void {
    if (!cluster.paused && !document.hidden) this.soon.ask();
  }

  async load(): Promise<void> {
    const mine = ++this.latest;
    try {
      const { rows } = await get<{ rows: AlertRow[] }>(`/alerts/${encodeURIComponent(this.id)}`);
      if (mine !== this.latest) return;
      this.rows = rows;
      this.isMissing = false;
      this.problem = '';
    } catch (error) {
      if (mine !== this.latest) return;
      this.isMissing = error instanceof ApiError && (error.status === 404 || error.status === 400);
      if (this.isMissing) this.rows = [];
      this.problem = problemOf(error);
    }
    this.isLoaded = true;
  }
}
